/*
code: A06
title: Listed firms in area
level: area
definition: >-
              Listed firms are more frequent in the area than in the country, by a wide margin.
formula: >-
  rate = 10,000 x (listed + prior_firms x share of the country) / (firms + prior_firms); flag if
  rate >= times x rate of the country.
why: Lists show where enforcement found infiltration, and where it looked.
sources:
  - Definition of this project
  - >-
      Efron and Morris (1975), Journal of the American Statistical Association 70: shrinkage of
      rates
ocp: []
needs: [companies.kind, companies.area_id, list_entries.outcome]
direction: "+"
unit: listed firms per 10,000 firms, drawn towards the country
missing: The area has too few firms, or too few listed ones to be shown.
exclusions:
  - Annulled entries.
  - Small cells are not shown, and no company is named as evidence.
assumptions:
  - A list shows enforcement as much as crime; it is no rate of infiltration.
  - The rate is drawn towards the country as if so many more firms of average rate were there.
  - It is computed from lists, so that it is never an input of a score.
settings:
  times:
    type: number
    default: 2
    unit: times the rate of the country
    minimum: 1
    maximum: 100
    description: A rate this many times that of the country, or higher, is flagged.
  lists:
    type: names
    default: ""
    description: Lists that count, by id; all when empty.
  prior_firms:
    type: integer
    default: 1000
    unit: firms
    minimum: 0
    maximum: 1000000
    description: Weight of the rate of the country, in firms.
  fewest_firms:
    type: integer
    default: 100
    unit: firms
    minimum: 10
    maximum: 1000000
    description: Firms that an area must have to be shown.
  fewest_listed:
    type: integer
    default: 5
    unit: firms
    minimum: 3
    maximum: 1000
    description: Listed firms that an area must have to be shown.
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
listed AS (
    SELECT DISTINCT list_entries.company_id AS company_id
    FROM list_entries
    WHERE coalesce(list_entries.outcome, 'active') NOT IN ('annulled', 'favourable')
        AND ($lists = '' OR list_contains(string_split($lists, ','), list_entries.list_id))
),
firms AS (
    SELECT
        companies.company_id AS company_id,
        companies.area_id AS area_id,
        CASE WHEN listed.company_id IS NOT NULL THEN 1 ELSE 0 END AS is_listed
    FROM companies
    LEFT JOIN listed
        ON listed.company_id = companies.company_id
    WHERE companies.kind = 'company' AND companies.area_id IS NOT NULL
),
country AS (
    SELECT
        CAST(sum(firms.is_listed) AS DOUBLE) / CAST(nullif(count(*), 0) AS DOUBLE) AS share
    FROM firms
),
counted AS (
    SELECT
        lines.area_id AS area_id,
        count(*) AS firms,
        CAST(sum(firms.is_listed) AS BIGINT) AS listed
    FROM lines
    INNER JOIN firms
        ON firms.area_id = lines.inside_id
    GROUP BY lines.area_id
),
judged AS (
    SELECT
        area.*,
        (CAST(counted.listed AS DOUBLE) + CAST($prior_firms AS DOUBLE) * country.share)
            / CAST(counted.firms + $prior_firms AS DOUBLE) * CAST(10000 AS DOUBLE) AS rate,
        country.share * CAST(10000 AS DOUBLE) * $times AS fence,
        CASE
            WHEN counted.area_id IS NULL THEN 'no firm of the area in the data'
            WHEN counted.firms < $fewest_firms THEN 'too few firms to be shown'
            WHEN counted.listed < $fewest_listed THEN 'too few listed firms to be shown'
        END AS obstacle
    FROM unit_areas AS area
    CROSS JOIN country
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
        WHEN rate >= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN rate END AS value,
    CASE WHEN obstacle IS NULL THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN rate >= fence THEN 'listed firms are frequent'
        ELSE 'listed firms are not frequent'
    END AS detail,
    ['areas:' || entity_id] AS evidence
FROM judged
