/*
code: F09
title: Director of many companies
level: company
definition: A director of the company directs many companies on the day of the study.
formula: >-
  companies = most companies that any of its directors directs, this one included; flag if companies
  >= many.
why: Who lends a name to dozens of companies directs none of them.
sources:
  - Definition of this project, after cases of nominee directors described in the literature
ocp: []
needs:
  - officers.role
  - officers.valid_from
  - officers.valid_to
  - companies.status
  - companies.dissolved_on
direction: "+"
unit: companies
missing: No director is on record for the day of the study.
exclusions:
  - Companies that ended do not count among those a person directs.
assumptions:
  - Companies without a recorded end count as existing; a role without a recorded end runs on.
  - Only companies in the data are counted, so the number is a floor.
  - Lawyers and accountants who serve many clients are flagged too.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair
    description: Roles that direct a company.
  many:
    type: integer
    default: 10
    unit: companies
    minimum: 2
    maximum: 100000
    description: A director of this many companies or more is flagged.
*/
WITH directors AS (
    SELECT
        serving.company_id AS company_id,
        serving.officer_id AS officer_id,
        min(serving.term) AS term,
        min(serving.record) AS record,
        min(CASE
            WHEN coalesce(company.status, 'unknown') NOT IN ('dissolved', 'struck_off')
                AND coalesce(company.dissolved_on, make_date(9999, 12, 31)) > study.day
                THEN 1
            ELSE 0
        END) AS exists_still
    FROM serving_officers AS serving
    CROSS JOIN study
    INNER JOIN unit_companies AS company
        ON company.company_id = serving.company_id
    WHERE list_contains(string_split($roles, ','), serving.role)
    GROUP BY serving.company_id, serving.officer_id
),
mandates AS (
    SELECT
        directors.officer_id AS officer_id,
        CAST(sum(directors.exists_still) AS BIGINT) AS companies
    FROM directors
    GROUP BY directors.officer_id
),
ranked AS (
    SELECT
        directors.company_id AS company_id,
        directors.record AS record,
        mandates.companies + 1 - directors.exists_still AS companies,
        row_number() OVER (
            PARTITION BY directors.company_id
            ORDER BY mandates.companies DESC, directors.term, directors.record
        ) AS place
    FROM directors
    INNER JOIN mandates
        ON mandates.officer_id = directors.officer_id
),
judged AS (
    SELECT
        company.company_id AS company_id,
        study.day AS on_date,
        busiest.companies AS value,
        $many AS threshold,
        busiest.companies >= $many AS is_flag,
        'a director of many companies' AS when_flag,
        'directors of few companies' AS when_clear,
        CASE WHEN busiest.record IS NOT NULL THEN [busiest.record] END AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN busiest.companies IS NULL THEN 'no director on record for the day'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN ranked AS busiest
        ON busiest.company_id = company.company_id
        AND busiest.place = 1
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
