/*
code: C31
title: Long conditions of entry
level: lot
definition: >-
              The conditions of entry are longer than usual for lots of the same product division
              and year.
formula: >-
  excess = length - mean of the market; flag if excess >= long_by.
why: Conditions written for one firm take more words than those open to all.
sources:
  - >-
      Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22: 520
      characters or more above the market raise single bidding
ocp: []
needs:
  - tenders.criteria_length
  - tenders.product_code
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
direction: "+"
unit: characters above the mean of the market
missing: >-
           The length, the product or the day is not recorded, or the market has too few lots.
exclusions: []
assumptions:
  - A market is a product division and a calendar year; the lot is part of its mean.
  - Length is counted in characters of the text as published.
settings:
  long_by:
    type: integer
    default: 520
    unit: characters
    minimum: 1
    maximum: 100000
    description: This many characters above the mean, or more, are flagged.
  fewest_lots:
    type: integer
    default: 10
    unit: lots
    minimum: 2
    maximum: 1000
    description: Lots with a length that the market must have.
  product_digits:
    type: integer
    default: 2
    unit: characters
    minimum: 1
    maximum: 12
    description: Leading characters of the product code that make a market.
*/
WITH described AS (
    SELECT
        lot.*,
        substr(lot.product_code, 1, $product_digits) AS product,
        year(lot.on_date) AS lot_year,
        CASE
            WHEN lot.criteria_length IS NULL THEN 'length of the conditions not recorded'
            WHEN lot.criteria_length < 0 THEN 'negative length'
            WHEN lot.product_code IS NULL THEN 'product not recorded'
            WHEN lot.on_date IS NULL THEN 'day of the lot not recorded'
        END AS obstacle
    FROM unit_lots AS lot
),
markets AS (
    SELECT
        described.product AS product,
        described.lot_year AS lot_year,
        count(*) AS lots,
        CAST(sum(described.criteria_length) AS DOUBLE) / CAST(count(*) AS DOUBLE) AS mean
    FROM described
    WHERE described.obstacle IS NULL
    GROUP BY described.product, described.lot_year
),
judged AS (
    SELECT
        described.entity_id AS entity_id,
        described.buyer_id AS buyer_id,
        described.company_id AS company_id,
        described.on_date AS on_date,
        CAST(described.criteria_length AS DOUBLE) - markets.mean AS excess,
        CASE
            WHEN described.obstacle IS NOT NULL THEN described.obstacle
            WHEN markets.lots < $fewest_lots THEN 'too few lots in the market'
        END AS obstacle
    FROM described
    LEFT JOIN markets
        ON markets.product = described.product
        AND markets.lot_year = described.lot_year
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN excess >= $long_by THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN excess END AS value,
    CAST($long_by AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN excess >= $long_by THEN 'conditions longer than usual'
        ELSE 'conditions not longer than usual'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
