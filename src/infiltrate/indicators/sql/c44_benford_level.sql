/*
code: C44
title: First digits by country
level: buyer
definition: >-
              The deviation of first digits from Benford's law has a level of risk in this country.
formula: >-
  level = that of the range of the deviation of C09; flag if level >= flag_from.
why: >-
       How far honest amounts deviate differs between countries and was found from their data.
sources:
  - >-
      Government Transparency Institute, ProACT (2020): ranges of the mean absolute deviation by
      country
ocp: []
needs: [contracts.value, contracts.currency, contracts.signed_on, risk_levels.level]
direction: "+"
unit: level of risk, 0 to 1
missing: >-
           The country has no ranges, or there are too few contracts with an amount in one
           currency.
exclusions:
  - Amounts below one unit of the currency.
  - Amounts that the buyer repeats too often, because they are fixed prices.
  - Buyers whose amounts span too narrow a range.
assumptions:
  - The ranges in force on the last day of the buyer are used.
  - Only the deviation tells, not its cause; thresholds and price lists bend digits too.
  - First digits are taken as published, VAT in or out.
  - >-
      A tenfold change of currency unit does not change first digits, but an exchange rate does:
      only amounts in the currency that the buyer uses most count.
settings:
  stated_in:
    type: string
    values: [document, code]
    default: document
    description: >-
                   Whether the ranges of the publisher's document or of its program are used.
  flag_from:
    type: number
    default: 0.5
    unit: level
    minimum: 0.01
    maximum: 1
    description: A level this high or higher is flagged.
  more_than:
    type: integer
    default: 100
    unit: contracts
    minimum: 10
    maximum: 100000
    description: Only buyers with more contracts than this are tested.
  repeated_share:
    type: number
    default: 0.05
    unit: share
    minimum: 0.001
    maximum: 1
    description: >-
                   An amount that makes up more of the buyer's contracts than this is a fixed price
                   and left out.
  least_ratio:
    type: number
    default: 100
    unit: ratio
    minimum: 1
    maximum: 1000000
    description: >-
                   Ratio of the highest to the lowest amount below which digits are not expected to
                   follow the law.
*/
WITH units AS (SELECT buyer.*, buyer.buyer_id AS unit_id FROM unit_buyers AS buyer),
amounts AS (
    SELECT
        contracts.buyer_id AS unit_id,
        contracts.value AS amount,
        contracts.currency AS currency
    FROM contracts
),
/* first_digits: steps/first_digits.sql */
levels AS (
    SELECT
        risk_levels.low AS low,
        risk_levels.high AS high,
        risk_levels.level AS level,
        risk_levels.valid_from AS valid_from,
        coalesce(risk_levels.valid_to, make_date(9999, 12, 31)) AS valid_to
    FROM risk_levels
    WHERE risk_levels.component = 'benford'
        AND risk_levels.stated_in = $stated_in
        AND risk_levels.low IS NOT NULL
),
in_force AS (
    SELECT levels.valid_from AS valid_from, levels.valid_to AS valid_to
    FROM levels
    GROUP BY levels.valid_from, levels.valid_to
),
judged AS (
    SELECT
        first_digits.entity_id AS entity_id,
        first_digits.buyer_id AS buyer_id,
        first_digits.company_id AS company_id,
        first_digits.on_date AS on_date,
        levels.level AS level,
        CASE
            WHEN in_force.valid_from IS NULL THEN 'no ranges for this country and day'
            WHEN first_digits.obstacle IS NOT NULL THEN first_digits.obstacle
            WHEN levels.level IS NULL THEN 'deviation in no range'
        END AS obstacle
    FROM first_digits
    LEFT JOIN in_force
        ON in_force.valid_from <= coalesce(first_digits.on_date, make_date(9999, 12, 31))
        AND in_force.valid_to >= coalesce(first_digits.on_date, make_date(9999, 12, 31))
    LEFT JOIN levels
        ON levels.valid_from = in_force.valid_from
        AND levels.low <= first_digits.deviation
        AND coalesce(levels.high, first_digits.deviation) >= first_digits.deviation
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN level >= $flag_from THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN level END AS value,
    CAST($flag_from AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN level >= $flag_from THEN 'a risky deviation here'
        ELSE 'a deviation without risk here'
    END AS detail,
    ['buyers:' || entity_id] AS evidence
FROM judged
