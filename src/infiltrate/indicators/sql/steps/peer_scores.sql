/*
How far each lot lies from its peers, in robust standard deviations: (value - median) / (1.4826
times the median absolute deviation), one row per lot that counts. Reads `described`, one row per
lot: `entity_id`, `value`, `obstacle` (of lots that do not count) and what makes peers, `product`,
`lot_year` and `place_of_work`. There is no score where `median_deviation` is zero.
*/
WITH ranked AS (
    SELECT
        described.entity_id AS entity_id,
        described.product AS product,
        described.lot_year AS lot_year,
        described.place_of_work AS place_of_work,
        described.value AS value,
        count(*) OVER same_peers AS peers,
        row_number() OVER (
            PARTITION BY described.product, described.lot_year, described.place_of_work
            ORDER BY described.value, described.entity_id
        ) AS place
    FROM described
    WHERE described.obstacle IS NULL
    WINDOW same_peers AS (
        PARTITION BY described.product, described.lot_year, described.place_of_work
    )
),
centred AS (
    SELECT
        ranked.*,
        sum(CASE
            WHEN 2 * ranked.place IN (ranked.peers, ranked.peers + 1, ranked.peers + 2)
                THEN ranked.value
        END) OVER same_peers
        / count(CASE
            WHEN 2 * ranked.place IN (ranked.peers, ranked.peers + 1, ranked.peers + 2) THEN 1
        END) OVER same_peers AS median
    FROM ranked
    WINDOW same_peers AS (PARTITION BY ranked.product, ranked.lot_year, ranked.place_of_work)
),
deviating AS (
    SELECT
        centred.*,
        CASE
            WHEN centred.value >= centred.median THEN centred.value - centred.median
            ELSE centred.median - centred.value
        END AS deviation
    FROM centred
),
ordered AS (
    SELECT
        deviating.*,
        row_number() OVER (
            PARTITION BY deviating.product, deviating.lot_year, deviating.place_of_work
            ORDER BY deviating.deviation, deviating.entity_id
        ) AS deviation_place
    FROM deviating
),
scaled AS (
    SELECT
        ordered.*,
        sum(CASE
            WHEN 2 * ordered.deviation_place IN (ordered.peers, ordered.peers + 1, ordered.peers + 2)
                THEN ordered.deviation
        END) OVER same_peers
        / count(CASE
            WHEN 2 * ordered.deviation_place IN (ordered.peers, ordered.peers + 1, ordered.peers + 2)
                THEN 1
        END) OVER same_peers AS median_deviation
    FROM ordered
    WINDOW same_peers AS (PARTITION BY ordered.product, ordered.lot_year, ordered.place_of_work)
)
SELECT
    scaled.entity_id AS entity_id,
    scaled.peers AS peers,
    scaled.median_deviation AS median_deviation,
    (scaled.value - scaled.median)
        / (CAST(14826 AS DOUBLE) / CAST(10000 AS DOUBLE)
            * nullif(scaled.median_deviation, CAST(0 AS DOUBLE))) AS score
FROM scaled
