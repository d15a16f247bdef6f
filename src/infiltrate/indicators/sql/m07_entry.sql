/*
code: M07
title: Few newcomers
level: market
definition: Few of the suppliers that won are new to the market.
formula: >-
  entry = winners without a win in the years_back years before / winners; flag if entry <= low.
why: A market that nobody enters may be one that nobody dares to enter.
sources:
  - Government Transparency Institute, ProACT (2022), market entry of suppliers
  - Fazekas, Sberna and Vannucci (2022), Governance 35
ocp: []
needs: [tenders.product_code, contracts.signed_on]
direction: "-"
unit: newcomers as a share of the winners
missing: >-
           The product or the day is not recorded, or the data do not reach back far enough.
exclusions: []
assumptions:
  - Evidence is the hundred largest contracts of the market.
  - >-
      A market is the first two characters of the product code in a calendar year, in the whole
      country.
  - A consortium is a supplier of its own.
  - A newcomer won nothing in the market in the years before, as far as the data reach.
settings:
  low:
    type: number
    default: 0.1
    unit: share
    minimum: 0
    maximum: 1
    description: A share this low or lower is flagged.
  years_back:
    type: integer
    default: 2
    unit: years
    minimum: 1
    maximum: 20
    description: Years without a win that make a newcomer.
  fewest_winners:
    type: integer
    default: 5
    unit: suppliers
    minimum: 1
    maximum: 1000
    description: Winners that a market must have.
*/
WITH wins AS (
    SELECT DISTINCT
        substr(tenders.product_code, 1, 2) AS division,
        year(contracts.signed_on) AS signed_year,
        contracts.supplier_id AS supplier_id
    FROM contract_amounts AS contracts
    INNER JOIN tenders
        ON tenders.tender_id = contracts.tender_id
        AND tenders.lot_id = contracts.lot_id
    WHERE tenders.product_code IS NOT NULL AND contracts.signed_on IS NOT NULL
),
start_of_data AS (
    SELECT min(wins.signed_year) AS first_year
    FROM wins
),
known AS (
    SELECT DISTINCT
        wins.division AS division,
        wins.signed_year AS signed_year,
        wins.supplier_id AS supplier_id
    FROM wins
    INNER JOIN wins AS earlier
        ON earlier.division = wins.division
        AND earlier.supplier_id = wins.supplier_id
        AND earlier.signed_year BETWEEN wins.signed_year - $years_back AND wins.signed_year - 1
),
counted AS (
    SELECT
        wins.division AS division,
        wins.signed_year AS signed_year,
        count(*) AS winners,
        count(*) - count(known.supplier_id) AS newcomers
    FROM wins
    LEFT JOIN known
        ON known.division = wins.division
        AND known.signed_year = wins.signed_year
        AND known.supplier_id = wins.supplier_id
    GROUP BY wins.division, wins.signed_year
),
judged AS (
    SELECT
        market.entity_id AS entity_id,
        market.buyer_id AS buyer_id,
        market.company_id AS company_id,
        market.on_date AS on_date,
        market_records.records AS records,
        CAST(counted.newcomers AS DOUBLE) / CAST(counted.winners AS DOUBLE) AS entry,
        CASE
            WHEN market.obstacle IS NOT NULL THEN market.obstacle
            WHEN market.signed_year - $years_back < start_of_data.first_year
                THEN 'the data do not reach back far enough'
            WHEN counted.winners < $fewest_winners THEN 'too few winners in the market'
        END AS obstacle
    FROM unit_markets AS market
    LEFT JOIN market_records
        ON market_records.division = market.division
        AND market_records.signed_year = market.signed_year
    CROSS JOIN start_of_data
    LEFT JOIN counted
        ON counted.division = market.division
        AND counted.signed_year = market.signed_year
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN entry <= $low THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN entry END AS value,
    CAST($low AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN entry <= $low THEN 'few newcomers won'
        ELSE 'newcomers won'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND entry <= $low THEN records
        ELSE ['markets:' || entity_id]
    END AS evidence
FROM judged
