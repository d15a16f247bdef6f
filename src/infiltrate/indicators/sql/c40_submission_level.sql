/*
code: C40
title: Submission period by country
level: lot
definition: The days from the first call to the deadline have a level of risk in this country.
formula: >-
  days = deadline - call; level = that of the range of the days; flag if level >= flag_from.
why: What is too short, and sometimes too long, differs between countries and was found from their data.
sources:
  - "Government Transparency Institute, ProACT (2020): cut-offs by country, in document and code"
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - DIGIWHIST, opentender.eu (2022), indicators of integrity
ocp: []
needs: [tenders.call_published_on, tenders.deadline_on, risk_levels.level]
direction: "+"
unit: level of risk, 0 to 1
missing: The country has no cut-offs, or they give a missing period for bids no level.
exclusions:
  - A period for bids in no range of the cut-offs is not computable.
  - A source that never publishes both days says nothing by not publishing them.
assumptions:
  - "A deadline on or before the day of the call is a wrong date, taken as missing."
  - A lot without any date is judged by the cut-offs that are still in force.
  - The cut-offs were found on tenders of 2009 to 2020; later ones may have drifted.
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
  longest_days:
    type: integer
    default: 365
    unit: days
    minimum: 30
    maximum: 3650
    description: A longer period for bids is taken as missing.
*/
WITH measured AS (
    SELECT
        lot.entity_id AS entity_id,
        lot.buyer_id AS buyer_id,
        lot.company_id AS company_id,
        lot.on_date AS on_date,
        lot.source_id AS source_id,
        'submission_days' AS component,
        CASE
            WHEN date_diff('day', lot.call_published_on, lot.deadline_on) > 0
                AND date_diff('day', lot.call_published_on, lot.deadline_on)
                    <= $longest_days
                THEN date_diff('day', lot.call_published_on, lot.deadline_on)
        END AS days
    FROM unit_lots AS lot
),
/* period_levels: steps/period_levels.sql */
judged AS (
    SELECT
        period_levels.*,
        CASE
            WHEN period_levels.cut_offs_from IS NULL THEN 'no cut-offs for this country and day'
            WHEN period_levels.periods = 0 THEN 'the source publishes no period for bids'
            WHEN period_levels.days IS NULL AND period_levels.level IS NULL THEN 'period for bids missing'
            WHEN period_levels.level IS NULL THEN 'period for bids in no range of the cut-offs'
        END AS obstacle
    FROM period_levels
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
        WHEN days IS NULL AND level >= $flag_from THEN 'period for bids missing, which counts as risk'
        WHEN days IS NULL THEN 'period for bids missing, which counts as no risk'
        WHEN level >= $flag_from THEN 'period for bids of a risky length'
        ELSE 'period for bids of a normal length'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
