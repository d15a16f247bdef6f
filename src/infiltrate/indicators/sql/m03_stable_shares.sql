/*
code: M03
title: Stable market shares
level: market
definition: The market shares of the suppliers hardly changed from the year before.
formula: >-
  spread = square root of the mean squared change of the shares from the year before / mean share;
  flag if spread <= still.
why: Competition moves shares; a cartel keeps them.
sources:
  - OECD (2012), Recommendation on fighting bid rigging in public procurement
  - Harrington (2008), Detecting cartels, in Handbook of Antitrust Economics
ocp: []
needs:
  - tenders.product_code
  - contracts.signed_on
  - contracts.value
  - contracts.currency
  - exchange_rates.rate
direction: "+"
unit: standard deviation of the changes of shares, in mean shares
missing: >-
           The market was not active enough in both years, or too many amounts are not recorded.
exclusions:
  - Amounts in several currencies are added up only at dated exchange rates.
assumptions:
  - Evidence is the hundred largest contracts of the market.
  - >-
      A market is the first two characters of the product code in a calendar year, in the whole
      country.
  - A consortium is a supplier of its own.
  - >-
      A supplier of one of the two years has the share 0 in the other; changes have the mean 0, so
      the standard deviation is the root of their mean square.
  - The spread is told in mean shares, one over the number of suppliers, since with many of them every
    share is small.
settings:
  still:
    type: number
    default: 0.25
    unit: mean shares
    minimum: 0.001
    maximum: 10
    description: A standard deviation this low or lower, in mean shares, is flagged.
  fewest_contracts:
    type: integer
    default: 10
    unit: contracts
    minimum: 2
    maximum: 100000
    description: Contracts that a market must have in a year.
  fewest_suppliers:
    type: integer
    default: 3
    unit: suppliers
    minimum: 2
    maximum: 1000
    description: Suppliers that the two years together must have.
  priced_share:
    type: number
    default: 0.8
    unit: share
    minimum: 0
    maximum: 1
    description: Lowest share of the market's contracts that must have an amount.
*/
WITH awarded AS (
    SELECT
        substr(tenders.product_code, 1, 2) AS division,
        year(contracts.signed_on) AS signed_year,
        contracts.supplier_id AS supplier_id,
        count(*) AS contracts,
        count(contracts.amount) AS priced_contracts,
        count(contracts.study_amount) AS converted_contracts,
        sum(contracts.amount) AS amount,
        sum(contracts.study_amount) AS study_amount,
        min(contracts.currency) AS first_currency,
        max(contracts.currency) AS last_currency
    FROM contract_amounts AS contracts
    INNER JOIN tenders
        ON tenders.tender_id = contracts.tender_id
        AND tenders.lot_id = contracts.lot_id
    WHERE tenders.product_code IS NOT NULL AND contracts.signed_on IS NOT NULL
    GROUP BY
        substr(tenders.product_code, 1, 2), year(contracts.signed_on), contracts.supplier_id
),
totals AS (
    SELECT
        awarded.division AS division,
        awarded.signed_year AS signed_year,
        count(*) AS suppliers,
        CAST(sum(awarded.contracts) AS BIGINT) AS contracts,
        CAST(sum(awarded.priced_contracts) AS BIGINT) AS priced_contracts,
        CAST(sum(awarded.converted_contracts) AS BIGINT) AS converted_contracts,
        sum(awarded.amount) AS amount,
        sum(awarded.study_amount) AS study_amount,
        min(awarded.first_currency) = max(awarded.last_currency) AS one_currency
    FROM awarded
    GROUP BY awarded.division, awarded.signed_year
),
usable AS (
    SELECT
        totals.*,
        CASE
            WHEN totals.contracts < $fewest_contracts THEN 'too few contracts in the market'
            WHEN CAST(totals.priced_contracts AS DOUBLE)
                < $priced_share * CAST(totals.contracts AS DOUBLE)
                THEN 'amount not recorded for too many contracts'
            WHEN NOT totals.one_currency
                AND totals.converted_contracts < totals.priced_contracts
                THEN 'amounts in several currencies without an exchange rate'
        END AS obstacle
    FROM totals
),
shares AS (
    SELECT
        awarded.division AS division,
        awarded.signed_year AS signed_year,
        awarded.supplier_id AS supplier_id,
        CASE
            WHEN usable.one_currency
                THEN CAST(coalesce(awarded.amount, 0) AS DOUBLE) / CAST(usable.amount AS DOUBLE)
            ELSE CAST(coalesce(awarded.study_amount, 0) AS DOUBLE)
                / CAST(usable.study_amount AS DOUBLE)
        END AS share
    FROM awarded
    INNER JOIN usable
        ON usable.division = awarded.division
        AND usable.signed_year = awarded.signed_year
    WHERE usable.obstacle IS NULL
),
moves AS (
    SELECT
        shares.division AS division,
        shares.signed_year AS signed_year,
        shares.supplier_id AS supplier_id,
        shares.share AS share
    FROM shares
    UNION ALL
    SELECT
        shares.division AS division,
        shares.signed_year + 1 AS signed_year,
        shares.supplier_id AS supplier_id,
        -shares.share AS share
    FROM shares
),
changes AS (
    SELECT
        moves.division AS division,
        moves.signed_year AS signed_year,
        moves.supplier_id AS supplier_id,
        CAST(sum(CAST(moves.share AS DECIMAL(28, 18))) AS DOUBLE) AS change
    FROM moves
    GROUP BY moves.division, moves.signed_year, moves.supplier_id
),
spreads AS (
    SELECT
        changes.division AS division,
        changes.signed_year AS signed_year,
        count(*) AS suppliers,
        sqrt(
            CAST(sum(CAST(changes.change * changes.change AS DECIMAL(28, 18))) AS DOUBLE)
            / CAST(count(*) AS DOUBLE)
        ) * CAST(count(*) AS DOUBLE) AS spread
    FROM changes
    GROUP BY changes.division, changes.signed_year
),
judged AS (
    SELECT
        market.entity_id AS entity_id,
        market.buyer_id AS buyer_id,
        market.company_id AS company_id,
        market.on_date AS on_date,
        market_records.records AS records,
        spreads.spread AS spread,
        CASE
            WHEN market.obstacle IS NOT NULL THEN market.obstacle
            WHEN usable.obstacle IS NOT NULL THEN usable.obstacle
            WHEN before.signed_year IS NULL OR before.obstacle IS NOT NULL
                THEN 'the year before cannot be compared'
            WHEN spreads.suppliers < $fewest_suppliers THEN 'too few suppliers in the two years'
        END AS obstacle
    FROM unit_markets AS market
    LEFT JOIN market_records
        ON market_records.division = market.division
        AND market_records.signed_year = market.signed_year
    LEFT JOIN usable
        ON usable.division = market.division
        AND usable.signed_year = market.signed_year
    LEFT JOIN usable AS before
        ON before.division = market.division
        AND before.signed_year + 1 = market.signed_year
    LEFT JOIN spreads
        ON spreads.division = market.division
        AND spreads.signed_year = market.signed_year
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN spread <= $still THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN spread END AS value,
    CAST($still AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN spread <= $still THEN 'shares hardly changed'
        ELSE 'shares changed'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND spread <= $still THEN records
        ELSE ['markets:' || entity_id]
    END AS evidence
FROM judged
