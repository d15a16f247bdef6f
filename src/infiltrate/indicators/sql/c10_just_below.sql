/*
code: C10
title: Just below a threshold
level: contract
definition: The amount lies just below a legal threshold in force on the day of signature.
formula: >-
  share = amount / next threshold above it; flag if from_share <= share < 1.
why: Keeping an amount under a threshold avoids a stricter procedure or a control.
sources:
  - Palguta and Pertold (2017), American Economic Journal Economic Policy 9
  - Szucs (2024), Journal of the European Economic Association 22
ocp: []
needs:
  - contracts.value
  - contracts.currency
  - contracts.signed_on
  - tenders.category
  - tenders.estimated_value
  - tenders.currency
  - thresholds.amount
direction: "+"
unit: amount as a share of the next threshold above it
missing: >-
  The amount, its currency, the day or the kind of purchase is not recorded, or the parameters
  hold no threshold in force for it.
exclusions:
  - >-
    Where the kind of purchase is not recorded and thresholds depend on it, nothing is said, for
    only flags could be found.
  - Amounts are compared only with thresholds in their own currency.
assumptions:
  - Above every threshold the share is of the highest one, thus 1 or more.
  - A contract is a row of contracts; lots of one tender are not added up.
  - Every threshold of the parameters binds every buyer unless `regimes` narrows them.
settings:
  from_share:
    type: number
    default: 0.95
    unit: share
    minimum: 0.5
    maximum: 0.999
    description: Share of the threshold from which an amount is just below it.
  basis:
    type: string
    values: [value, estimate]
    default: value
    description: Whether the contract's value or the lot's estimate is held against thresholds.
  regimes:
    type: names
    default: ""
    description: Regimes whose thresholds count; all when empty.
*/
WITH priced AS (
    SELECT
        contract.entity_id AS entity_id,
        contract.buyer_id AS buyer_id,
        contract.company_id AS company_id,
        contract.on_date AS on_date,
        contract.category AS category,
        CASE WHEN $basis = 'value' THEN contract.value ELSE contract.estimated_value END AS amount,
        CASE
            WHEN $basis = 'value' THEN contract.currency ELSE contract.estimated_currency
        END AS currency
    FROM unit_contracts AS contract
),
compared AS (
    SELECT
        priced.entity_id AS entity_id,
        min(CASE
            WHEN thresholds.category IN ('any', priced.category)
                AND thresholds.amount > priced.amount
                THEN thresholds.amount
        END) AS next_above,
        max(CASE
            WHEN thresholds.category IN ('any', priced.category) THEN thresholds.amount
        END) AS highest,
        count(CASE WHEN priced.category IS NULL AND thresholds.category <> 'any' THEN 1 END)
            AS undecided
    FROM priced
    INNER JOIN thresholds
        ON thresholds.currency = priced.currency
        AND thresholds.valid_from <= priced.on_date
        AND coalesce(thresholds.valid_to, DATE '9999-12-31') >= priced.on_date
    WHERE $regimes = '' OR list_contains(string_split($regimes, ','), thresholds.regime)
    GROUP BY priced.entity_id
),
measured AS (
    SELECT
        priced.*,
        CAST(priced.amount AS DOUBLE)
            / CAST(coalesce(compared.next_above, compared.highest) AS DOUBLE) AS share,
        compared.undecided AS undecided
    FROM priced
    LEFT JOIN compared
        ON compared.entity_id = priced.entity_id
),
judged AS (
    SELECT
        measured.*,
        measured.share >= $from_share AND measured.share < CAST(1 AS DOUBLE) AS just_below,
        CASE
            WHEN measured.on_date IS NULL THEN 'day of signature not recorded'
            WHEN measured.amount IS NULL OR measured.currency IS NULL THEN 'amount not recorded'
            WHEN measured.amount <= 0 THEN 'amount not above zero'
            WHEN measured.undecided > 0 THEN 'kind of purchase not recorded'
            WHEN measured.share IS NULL
                THEN 'no threshold in force for this day, currency and kind of purchase'
        END AS obstacle
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN just_below THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($from_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN just_below THEN 'just below a threshold'
        WHEN share >= 1 THEN 'above every threshold'
        ELSE 'well below the next threshold'
    END AS detail,
    ['contracts:' || entity_id] AS evidence
FROM judged
