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
WITH priced AS (
    SELECT
        contracts.buyer_id AS buyer_id,
        contracts.value AS amount,
        contracts.currency AS currency,
        substr(CAST(contracts.value AS VARCHAR), 1, 1) AS digit,
        count(*) OVER (
            PARTITION BY contracts.buyer_id, contracts.currency, contracts.value
        ) AS repeats,
        count(*) OVER (PARTITION BY contracts.buyer_id, contracts.currency) AS amounts
    FROM contracts
    WHERE contracts.value >= 1 AND contracts.currency IS NOT NULL
),
currencies AS (
    SELECT
        priced.buyer_id AS buyer_id,
        priced.currency AS currency,
        row_number() OVER (
            PARTITION BY priced.buyer_id
            ORDER BY count(*) DESC, priced.currency
        ) AS place
    FROM priced
    GROUP BY priced.buyer_id, priced.currency
),
digits AS (
    SELECT
        priced.buyer_id AS buyer_id,
        count(CASE WHEN priced.digit = '1' THEN 1 END) AS digits_1,
        count(CASE WHEN priced.digit = '2' THEN 1 END) AS digits_2,
        count(CASE WHEN priced.digit = '3' THEN 1 END) AS digits_3,
        count(CASE WHEN priced.digit = '4' THEN 1 END) AS digits_4,
        count(CASE WHEN priced.digit = '5' THEN 1 END) AS digits_5,
        count(CASE WHEN priced.digit = '6' THEN 1 END) AS digits_6,
        count(CASE WHEN priced.digit = '7' THEN 1 END) AS digits_7,
        count(CASE WHEN priced.digit = '8' THEN 1 END) AS digits_8,
        count(CASE WHEN priced.digit = '9' THEN 1 END) AS digits_9,
        count(*) AS amounts,
        min(priced.amount) AS lowest,
        max(priced.amount) AS highest
    FROM priced
    INNER JOIN currencies
        ON currencies.buyer_id = priced.buyer_id
        AND currencies.currency = priced.currency
        AND currencies.place = 1
    WHERE CAST(priced.repeats AS DOUBLE) <= $repeated_share * CAST(priced.amounts AS DOUBLE)
        OR priced.repeats = 1
    GROUP BY priced.buyer_id
),
measured AS (
    SELECT
        buyer.*,
        (abs(CAST(digits.digits_1 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_2 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_3 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_4 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_5 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_6 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_7 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_8 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + abs(CAST(digits.digits_9 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE))) / CAST(9 AS DOUBLE) AS deviation,
        CAST(digits.amounts AS DOUBLE) * ((CAST(digits.digits_1 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_1 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_2 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_2 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_3 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_3 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_4 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_4 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_5 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_5 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_6 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_6 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_7 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_7 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_8 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_8 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        + (CAST(digits.digits_9 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        * (CAST(digits.digits_9 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE))
        / (CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE))) AS chi_square,
        CASE
            WHEN coalesce(digits.amounts, 0) <= $more_than THEN 'too few contracts with an amount'
            WHEN CAST(digits.highest AS DOUBLE)
                < CAST(digits.lowest AS DOUBLE) * CAST($least_ratio AS DOUBLE)
                THEN 'amounts span too narrow a range'
        END AS obstacle
    FROM unit_buyers AS buyer
    LEFT JOIN digits
        ON digits.buyer_id = buyer.buyer_id
),
judged AS (
    SELECT measured.*
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN deviation > $limit AND chi_square >= $least_chi_square THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN deviation END AS value,
    CAST($limit AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN deviation > $limit AND chi_square >= $least_chi_square
            THEN 'first digits do not conform'
        WHEN deviation > $limit THEN 'first digits deviate no more than so few amounts may'
        ELSE 'first digits conform'
    END AS detail,
    ['buyers:' || entity_id] AS evidence
FROM judged
