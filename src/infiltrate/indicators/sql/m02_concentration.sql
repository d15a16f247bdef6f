/*
code: M02
title: Concentrated market
level: market
definition: The sum of squared market shares of the suppliers, by value, is high.
formula: >-
  HHI = sum of squared shares of the value; flag if HHI >= high.
why: Where few firms hold a market, newcomers were kept out or have given up.
sources:
  - >-
      Fazekas, Sberna and Vannucci (2022), Governance 35: concentration where organised crime
      governs
  - >-
      United States Department of Justice, Horizontal Merger Guidelines (2010): 0.25 as highly
      concentrated
ocp: []
needs:
  - tenders.product_code
  - contracts.signed_on
  - contracts.value
  - contracts.currency
  - exchange_rates.rate
direction: "+"
unit: Herfindahl-Hirschman index, 0 to 1
missing: >-
           The product, the day or too many amounts are not recorded, or the market has too few
           contracts.
exclusions:
  - Amounts in several currencies are added up only at dated exchange rates.
assumptions:
  - Evidence is the hundred largest contracts of the market.
  - >-
      A market is the first two characters of the product code in a calendar year, in the whole
      country.
  - A consortium is a supplier of its own.
settings:
  high:
    type: number
    default: 0.25
    unit: index
    minimum: 0.01
    maximum: 1
    description: An index this high or higher is flagged.
  fewest_contracts:
    type: integer
    default: 10
    unit: contracts
    minimum: 2
    maximum: 100000
    description: Contracts that a market must have in a year.
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
squares AS (
    SELECT
        market_shares.division AS division,
        market_shares.signed_year AS signed_year,
        CAST(sum(CAST(market_shares.share * market_shares.share AS DECIMAL(28, 18))) AS DOUBLE) AS concentration
    FROM market_shares
    GROUP BY market_shares.division, market_shares.signed_year
),
judged AS (
    SELECT
        market.entity_id AS entity_id,
        market.buyer_id AS buyer_id,
        market.company_id AS company_id,
        market.on_date AS on_date,
        market_records.records AS records,
        squares.concentration AS concentration,
        coalesce(market.obstacle, usable_markets.obstacle) AS obstacle
    FROM unit_markets AS market
    LEFT JOIN market_records
        ON market_records.division = market.division
        AND market_records.signed_year = market.signed_year
    LEFT JOIN usable_markets
        ON usable_markets.division = market.division
        AND usable_markets.signed_year = market.signed_year
    LEFT JOIN squares
        ON squares.division = market.division
        AND squares.signed_year = market.signed_year
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN concentration >= $high THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN concentration END AS value,
    CAST($high AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN concentration >= $high THEN 'few suppliers hold the market'
        ELSE 'the market is spread over suppliers'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND concentration >= $high THEN records
        ELSE ['markets:' || entity_id]
    END AS evidence
FROM judged
