/*
How the first digits of each unit's amounts deviate from Benford's law: one row per unit. Reads
`units`, with `unit_id`, and `amounts`: `unit_id`, `amount` and `currency`, one row per amount.
`deviation` is the mean absolute deviation of the nine shares and `chi_square` the statistic of 8
degrees, both from log10(1 + 1/d) in six decimals; `obstacle` says why digits cannot be compared.
Uses the settings `repeated_share`, `more_than` and `least_ratio`.
*/
WITH priced AS (
    SELECT
        amounts.unit_id AS unit_id,
        amounts.amount AS amount,
        amounts.currency AS currency,
        substr(CAST(amounts.amount AS VARCHAR), 1, 1) AS digit,
        count(*) OVER (
            PARTITION BY amounts.unit_id, amounts.currency, amounts.amount
        ) AS repeats,
        count(*) OVER (PARTITION BY amounts.unit_id, amounts.currency) AS amounts
    FROM amounts
    WHERE amounts.amount >= 1 AND amounts.currency IS NOT NULL
),
currencies AS (
    SELECT
        priced.unit_id AS unit_id,
        priced.currency AS currency,
        row_number() OVER (
            PARTITION BY priced.unit_id
            ORDER BY count(*) DESC, priced.currency
        ) AS place
    FROM priced
    GROUP BY priced.unit_id, priced.currency
),
digits AS (
    SELECT
        priced.unit_id AS unit_id,
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
        ON currencies.unit_id = priced.unit_id
        AND currencies.currency = priced.currency
        AND currencies.place = 1
    WHERE CAST(priced.repeats AS DOUBLE) <= $repeated_share * CAST(priced.amounts AS DOUBLE)
        OR priced.repeats = 1
    GROUP BY priced.unit_id
),
compared AS (
    SELECT
        digits.unit_id AS unit_id,
        digits.amounts AS amounts,
        digits.lowest AS lowest,
        digits.highest AS highest,
        CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_1,
        CAST(digits.digits_1 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(301030 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_1,
        CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_2,
        CAST(digits.digits_2 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(176091 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_2,
        CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_3,
        CAST(digits.digits_3 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(124939 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_3,
        CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_4,
        CAST(digits.digits_4 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(96910 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_4,
        CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_5,
        CAST(digits.digits_5 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(79181 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_5,
        CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_6,
        CAST(digits.digits_6 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(66947 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_6,
        CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_7,
        CAST(digits.digits_7 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(57992 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_7,
        CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_8,
        CAST(digits.digits_8 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(51153 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_8,
        CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS expected_9,
        CAST(digits.digits_9 AS DOUBLE) / CAST(digits.amounts AS DOUBLE)
            - CAST(45757 AS DOUBLE) / CAST(1000000 AS DOUBLE) AS apart_9
    FROM digits
)
SELECT
    unit.*,
    (abs(compared.apart_1)
        + abs(compared.apart_2)
        + abs(compared.apart_3)
        + abs(compared.apart_4)
        + abs(compared.apart_5)
        + abs(compared.apart_6)
        + abs(compared.apart_7)
        + abs(compared.apart_8)
        + abs(compared.apart_9)) / CAST(9 AS DOUBLE)
        AS deviation,
    CAST(compared.amounts AS DOUBLE) * (
        compared.apart_1 * compared.apart_1 / compared.expected_1
        + compared.apart_2 * compared.apart_2 / compared.expected_2
        + compared.apart_3 * compared.apart_3 / compared.expected_3
        + compared.apart_4 * compared.apart_4 / compared.expected_4
        + compared.apart_5 * compared.apart_5 / compared.expected_5
        + compared.apart_6 * compared.apart_6 / compared.expected_6
        + compared.apart_7 * compared.apart_7 / compared.expected_7
        + compared.apart_8 * compared.apart_8 / compared.expected_8
        + compared.apart_9 * compared.apart_9 / compared.expected_9
    ) AS chi_square,
    CASE
        WHEN coalesce(compared.amounts, 0) <= $more_than THEN 'too few amounts in one currency'
        WHEN CAST(compared.highest AS DOUBLE)
            < CAST(compared.lowest AS DOUBLE) * CAST($least_ratio AS DOUBLE)
            THEN 'amounts span too narrow a range'
    END AS obstacle
FROM units AS unit
LEFT JOIN compared
    ON compared.unit_id = unit.unit_id
