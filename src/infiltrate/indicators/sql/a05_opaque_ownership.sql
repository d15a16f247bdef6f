/*
code: A05
title: Opaque ownership in area
level: area
definition: >-
              Many firms of the area have a trust or an owner in a secrecy jurisdiction among their
              owners.
formula: >-
  share = firms with a trust or an owner under secrecy / firms with owners on record; flag if share
  >= high_share.
why: Hidden owners gather where there is something to hide.
sources:
  - Jofre and Riccardi, DATACROS, Transcrime (2021), opacity of ownership
ocp: []
needs:
  - companies.kind
  - companies.area_id
  - ownership.owner_kind
  - ownership.owner_country
  - ownership.valid_to
  - jurisdictions.score
  - jurisdictions.country
direction: "+"
unit: share of the firms with owners on record
missing: Too few firms of the area have an owner on record.
exclusions:
  - Areas with few firms on record, so that no single firm shows.
assumptions:
  - Interests that have not ended, and scores still in force, count.
  - Firms of an area inside count for the larger one, up to three steps.
settings:
  high_share:
    type: number
    default: 0.05
    unit: share
    minimum: 0.001
    maximum: 1
    description: A share this high or higher is flagged.
  secret_above:
    type: number
    default: 59.5
    unit: points
    minimum: 0
    maximum: 100
    description: Secrecy score above which a country counts.
  exempt:
    type: names
    default: US
    description: Countries that never count, by code.
  fewest_firms:
    type: integer
    default: 30
    unit: firms
    minimum: 10
    maximum: 100000
    description: Firms with owners on record that an area must have.
*/
WITH lines AS (
    SELECT areas.area_id AS area_id, areas.area_id AS inside_id
    FROM areas
    UNION
    SELECT areas.parent_id AS area_id, areas.area_id AS inside_id
    FROM areas
    WHERE areas.parent_id IS NOT NULL
    UNION
    SELECT mother.parent_id AS area_id, areas.area_id AS inside_id
    FROM areas
    INNER JOIN areas AS mother
        ON mother.area_id = areas.parent_id
    WHERE mother.parent_id IS NOT NULL
    UNION
    SELECT grandmother.parent_id AS area_id, areas.area_id AS inside_id
    FROM areas
    INNER JOIN areas AS mother
        ON mother.area_id = areas.parent_id
    INNER JOIN areas AS grandmother
        ON grandmother.area_id = mother.parent_id
    WHERE grandmother.parent_id IS NOT NULL
),
secret AS (
    SELECT DISTINCT jurisdictions.country AS country
    FROM jurisdictions
    CROSS JOIN study
    WHERE jurisdictions.listed_as = 'financial_secrecy'
        AND jurisdictions.score > $secret_above
        AND jurisdictions.valid_to IS NULL
        AND jurisdictions.country <> study.country
        AND NOT list_contains(string_split($exempt, ','), jurisdictions.country)
),
owned AS (
    SELECT
        ownership.company_id AS company_id,
        max(CASE
            WHEN ownership.owner_kind = 'trust' OR secret.country IS NOT NULL THEN 1 ELSE 0
        END) AS is_opaque
    FROM ownership
    LEFT JOIN secret
        ON secret.country = ownership.owner_country
    WHERE ownership.valid_to IS NULL
    GROUP BY ownership.company_id
),
counted AS (
    SELECT
        lines.area_id AS area_id,
        count(*) AS firms,
        CAST(sum(owned.is_opaque) AS DOUBLE) / CAST(count(*) AS DOUBLE) AS share
    FROM lines
    INNER JOIN companies
        ON companies.area_id = lines.inside_id
    INNER JOIN owned
        ON owned.company_id = companies.company_id
    WHERE companies.kind = 'company'
    GROUP BY lines.area_id
),
judged AS (
    SELECT
        area.*,
        counted.share AS share,
        CASE
            WHEN coalesce(counted.firms, 0) < $fewest_firms
                THEN 'too few firms with owners on record'
        END AS obstacle
    FROM unit_areas AS area
    LEFT JOIN counted
        ON counted.area_id = area.area_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= $high_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($high_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share >= $high_share THEN 'opaque owners are frequent'
        ELSE 'opaque owners are rare'
    END AS detail,
    ['areas:' || entity_id] AS evidence
FROM judged
