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
        company.company_id AS company_id,
        structure.on_date AS on_date,
        structure.circle AS value,
        2 AS threshold,
        structure.circle >= 2 AS is_flag,
        'companies that own each other' AS when_flag,
        'no circle' AS when_clear,
        structure.circle_chain AS records,
        CASE WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record' END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
