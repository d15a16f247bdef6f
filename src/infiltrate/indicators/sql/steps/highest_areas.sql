/*
Where a measure of areas is highest: one row per area. Uses the settings `measure`, `top_share` (of
the areas of one level, which `fence` parts from the others) and `fewest_areas`. `records` are the
area and its last year with a value.
*/
WITH measured AS (
    SELECT
        area_years.area_id AS area_id,
        area_years.year AS measured_year,
        area_years.value AS value,
        row_number() OVER (
            PARTITION BY area_years.area_id
            ORDER BY area_years.year DESC, area_years.area_id
        ) AS place
    FROM area_years
    WHERE area_years.measure = $measure AND area_years.value IS NOT NULL
),
described AS (
    SELECT
        area.*,
        coalesce(area.area_level, -1) AS peers_level,
        measured.measured_year AS measured_year,
        measured.value AS value
    FROM unit_areas AS area
    LEFT JOIN measured
        ON measured.area_id = area.area_id
        AND measured.place = 1
),
ranked AS (
    SELECT
        described.peers_level AS peers_level,
        described.value AS value,
        row_number() OVER (
            PARTITION BY described.peers_level
            ORDER BY described.value DESC, described.area_id
        ) AS place,
        count(*) OVER (PARTITION BY described.peers_level) AS areas
    FROM described
    WHERE described.value IS NOT NULL
),
peers AS (
    SELECT
        ranked.peers_level AS peers_level,
        min(ranked.areas) AS areas,
        min(CASE
            WHEN ranked.place = 1
                OR CAST(ranked.place AS DOUBLE) <= $top_share * CAST(ranked.areas AS DOUBLE)
                THEN ranked.value
        END) AS fence
    FROM ranked
    GROUP BY ranked.peers_level
)
SELECT
    described.entity_id AS entity_id,
    described.buyer_id AS buyer_id,
    described.company_id AS company_id,
    described.on_date AS on_date,
    described.value AS value,
    peers.fence AS fence,
    CASE
        WHEN described.value IS NULL THEN 'measure not in the data for this area'
        WHEN peers.areas < $fewest_areas THEN 'too few areas to compare'
    END AS obstacle,
    CASE
        WHEN described.measured_year IS NULL THEN ['areas:' || described.entity_id]
        ELSE list_sort([
            'areas:' || described.entity_id,
            'area_years:' || described.entity_id || '/'
            || CAST(described.measured_year AS VARCHAR) || '/' || $measure
        ])
    END AS records
FROM described
LEFT JOIN peers
    ON peers.peers_level = described.peers_level
