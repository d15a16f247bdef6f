/*
code: F20
title: Rises from another
level: company
definition: >-
  A director of the company directed another, of the same address or sector, that was dissolved
  shortly before this one was incorporated.
formula: >-
  flag if a company with the same director, and the same address or sector, was dissolved at most
  days before incorporation.
why: Debts, bans and records stay with the old company; people, premises and trade move to the new one.
sources:
  - Definition of this project, after cases of phoenix companies described in the literature
ocp: []
needs:
  - companies.incorporated_on
  - companies.dissolved_on
  - companies.address_key
  - companies.sector_id
  - officers.role
  - officers.valid_from
  - officers.valid_to
direction: "+"
unit: companies it may rise from
missing: >-
  The day of incorporation, or any director of the company, is not on record, or no company of the
  data was dissolved.
exclusions:
  - Directors of very many companies and addresses of very many companies are those of agents.
assumptions:
  - A director of the old company served in the year before its end.
  - The addresses and sectors are those of today.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair
    description: Roles that direct a company.
  days:
    type: integer
    default: 731
    unit: days
    minimum: 30
    maximum: 3650
    description: Most days between the end of the old company and the start of the new one.
  most_companies:
    type: integer
    default: 50
    unit: companies
    minimum: 2
    maximum: 1000
    description: Companies of a director, or at an address, above which these are an agent's.
*/
WITH roles AS (
    SELECT
        officers.company_id AS company_id,
        officers.officer_id AS officer_id,
        max(coalesce(officers.valid_to, make_date(9999, 12, 31))) AS valid_to,
        min(
            'officers:' || officers.company_id || '/' || officers.officer_id || '/'
            || officers.role || '/' || CAST(officers.valid_from AS VARCHAR)
        ) AS record
    FROM officers
    CROSS JOIN study
    WHERE officers.valid_from <= study.day
        AND list_contains(string_split($roles, ','), officers.role)
    GROUP BY officers.company_id, officers.officer_id
),
usual_directors AS (
    SELECT roles.officer_id AS officer_id
    FROM roles
    GROUP BY roles.officer_id
    HAVING count(*) BETWEEN 2 AND $most_companies
),
usual_addresses AS (
    SELECT company.address_key AS address_key
    FROM unit_companies AS company
    WHERE company.address_key IS NOT NULL
    GROUP BY company.address_key
    HAVING count(*) <= $most_companies
),
placed AS (
    SELECT
        company.company_id AS company_id,
        company.incorporated_on AS incorporated_on,
        CASE WHEN company.dissolved_on <= study.day THEN company.dissolved_on END
            AS dissolved_on,
        company.sector_id AS sector_id,
        usual_addresses.address_key AS address_key,
        roles.officer_id AS officer_id,
        roles.valid_to AS valid_to,
        roles.record AS record
    FROM unit_companies AS company
    CROSS JOIN study
    INNER JOIN roles
        ON roles.company_id = company.company_id
    INNER JOIN usual_directors
        ON usual_directors.officer_id = roles.officer_id
    LEFT JOIN usual_addresses
        ON usual_addresses.address_key = company.address_key
),
found AS (
    SELECT
        risen.company_id AS company_id,
        fallen.company_id AS fallen_id,
        risen.record AS record,
        fallen.record AS fallen_record
    FROM placed AS risen
    INNER JOIN placed AS fallen
        ON fallen.officer_id = risen.officer_id
        AND fallen.company_id <> risen.company_id
    WHERE date_diff('day', fallen.dissolved_on, risen.incorporated_on) BETWEEN 0 AND $days
        AND date_diff('day', fallen.valid_to, fallen.dissolved_on) <= 366
        AND (fallen.address_key = risen.address_key OR fallen.sector_id = risen.sector_id)
),
proofs AS (
    SELECT found.company_id AS company_id, found.record AS record
    FROM found
    UNION
    SELECT found.company_id AS company_id, found.fallen_record AS record
    FROM found
    UNION
    SELECT found.company_id AS company_id, 'companies:' || found.fallen_id AS record
    FROM found
),
proof AS (
    SELECT proofs.company_id AS company_id, list_sort(array_agg(proofs.record)) AS records
    FROM proofs
    GROUP BY proofs.company_id
),
counted AS (
    SELECT found.company_id AS company_id, count(DISTINCT found.fallen_id) AS fallen
    FROM found
    GROUP BY found.company_id
),
directed AS (
    SELECT roles.company_id AS company_id FROM roles GROUP BY roles.company_id
),
ended AS (
    SELECT count(company.dissolved_on) AS companies
    FROM unit_companies AS company
    CROSS JOIN study
    WHERE company.dissolved_on <= study.day
),
judged AS (
    SELECT
        company.company_id AS company_id,
        company.incorporated_on AS on_date,
        coalesce(counted.fallen, 0) AS value,
        1 AS threshold,
        coalesce(counted.fallen, 0) >= 1 AS is_flag,
        'may rise from a dissolved company' AS when_flag,
        'no dissolved company like it before' AS when_clear,
        proof.records AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN company.incorporated_on IS NULL THEN 'day of incorporation not recorded'
            WHEN directed.company_id IS NULL THEN 'no director on record'
            WHEN ended.companies = 0 THEN 'no company of the data was dissolved'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    CROSS JOIN ended
    LEFT JOIN directed
        ON directed.company_id = company.company_id
    LEFT JOIN counted
        ON counted.company_id = company.company_id
    LEFT JOIN proof
        ON proof.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
