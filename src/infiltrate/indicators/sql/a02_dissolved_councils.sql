/*
code: A02
title: Councils dissolved
level: area
definition: A council in the area was dissolved for infiltration in recent years.
formula: >-
  flag if dissolutions in the last window_years >= many.
why: >-
       A dissolved council is the state's own finding that a group steered its purchases.
sources:
  - Ravenda et al. (2020), European Journal of Political Economy 64
  - UIF, Quaderno 27 (2025)
ocp: []
needs: [area_years.value]
direction: "+"
unit: dissolutions in the window
missing: The measure is not in the data for this area.
exclusions: []
assumptions:
  - The window ends with the last year in the data.
  - An area without a row was not looked at; one with a zero had no dissolution.
settings:
  measure:
    type: string
    values: []
    default: dissolved_councils
    description: Name of the measure in the table area_years.
  window_years:
    type: integer
    default: 5
    unit: years
    minimum: 1
    maximum: 50
    description: Years that count, the last included.
  many:
    type: integer
    default: 1
    unit: dissolutions
    minimum: 1
    maximum: 100
    description: This many or more are flagged.
*/
WITH last_year AS (
    SELECT max(area_years.year) AS last_year
    FROM area_years
    WHERE area_years.measure = $measure AND area_years.value IS NOT NULL
),
summed AS (
    SELECT
        area_years.area_id AS area_id,
        CAST(sum(CAST(area_years.value AS DECIMAL(18, 6))) AS DOUBLE) AS dissolutions,
        list_sort(array_agg(
            'area_years:' || area_years.area_id || '/' || CAST(area_years.year AS VARCHAR) || '/'
            || area_years.measure
        )) AS records
    FROM area_years
    CROSS JOIN last_year
    WHERE area_years.measure = $measure
        AND area_years.value IS NOT NULL
        AND area_years.year > last_year.last_year - $window_years
    GROUP BY area_years.area_id
),
judged AS (
    SELECT
        area.*,
        summed.dissolutions AS dissolutions,
        summed.records AS records,
        CASE WHEN summed.area_id IS NULL THEN 'measure not in the data for this area' END
            AS obstacle
    FROM unit_areas AS area
    LEFT JOIN summed
        ON summed.area_id = area.area_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN dissolutions >= $many THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN dissolutions END AS value,
    CAST($many AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN dissolutions >= $many THEN 'a council was dissolved'
        ELSE 'no council was dissolved'
    END AS detail,
    coalesce(list_concat(records, ['areas:' || entity_id]), ['areas:' || entity_id]) AS evidence
FROM judged
