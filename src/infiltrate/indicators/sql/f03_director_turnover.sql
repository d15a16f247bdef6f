/*
code: F03
title: Directors leave often
level: company
definition: Many directors left the company in the years up to the day of the study.
formula: >-
  left = directors whose last day lies in the last years and who do not serve any more; flag if left
  >= many.
why: Nominees are replaced often, so that nobody can be asked what a company did.
sources:
  - "Transcrime (2024) for PoliS-Lombardia: anomalies of top officers"
  - "Savona and Riccardi (2018), MORE: risk factors at the level of management"
ocp: []
needs: [officers.role, officers.valid_from, officers.valid_to]
direction: "+"
unit: directors
missing: No director is on record for the years.
exclusions:
  - A director who was appointed anew did not leave.
assumptions:
  - A role without a recorded end runs on.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair
    description: Roles that direct a company.
  years:
    type: integer
    default: 3
    unit: years
    minimum: 1
    maximum: 20
    description: Years up to the day of the study that are looked at.
  many:
    type: integer
    default: 3
    unit: directors
    minimum: 1
    maximum: 1000
    description: This many directors or more who left are flagged.
*/
WITH roles AS (
    SELECT
        officers.company_id AS company_id,
        officers.officer_id AS officer_id,
        coalesce(officers.valid_to, make_date(9999, 12, 31)) AS valid_to,
        'officers:' || officers.company_id || '/' || officers.officer_id || '/' || officers.role
            || '/' || CAST(officers.valid_from AS VARCHAR) AS record
    FROM officers
    CROSS JOIN study
    WHERE officers.valid_from <= study.day
        AND list_contains(string_split($roles, ','), officers.role)
),
directors AS (
    SELECT
        roles.company_id AS company_id,
        roles.officer_id AS officer_id,
        max(roles.valid_to) AS last_day,
        max(roles.record) AS record
    FROM roles
    GROUP BY roles.company_id, roles.officer_id
),
counted AS (
    SELECT
        directors.company_id AS company_id,
        count(CASE WHEN directors.last_day < study.day THEN 1 END) AS departures,
        list_sort(array_agg(directors.record)) AS records
    FROM directors
    CROSS JOIN study
    WHERE date_diff('day', directors.last_day, study.day) * 100 < $years * 36525
    GROUP BY directors.company_id
),
judged AS (
    SELECT
        company.company_id AS company_id,
        study.day AS on_date,
        counted.departures AS value,
        $many AS threshold,
        counted.departures >= $many AS is_flag,
        'many directors left' AS when_flag,
        'few directors left, or none' AS when_clear,
        CASE WHEN counted.departures >= $many THEN counted.records END AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN counted.departures IS NULL THEN 'no director on record for the years'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN counted
        ON counted.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
