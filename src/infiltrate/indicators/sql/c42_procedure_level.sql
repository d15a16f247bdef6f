/*
code: C42
title: Procedure by country
level: lot
definition: The procedure has a level of risk in this country.
formula: >-
  level = that of the procedure; flag if level >= flag_from.
why: >-
  Which procedures go with single bidding differs between countries and was found from their data.
sources:
  - "Government Transparency Institute, ProACT (2020): procedures by country, in document and code"
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - DIGIWHIST, opentender.eu (2022), indicators of integrity
ocp: []
needs: [tenders.procedure, risk_levels.level]
direction: "+"
unit: level of risk, 0 to 1
missing: The country has no levels, or they give a missing procedure none.
exclusions:
  - A procedure that the levels do not name is not computable.
  - A source that never publishes the procedure says nothing by not publishing it.
assumptions:
  - The national procedures were mapped to the canonical ones by their legal meaning.
  - A lot without any date is judged by the levels that are still in force.
settings:
  stated_in:
    type: string
    values: [document, code]
    default: document
    description: Whether the cut-offs of the publisher's document or of its program are used.
  count_missing:
    type: boolean
    default: true
    description: Whether a missing value has the level that the cut-offs give it.
  flag_from:
    type: number
    default: 0.5
    unit: level
    minimum: 0.01
    maximum: 1
    description: A level this high or higher is flagged.
*/
WITH published AS (
    SELECT lot.source_id AS source_id, count(lot.procedure) AS procedures
    FROM unit_lots AS lot
    GROUP BY lot.source_id
),
levels AS (
    SELECT
        risk_levels.procedure AS procedure,
        risk_levels.is_missing AS is_missing,
        risk_levels.level AS level,
        risk_levels.valid_from AS valid_from,
        coalesce(risk_levels.valid_to, make_date(9999, 12, 31)) AS valid_to
    FROM risk_levels
    WHERE risk_levels.component = 'procedure' AND risk_levels.stated_in = $stated_in
),
in_force AS (
    SELECT levels.valid_from AS valid_from, levels.valid_to AS valid_to
    FROM levels
    GROUP BY levels.valid_from, levels.valid_to
),
graded AS (
    SELECT
        lot.entity_id AS entity_id,
        lot.buyer_id AS buyer_id,
        lot.company_id AS company_id,
        lot.on_date AS on_date,
        lot.procedure AS procedure,
        published.procedures AS procedures,
        in_force.valid_from AS levels_from,
        CASE
            WHEN lot.procedure IS NULL THEN missing.level
            ELSE coalesce(named.level, others.level)
        END AS level
    FROM unit_lots AS lot
    INNER JOIN published
        ON published.source_id = lot.source_id
    LEFT JOIN in_force
        ON in_force.valid_from <= coalesce(lot.on_date, make_date(9999, 12, 31))
        AND in_force.valid_to >= coalesce(lot.on_date, make_date(9999, 12, 31))
    LEFT JOIN levels AS named
        ON named.valid_from = in_force.valid_from
        AND named.procedure = lot.procedure
    LEFT JOIN levels AS others
        ON others.valid_from = in_force.valid_from
        AND others.procedure = 'any'
    LEFT JOIN levels AS missing
        ON missing.valid_from = in_force.valid_from
        AND missing.is_missing
        AND $count_missing
),
judged AS (
    SELECT
        graded.*,
        CASE
            WHEN graded.levels_from IS NULL THEN 'no levels for this country and day'
            WHEN graded.procedures = 0 THEN 'the source publishes no procedure'
            WHEN graded.procedure IS NULL AND graded.level IS NULL THEN 'procedure missing'
            WHEN graded.level IS NULL THEN 'procedure not named by the levels'
        END AS obstacle
    FROM graded
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN level >= $flag_from THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN level END AS value,
    CAST($flag_from AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN procedure IS NULL AND level >= $flag_from
            THEN 'procedure missing, which counts as risk'
        WHEN procedure IS NULL THEN 'procedure missing, which counts as no risk'
        WHEN level >= $flag_from THEN 'a risky procedure here'
        ELSE 'a procedure without risk here'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
