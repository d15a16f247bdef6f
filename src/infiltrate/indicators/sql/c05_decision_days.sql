/*
code: C05
title: Short decision period
level: lot
definition: The days from the deadline for bids to the award are few.
formula: >-
  days = award - deadline; flag if days <= short_days.
why: An award made almost at once may have been decided before the bids were opened.
sources:
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - "Government Transparency Institute, ProACT (2022): cut-offs differ widely between countries"
ocp: []
needs: [tenders.deadline_on, tenders.award_on]
direction: "-"
unit: days
missing: The deadline or the day of the award is not recorded.
exclusions:
  - An award before the deadline, or too long after it, is taken as a wrong date.
assumptions:
  - Days are calendar days.
  - The default is the cut-off published for Chile, Indonesia, Kenya and Mexico; calibrate it.
settings:
  short_days:
    type: integer
    default: 8
    unit: days
    minimum: 0
    maximum: 365
    description: A period of this many days or fewer is flagged.
  longest_days:
    type: integer
    default: 365
    unit: days
    minimum: 30
    maximum: 3650
    description: A longer period is taken as a wrong date; 730 in some countries.
*/
WITH measured AS (
    SELECT
        lot.*,
        date_diff('day', lot.deadline_on, lot.award_on) AS days
    FROM unit_lots AS lot
),
judged AS (
    SELECT
        measured.*,
        CASE
            WHEN measured.deadline_on IS NULL THEN 'deadline not recorded'
            WHEN measured.award_on IS NULL THEN 'day of the award not recorded'
            WHEN measured.days < 0 THEN 'award before the deadline'
            WHEN measured.days > $longest_days THEN 'period too long to be true'
        END AS obstacle
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN days <= $short_days THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(days AS DOUBLE) END AS value,
    CAST($short_days AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN days <= $short_days THEN 'decided soon after the deadline'
        ELSE 'decided after a normal time'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
