/*
code: F12
title: Circular ownership
level: company
definition: The company owns, through others, a part of itself.
formula: >-
  companies that own each other directly or not (strongly connected), this one included; flag if
  2 or more.
why: Companies that own each other hide an owner, or capital that was never paid in.
sources:
  - "Transcrime for PoliS-Lombardia (2024): circular ownership"
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.share_low
  - ownership.share_high
direction: "+"
unit: companies in the circle
missing: No owner is on record.
exclusions:
  - A company that holds its own shares directly is not counted; most laws allow some.
assumptions:
  - A share of any size above zero closes a circle, also one whose size is not on record.
settings: {}
*/
WITH judged AS (
    SELECT
        company.*,
        structure.circle AS circle,
        structure.on_date AS on_date,
        structure.circle_chain AS chain,
        CASE WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record' END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN circle >= 2 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(circle AS DOUBLE) END AS value,
    CAST(2 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN circle >= 2 THEN 'companies that own each other'
        ELSE 'no circle'
    END AS detail,
    list_sort(list_concat(['companies:' || entity_id], coalesce(chain, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
