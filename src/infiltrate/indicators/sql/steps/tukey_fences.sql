/*
Tukey's fences, Q1 - 1.5 (Q3 - Q1) and Q3 + 1.5 (Q3 - Q1), with quartiles of type 8 of Hyndman and
Fan (1996): one row per period. Reads `compared`, one row per unit that counts: `unit_id`, `period`
and `value`. There is no lower fence where the first quartile is not above zero.
*/
WITH ranked AS (
    SELECT
        compared.period AS period,
        compared.value AS value,
        row_number() OVER (
            PARTITION BY compared.period
            ORDER BY compared.value, compared.unit_id
        ) AS place,
        count(*) OVER (PARTITION BY compared.period) AS units
    FROM compared
),
quartiles AS (
    SELECT
        ranked.period AS period,
        max(CASE
            WHEN 12 * ranked.place <= 3 * ranked.units + 5 OR ranked.place = 1 THEN ranked.value
        END) AS q1_below,
        min(CASE
            WHEN 12 * ranked.place > 3 * ranked.units + 5 OR ranked.place = ranked.units
                THEN ranked.value
        END) AS q1_above,
        CAST(min(3 * ranked.units + 5) AS DOUBLE) / CAST(12 AS DOUBLE)
        - CAST(count(CASE WHEN 12 * ranked.place <= 3 * ranked.units + 5 THEN 1 END) AS DOUBLE)
            AS q1_part,
        max(CASE
            WHEN 12 * ranked.place <= 9 * ranked.units + 7 OR ranked.place = 1 THEN ranked.value
        END) AS q3_below,
        min(CASE
            WHEN 12 * ranked.place > 9 * ranked.units + 7 OR ranked.place = ranked.units
                THEN ranked.value
        END) AS q3_above,
        CAST(min(9 * ranked.units + 7) AS DOUBLE) / CAST(12 AS DOUBLE)
        - CAST(count(CASE WHEN 12 * ranked.place <= 9 * ranked.units + 7 THEN 1 END) AS DOUBLE)
            AS q3_part
    FROM ranked
    GROUP BY ranked.period
),
interpolated AS (
    SELECT
        quartiles.period AS period,
        quartiles.q1_below + quartiles.q1_part * (quartiles.q1_above - quartiles.q1_below) AS q1,
        quartiles.q3_below + quartiles.q3_part * (quartiles.q3_above - quartiles.q3_below) AS q3
    FROM quartiles
)
SELECT
    interpolated.period AS period,
    CASE
        WHEN interpolated.q1 > 0
            THEN interpolated.q1
                - CAST(3 AS DOUBLE) / CAST(2 AS DOUBLE) * (interpolated.q3 - interpolated.q1)
    END AS lower_fence,
    interpolated.q3
        + CAST(3 AS DOUBLE) / CAST(2 AS DOUBLE) * (interpolated.q3 - interpolated.q1)
        AS upper_fence
FROM interpolated
