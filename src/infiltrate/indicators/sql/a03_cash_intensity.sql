/*
code: A03
title: Cash intensity
level: area
definition: Cash is used in the area more than in most.
formula: >-
  flag if the value is among the highest top_share of the areas of its level.
why: Cash hides the origin of money.
sources:
  - IARM project, Transcrime (2017), risk factors by area
ocp: []
needs: [area_years.value, areas.level]
direction: "+"
unit: units of the measure
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
    default: cash_intensity
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
WITH
/* highest_areas: steps/highest_areas.sql */
judged AS (
    SELECT
        highest_areas.*,
        highest_areas.value >= highest_areas.fence AS is_high
    FROM highest_areas
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN is_high THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN value END AS value,
    CASE WHEN obstacle IS NULL THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN is_high THEN 'among the highest areas'
        ELSE 'not among the highest areas'
    END AS detail,
    records AS evidence
FROM judged
