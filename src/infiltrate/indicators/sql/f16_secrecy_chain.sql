/*
code: F16
title: Secrecy jurisdiction among owners
level: company
definition: >-
              An owner of the company, direct or not, is in a country that was on a list of secrecy
              or of failings against money laundering on the day.
formula: >-
  owners in a country on a list in force on the day; flag if 1 or more.
why: Where owners stay hidden, the money and those behind it do too.
sources:
  - "Jofre, Bosisio and Riccardi (2024): owners from high-risk jurisdictions, project DATACROS"
  - >-
      Government Transparency Institute, ProACT (2022): Financial Secrecy Index above 59.5, the
      United States exempt
  - FATF and European Union, lists of jurisdictions
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.share_low
  - ownership.share_high
  - ownership.owner_country
  - companies.country
  - jurisdictions.country
  - jurisdictions.score
direction: "+"
unit: owners in a listed country
missing: >-
           No owner is on record, no list was in force on the day, or the country of an owner is
           not known and no other owner is in a listed one.
exclusions:
  - The country of the study itself is never counted, nor those exempt.
assumptions:
  - A country is that of registration or residence, as the register last stated.
  - A list that is not in the parameters says nothing.
settings:
  secret_above:
    type: number
    default: 59.5
    unit: points
    minimum: 0
    maximum: 100
    description: Secrecy score above which a country counts.
  lists:
    type: names
    values: [financial_secrecy, fatf_call_for_action, fatf_increased_monitoring, eu_high_risk, eu_tax_blacklist]
    default: >-
               financial_secrecy,fatf_call_for_action,fatf_increased_monitoring,eu_high_risk,eu_tax_blacklist
    description: Lists that count.
  exempt:
    type: names
    default: US
    description: Countries that never count, by code.
*/
WITH in_force AS (
    SELECT
        jurisdictions.country AS country,
        max(CASE
            WHEN jurisdictions.listed_as = 'financial_secrecy'
                AND coalesce(jurisdictions.score, CAST(0 AS DOUBLE)) <= $secret_above
                THEN 0
            ELSE 1
        END) AS is_listed
    FROM jurisdictions
    CROSS JOIN (
        SELECT max(structure.on_date) AS on_date FROM ownership_structures AS structure
    ) AS judged_day
    WHERE jurisdictions.valid_from <= judged_day.on_date
        AND coalesce(jurisdictions.valid_to, make_date(9999, 12, 31)) >= judged_day.on_date
        AND list_contains(string_split($lists, ','), jurisdictions.listed_as)
    GROUP BY jurisdictions.country
),
listed AS (
    SELECT in_force.country AS country
    FROM in_force
    CROSS JOIN study
    WHERE in_force.is_listed = 1
        AND in_force.country <> study.country
        AND NOT list_contains(string_split($exempt, ','), in_force.country)
),
known AS (
    SELECT count(*) AS countries FROM in_force
),
found AS (
    SELECT
        above.company_id AS company_id,
        sum(CASE WHEN listed.country IS NOT NULL THEN above.owners ELSE 0 END) AS listed_owners,
        sum(CASE WHEN above.country = 'unknown' THEN above.owners ELSE 0 END) AS unknown_owners
    FROM ownership_countries AS above
    LEFT JOIN listed
        ON listed.country = above.country
    GROUP BY above.company_id
),
nearest AS (
    SELECT
        ranked.company_id AS company_id,
        ranked.chain AS chain
    FROM (
        SELECT
            above.company_id AS company_id,
            above.chain AS chain,
            row_number() OVER (
                PARTITION BY above.company_id ORDER BY above.steps, above.country
            ) AS place
        FROM ownership_countries AS above
        INNER JOIN listed
            ON listed.country = above.country
    ) AS ranked
    WHERE ranked.place = 1
),
judged AS (
    SELECT
        company.company_id AS company_id,
        structure.on_date AS on_date,
        found.listed_owners AS value,
        1 AS threshold,
        found.listed_owners >= 1 AS is_flag,
        'an owner is in a listed jurisdiction' AS when_flag,
        'no owner is in a listed jurisdiction' AS when_clear,
        nearest.chain AS records,
        CASE
            WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record'
            WHEN known.countries = 0 THEN 'no list of jurisdictions in force on this day'
            WHEN found.listed_owners = 0 AND found.unknown_owners > 0
                THEN 'country of an owner not known'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN known
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
    LEFT JOIN found
        ON found.company_id = company.company_id
    LEFT JOIN nearest
        ON nearest.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
