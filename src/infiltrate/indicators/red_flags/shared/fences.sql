/*
row: >-
  One row per indicator and level whose threshold may come from the data: quartiles (type 8 of
  Hyndman and Fan 1996) and Tukey's fences.
needs: []
*/
WITH listed AS (
    SELECT
        measured.indicator AS indicator,
        measured.level AS level,
        measured.share AS share,
        count(*) AS units,
        list_sort(array_agg(measured.value)) AS ascending
    FROM measured
    WHERE measured.value IS NOT NULL
    GROUP BY measured.indicator, measured.level, measured.share
),
placed AS (
    SELECT
        listed.indicator AS indicator,
        listed.level AS level,
        listed.units AS units,
        listed.ascending AS ascending,
        (CAST(listed.units AS DOUBLE) + CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE))
        * CAST(0.25 AS DOUBLE) + CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE) AS low_place,
        (CAST(listed.units AS DOUBLE) + CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE))
        * listed.share + CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE) AS high_place
    FROM listed
),
quartered AS (
    SELECT
        placed.indicator AS indicator,
        placed.level AS level,
        placed.units AS units,
        CASE
            WHEN placed.low_place < 1 THEN placed.ascending[1]
            WHEN floor(placed.low_place) >= placed.units THEN placed.ascending[placed.units]
            ELSE placed.ascending[CAST(floor(placed.low_place) AS BIGINT)]
                + (placed.low_place - floor(placed.low_place))
                * (
                    placed.ascending[CAST(floor(placed.low_place) AS BIGINT) + 1]
                    - placed.ascending[CAST(floor(placed.low_place) AS BIGINT)]
                )
        END AS q1,
        CASE
            WHEN placed.high_place < 1 THEN placed.ascending[1]
            WHEN floor(placed.high_place) >= placed.units THEN placed.ascending[placed.units]
            ELSE placed.ascending[CAST(floor(placed.high_place) AS BIGINT)]
                + (placed.high_place - floor(placed.high_place))
                * (
                    placed.ascending[CAST(floor(placed.high_place) AS BIGINT) + 1]
                    - placed.ascending[CAST(floor(placed.high_place) AS BIGINT)]
                )
        END AS q3
    FROM placed
)
SELECT
    quartered.indicator AS indicator,
    quartered.level AS level,
    quartered.units AS units,
    quartered.q1 AS q1,
    quartered.q3 AS q3,
    quartered.q1 - CAST(1.5 AS DOUBLE) * (quartered.q3 - quartered.q1) AS lower_fence,
    quartered.q3 + CAST(1.5 AS DOUBLE) * (quartered.q3 - quartered.q1) AS upper_fence
FROM quartered
