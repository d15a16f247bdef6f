/*
code: A01
title: Organised crime index
level: area
definition: The index of organised crime of the area is among the highest.
formula: >-
  flag if the value is among the highest top_share of the areas of its level.
why: Where groups are strong, more firms are theirs.
sources:
  - Fazekas, Sberna and Vannucci (2022), Governance 35
  - Transcrime (2013), Mafia presence index by province
ocp: []
needs: [area_years.value, areas.level]
direction: "+"
unit: units of the index
missing: >-
           The measure is not in the data for this area, or for too few areas to compare.
exclusions: []
assumptions:
  - The last year with a value counts; areas are compared with those of their own level.
  - An area, not its people or firms, is described; it is never a sign about one of them.
settings:
  measure:
    type: string
    values: []
    default: organised_crime_index
    description: Name of the measure in the table area_years.
  top_share:
    type: number
    default: 0.1
    unit: share
    minimum: 0.01
    maximum: 0.5
    description: Share of the areas that is flagged, the highest.
  fewest_areas:
    type: integer
    default: 10
    unit: areas
    minimum: 2
    maximum: 10000
    description: Areas with a value that are needed to compare.
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
),
judged AS (
    SELECT
        described.entity_id AS entity_id,
        described.buyer_id AS buyer_id,
        described.company_id AS company_id,
        described.on_date AS on_date,
        described.value AS value,
        peers.fence AS fence,
        'area_years:' || described.entity_id || '/' || CAST(described.measured_year AS VARCHAR)
        || '/' || $measure AS record,
        CASE
            WHEN described.value IS NULL THEN 'measure not in the data for this area'
            WHEN peers.areas < $fewest_areas THEN 'too few areas to compare'
        END AS obstacle
    FROM described
    LEFT JOIN peers
        ON peers.peers_level = described.peers_level
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN value >= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN value END AS value,
    CASE WHEN obstacle IS NULL THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN value >= fence THEN 'among the highest areas'
        ELSE 'not among the highest areas'
    END AS detail,
    CASE
        WHEN record IS NOT NULL THEN list_sort(['areas:' || entity_id, record])
        ELSE ['areas:' || entity_id]
    END AS evidence
FROM judged
