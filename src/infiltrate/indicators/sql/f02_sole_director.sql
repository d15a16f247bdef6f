/*
code: F02
title: Sole director
level: company
definition: One person alone directs the company on the day of the study.
formula: >-
  flag if directors <= 1.
why: A front needs one signature; a company that trades usually has more than one.
sources:
  - "Transcrime (2024) for PoliS-Lombardia: anomalies of top officers"
  - "Savona and Riccardi (2018), MORE: risk factors at the level of management"
ocp: []
needs: [officers.role, officers.valid_from, officers.valid_to]
direction: "+"
unit: directors
missing: No director is on record for the day of the study.
exclusions:
  - Auditors, liquidators, secretaries and attorneys are no directors.
assumptions:
  - A role without a recorded end runs on.
  - Most small companies have one director, so that this tells little by itself.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair
    description: Roles that direct a company.
*/
WITH
/* directors: steps/directors.sql */
judged AS (
    SELECT
        company.company_id AS company_id,
        study.day AS on_date,
        directors.directors AS value,
        1 AS threshold,
        directors.directors <= 1 AS is_flag,
        'one director alone' AS when_flag,
        'several directors' AS when_clear,
        CASE WHEN directors.record IS NOT NULL THEN [directors.record] END AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN directors.directors IS NULL THEN 'no director on record for the day'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN directors
        ON directors.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
