/*
code: C43
title: Missing call by country
level: lot
definition: No call was published under a procedure where that is a level of risk in this country.
formula: >-
  level = that of the procedure where no call was published; flag if level >= flag_from.
why: Only the firms that the buyer tells can bid, and under some procedures that is no exception.
sources:
  - "Government Transparency Institute, ProACT (2020): no call interacted with the procedure"
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
ocp: []
needs: [tenders.call_published_on, tenders.procedure, risk_levels.level]
direction: "+"
unit: level of risk, 0 to 1
missing: The country has no levels, or the procedure is not recorded where the levels ask for it.
exclusions:
  - A source that never publishes the day of a call says nothing by not publishing it.
  - Without a call, a lot whose procedure is missing is not computable where levels depend on it.
assumptions:
  - A missing day of the call is a missing call, in a source that publishes such days.
  - A procedure that the levels do not name has no risk.
  - A lot without any date is judged by the levels that are still in force.
settings:
  stated_in:
    type: string
    values: [document, code]
    default: document
    description: Whether the cut-offs of the publisher's document or of its program are used.
  flag_from:
    type: number
    default: 0.5
    unit: level
    minimum: 0.01
    maximum: 1
    description: A level this high or higher is flagged.
*/
WITH published AS (
    SELECT lot.source_id AS source_id, count(lot.call_published_on) AS calls
    FROM unit_lots AS lot
    GROUP BY lot.source_id
),
levels AS (
    SELECT
        risk_levels.procedure AS procedure,
        risk_levels.level AS level,
        risk_levels.valid_from AS valid_from,
        coalesce(risk_levels.valid_to, make_date(9999, 12, 31)) AS valid_to
    FROM risk_levels
    WHERE risk_levels.component = 'missing_call' AND risk_levels.stated_in = $stated_in
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
        lot.call_published_on AS call_published_on,
        published.calls AS calls,
        in_force.valid_from AS levels_from,
        coalesce(named.level, others.level) AS level_without_call
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
),
judged AS (
    SELECT
        graded.*,
        CASE
            WHEN graded.call_published_on IS NOT NULL THEN CAST(0 AS DOUBLE)
            ELSE coalesce(graded.level_without_call, CAST(0 AS DOUBLE))
        END AS level,
        CASE
            WHEN graded.levels_from IS NULL THEN 'no levels for this country and day'
            WHEN graded.calls = 0 THEN 'the source publishes no day of a call'
            WHEN graded.call_published_on IS NULL
                AND graded.procedure IS NULL
                AND graded.level_without_call IS NULL
                THEN 'neither call nor procedure recorded'
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
        WHEN call_published_on IS NOT NULL THEN 'call published'
        WHEN level >= $flag_from THEN 'no call under a procedure where that is a risk'
        ELSE 'no call under a procedure where that is no risk'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
