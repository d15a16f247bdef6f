/*
code: C09
title: First digits of amounts
level: buyer
definition: >-
              The first digits of the buyer's contract amounts deviate from Benford's law on
              average by more than conformity allows.
formula: >-
  deviation = sum over digits d of |share of d - log10(1 + 1/d)| / 9; chi-square = amounts x sum of
  (share of d - p)^2 / p with p = log10(1 + 1/d); flag if deviation > limit and chi-square >=
  least_chi_square.
why: >-
       Invented amounts, and amounts fitted under a limit, have other first digits than grown ones.
sources:
  - >-
      Government Transparency Institute, ProACT (2022): mean absolute deviation, buyers with more
      than 100 contracts
  - "Nigrini (2012), Benford's Law: 0.006, 0.012 and 0.015 as limits of conformity"
ocp: []
needs: [contracts.value, contracts.currency]
direction: "+"
unit: mean absolute deviation of the nine shares
missing: >-
           There are too few contracts with an amount in one currency, or they span too narrow a
           range.
exclusions:
  - Amounts below one unit of the currency.
  - Amounts that the buyer repeats too often, because they are fixed prices.
  - Buyers whose amounts span too narrow a range.
assumptions:
  - Chance alone deviates by about 0.02 among a hundred amounts, so that a test stands beside the limit.
  - Only the deviation tells, not its cause; thresholds and price lists bend digits too.
  - First digits are taken as published, VAT in or out.
  - >-
      A tenfold change of currency unit does not change first digits, but an exchange rate does:
      only amounts in the currency that the buyer uses most count.
settings:
  limit:
    type: number
    default: 0.012
    unit: deviation
    minimum: 0.001
    maximum: 0.2
    description: A mean absolute deviation above this is flagged.
  least_chi_square:
    type: number
    default: 20.09
    unit: chi-square of 8 degrees
    minimum: 0
    maximum: 1000
    description: >-
      A buyer is flagged only from this statistic on, the default being its 99 % point; 0 flags on
      the deviation alone, as ProACT does.
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
judged AS (
    SELECT
        first_digits.*,
        first_digits.deviation > $limit AS is_wide,
        first_digits.deviation > $limit AND first_digits.chi_square >= $least_chi_square AS is_odd
    FROM first_digits
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN is_odd THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN deviation END AS value,
    CAST($limit AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN is_odd THEN 'first digits do not conform'
        WHEN is_wide THEN 'first digits deviate no more than so few amounts may'
        ELSE 'first digits conform'
    END AS detail,
    ['buyers:' || entity_id] AS evidence
FROM judged
