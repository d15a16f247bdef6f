/*
code: C11
title: Split purchases
level: contract
definition: >-
  Purchases of one buyer from one supplier of the same kind and product, each below a legal
  threshold, reach it together within a rolling window that ends with this contract.
formula: >-
  share = sum of the pieces in the window / threshold; flag if share >= 1.
why: Cutting a purchase into pieces avoids the procedure that the whole would need.
sources:
  - Directive 2014/24/EU, article 5(3), forbids splitting
  - "Prozorro risk engine: direct purchases of one subject that together pass the limit"
ocp: []
needs:
  - contracts.value
  - contracts.currency
  - contracts.signed_on
  - tenders.category
  - tenders.product_code
  - thresholds.amount
direction: "+"
unit: sum of the window as a share of the threshold
missing: >-
  The amount, its currency, the day, the kind of purchase or the product is not recorded, or the
  parameters hold no threshold in force for it.
exclusions:
  - Amounts in different currencies are not added up.
  - Lots and contracts of one tender are one purchase; a single purchase is never a split.
assumptions:
  - The contract that completes the sum is flagged; its evidence names the pieces of the lowest
    threshold reached.
  - The threshold in force on the day of that contract binds all its pieces.
  - Products are the same when their codes begin alike.
settings:
  window_days:
    type: integer
    default: 180
    unit: days
    minimum: 1
    maximum: 730
    description: Length of the rolling window.
  product_digits:
    type: integer
    default: 3
    unit: characters
    minimum: 0
    maximum: 12
    description: Leading characters of the product code that must agree; 0 ignores products.
  regimes:
    type: names
    default: ""
    description: Regimes whose thresholds count; all when empty.
*/
WITH described AS (
    SELECT
        contract.entity_id AS entity_id,
        contract.buyer_id AS buyer_id,
        contract.company_id AS company_id,
        contract.on_date AS on_date,
        coalesce('tender ' || contract.tender_id, 'contract ' || contract.contract_id) AS purchase,
        contract.category AS category,
        CASE
            WHEN $product_digits = 0 THEN 'any'
            ELSE substr(contract.product_code, 1, $product_digits)
        END AS product,
        contract.currency AS currency,
        contract.value AS amount
    FROM unit_contracts AS contract
),
judged AS (
    SELECT
        described.*,
        CASE
            WHEN described.on_date IS NULL THEN 'day of signature not recorded'
            WHEN described.amount IS NULL OR described.currency IS NULL THEN 'amount not recorded'
            WHEN described.amount <= 0 THEN 'amount not above zero'
            WHEN described.category IS NULL THEN 'kind of purchase not recorded'
            WHEN described.product IS NULL THEN 'product not recorded'
        END AS obstacle
    FROM described
),
identified AS (
    SELECT
        judged.*,
        min(judged.entity_id) OVER same_purchase AS purchase_id,
        min(judged.on_date) OVER same_purchase AS purchase_on,
        sum(judged.amount) OVER same_purchase AS purchase_amount
    FROM judged
    WHERE judged.obstacle IS NULL
    WINDOW same_purchase AS (
        PARTITION BY
            judged.buyer_id,
            judged.company_id,
            judged.category,
            judged.product,
            judged.currency,
            judged.purchase
    )
),
pieces AS (
    SELECT
        identified.purchase_id AS purchase_id,
        identified.buyer_id AS buyer_id,
        identified.company_id AS company_id,
        identified.category AS category,
        identified.product AS product,
        date_diff('day', DATE '1970-01-01', identified.purchase_on) AS day_number,
        identified.purchase_amount AS amount,
        thresholds.threshold_id AS threshold_id,
        thresholds.amount AS threshold,
        identified.purchase_amount < thresholds.amount AS is_below,
        thresholds.valid_from <= identified.purchase_on AS in_force
    FROM identified
    INNER JOIN thresholds
        ON thresholds.currency = identified.currency
        AND date_diff('day', identified.purchase_on, thresholds.valid_from) <= $window_days
        AND coalesce(thresholds.valid_to, DATE '9999-12-31') >= identified.purchase_on
    WHERE identified.entity_id = identified.purchase_id
        AND thresholds.category IN ('any', identified.category)
        AND ($regimes = '' OR list_contains(string_split($regimes, ','), thresholds.regime))
),
windows AS (
    SELECT
        pieces.*,
        CAST(sum(CASE WHEN pieces.is_below THEN pieces.amount END) OVER rolling AS DOUBLE)
            / CAST(pieces.threshold AS DOUBLE) AS share
    FROM pieces
    WINDOW rolling AS (
        PARTITION BY
            pieces.buyer_id,
            pieces.company_id,
            pieces.category,
            pieces.product,
            pieces.threshold_id
        ORDER BY pieces.day_number
        RANGE BETWEEN $window_days PRECEDING AND CURRENT ROW
    )
),
rated AS (
    SELECT
        windows.purchase_id AS purchase_id,
        max(CASE WHEN windows.is_below THEN windows.share END) AS share,
        min(
            CASE WHEN windows.is_below AND windows.share >= 1 THEN windows.threshold_id END
        ) AS reached_id
    FROM windows
    WHERE windows.in_force
    GROUP BY windows.purchase_id
),
split_parts AS (
    SELECT
        whole.purchase_id AS purchase_id,
        part.purchase_id AS part_id
    FROM rated
    INNER JOIN windows AS whole
        ON whole.purchase_id = rated.purchase_id
        AND whole.threshold_id = rated.reached_id
    INNER JOIN windows AS part
        ON part.buyer_id = whole.buyer_id
        AND part.company_id = whole.company_id
        AND part.category = whole.category
        AND part.product = whole.product
        AND part.threshold_id = whole.threshold_id
        AND part.day_number BETWEEN whole.day_number - $window_days AND whole.day_number
    WHERE part.is_below
),
evidence AS (
    SELECT
        split_parts.purchase_id AS purchase_id,
        list_sort(array_agg('contracts:' || identified.entity_id)) AS records
    FROM split_parts
    INNER JOIN identified
        ON identified.purchase_id = split_parts.part_id
    GROUP BY split_parts.purchase_id
),
measured AS (
    SELECT
        judged.entity_id AS entity_id,
        judged.buyer_id AS buyer_id,
        judged.company_id AS company_id,
        judged.on_date AS on_date,
        rated.share AS share,
        evidence.records AS records,
        CASE
            WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
            WHEN rated.purchase_id IS NULL
                THEN 'no threshold in force for this day, currency and kind of purchase'
        END AS obstacle
    FROM judged
    LEFT JOIN identified
        ON identified.entity_id = judged.entity_id
    LEFT JOIN rated
        ON rated.purchase_id = identified.purchase_id
    LEFT JOIN evidence
        ON evidence.purchase_id = identified.purchase_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    share AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share IS NULL THEN 'above every threshold'
        WHEN share >= 1 THEN 'pieces below a threshold reach it together'
        ELSE 'the window stays below the threshold'
    END AS detail,
    coalesce(records, ['contracts:' || entity_id]) AS evidence
FROM measured
