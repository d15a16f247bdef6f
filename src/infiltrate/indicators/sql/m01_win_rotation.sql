/*
code: M01
title: Wins in turn
level: market
definition: The same few suppliers win about equally often, several times each.
formula: >-
  evenness = - sum of p ln p / ln(winners), p = share of the wins; flag if evenness >= even and
  contracts >= rounds x winners.
why: >-
       Cartels that share a market by turns leave wins more even than competition does.
sources:
  - OECD (2012), Recommendation on fighting bid rigging in public procurement
  - Open Contracting Partnership, Red flags in public procurement (2024)
ocp: []
needs: [tenders.product_code, contracts.signed_on]
direction: "+"
unit: entropy of the wins as a share of its maximum
missing: >-
           The product or the day is not recorded, or the market has too few contracts or winners.
exclusions: []
assumptions:
  - Evidence is the hundred largest contracts of the market.
  - >-
      A market is the first two characters of the product code in a calendar year, in the whole
      country.
  - A consortium is a supplier of its own.
  - Many firms that win once each are no circle, so each winner must win several times on average.
  - A market of equal firms can look alike without any agreement.
settings:
  even:
    type: number
    default: 0.9
    unit: share
    minimum: 0.1
    maximum: 1
    description: Evenness this high or higher is flagged.
  fewest_contracts:
    type: integer
    default: 10
    unit: contracts
    minimum: 2
    maximum: 100000
    description: Contracts that a market must have in a year.
  fewest_winners:
    type: integer
    default: 3
    unit: suppliers
    minimum: 2
    maximum: 1000
    description: Winners that a market must have.
  rounds:
    type: integer
    default: 3
    unit: contracts
    minimum: 1
    maximum: 1000
    description: Contracts per winner, on average, from which wins are in turn.
*/
WITH wins AS (
    SELECT
        substr(tenders.product_code, 1, 2) AS division,
        year(contracts.signed_on) AS signed_year,
        contracts.supplier_id AS supplier_id,
        count(*) AS wins
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
        wins.division AS division,
        wins.signed_year AS signed_year,
        count(*) AS winners,
        CAST(sum(wins.wins) AS BIGINT) AS wins
    FROM wins
    GROUP BY wins.division, wins.signed_year
),
uneven AS (
    SELECT
        wins.division AS division,
        wins.signed_year AS signed_year,
        min(totals.winners) AS winners,
        min(totals.wins) AS wins,
        sum(CAST(
            CAST(wins.wins AS DOUBLE) / CAST(totals.wins AS DOUBLE)
            * ln(CAST(totals.wins AS DOUBLE) / CAST(wins.wins AS DOUBLE))
            AS DECIMAL(28, 18)
        )) AS entropy
    FROM wins
    INNER JOIN totals
        ON totals.division = wins.division
        AND totals.signed_year = wins.signed_year
    GROUP BY wins.division, wins.signed_year
),
judged AS (
    SELECT
        market.entity_id AS entity_id,
        market.buyer_id AS buyer_id,
        market.company_id AS company_id,
        market.on_date AS on_date,
        market_records.records AS records,
        uneven.winners AS winners,
        uneven.wins AS wins,
        CASE
            WHEN uneven.winners > 1
                THEN CAST(uneven.entropy AS DOUBLE) / ln(CAST(uneven.winners AS DOUBLE))
        END AS evenness,
        CASE
            WHEN market.obstacle IS NOT NULL THEN market.obstacle
            WHEN uneven.wins < $fewest_contracts THEN 'too few contracts in the market'
            WHEN uneven.winners < $fewest_winners THEN 'too few winners in the market'
        END AS obstacle
    FROM unit_markets AS market
    LEFT JOIN market_records
        ON market_records.division = market.division
        AND market_records.signed_year = market.signed_year
    LEFT JOIN uneven
        ON uneven.division = market.division
        AND uneven.signed_year = market.signed_year
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN evenness >= $even AND wins >= $rounds * winners THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN evenness END AS value,
    CAST($even AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN evenness >= $even AND wins >= $rounds * winners THEN 'the same few win in turn'
        WHEN evenness >= $even THEN 'wins are even among many'
        ELSE 'wins are uneven'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND evenness >= $even AND wins >= $rounds * winners THEN records
        ELSE ['markets:' || entity_id]
    END AS evidence
FROM judged
