/*
code: F17
title: Owners in many countries
level: company
definition: The company and its owners, direct or not, are in many countries.
formula: >-
  distinct countries of owners other than that of the study; flag if many or more.
why: Chains across borders are hard to follow for any one authority.
sources:
  - "Jofre, Bosisio and Riccardi (2024): owners across jurisdictions, project DATACROS"
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.share_low
  - ownership.share_high
  - ownership.owner_country
  - companies.country
direction: "+"
unit: foreign countries
missing: >-
           No owner is on record, or countries of owners are not known and the known ones are too
           few to be flagged.
exclusions: []
assumptions:
  - A country is that of registration or residence, as the register last stated.
settings:
  many:
    type: integer
    default: 3
    unit: countries
    minimum: 1
    maximum: 249
    description: This many foreign countries or more are flagged.
*/
WITH counted AS (
    SELECT
        above.company_id AS company_id,
        sum(CASE WHEN above.country NOT IN ('unknown', study.country) THEN 1 ELSE 0 END)
            AS countries,
        sum(CASE WHEN above.country = 'unknown' THEN above.owners ELSE 0 END) AS unknown_owners
    FROM ownership_countries AS above
    CROSS JOIN study
    GROUP BY above.company_id
),
farthest AS (
    SELECT
        ranked.company_id AS company_id,
        ranked.chain AS chain
    FROM (
        SELECT
            above.company_id AS company_id,
            above.chain AS chain,
            row_number() OVER (
                PARTITION BY above.company_id ORDER BY above.steps DESC, above.country
            ) AS place
        FROM ownership_countries AS above
        CROSS JOIN study
        WHERE above.country NOT IN ('unknown', study.country)
    ) AS ranked
    WHERE ranked.place = 1
),
judged AS (
    SELECT
        company.company_id AS company_id,
        structure.on_date AS on_date,
        counted.countries AS value,
        $many AS threshold,
        counted.countries >= $many AS is_flag,
        'owners in many countries' AS when_flag,
        'owners in few countries' AS when_clear,
        farthest.chain AS records,
        CASE
            WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record'
            WHEN counted.countries < $many AND counted.unknown_owners > 0
                THEN 'country of an owner not known'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
    LEFT JOIN counted
        ON counted.company_id = company.company_id
    LEFT JOIN farthest
        ON farthest.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
