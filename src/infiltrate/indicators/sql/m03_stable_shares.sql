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
WITH
/* usable_markets: steps/usable_markets.sql */
/* market_shares: steps/market_shares.sql */
moves AS (
    SELECT
        market_shares.division AS division,
        market_shares.signed_year AS signed_year,
        market_shares.supplier_id AS supplier_id,
        market_shares.share AS share
    FROM market_shares
    UNION ALL
    SELECT
        market_shares.division AS division,
        market_shares.signed_year + 1 AS signed_year,
        market_shares.supplier_id AS supplier_id,
        -market_shares.share AS share
    FROM market_shares
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
            WHEN usable_markets.obstacle IS NOT NULL THEN usable_markets.obstacle
            WHEN before.signed_year IS NULL OR before.obstacle IS NOT NULL
                THEN 'the year before cannot be compared'
            WHEN spreads.suppliers < $fewest_suppliers THEN 'too few suppliers in the two years'
        END AS obstacle
    FROM unit_markets AS market
    LEFT JOIN market_records
        ON market_records.division = market.division
        AND market_records.signed_year = market.signed_year
    LEFT JOIN usable_markets
        ON usable_markets.division = market.division
        AND usable_markets.signed_year = market.signed_year
    LEFT JOIN usable_markets AS before
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
