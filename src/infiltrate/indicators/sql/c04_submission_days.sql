/*
code: C04
title: Short submission period
level: lot
definition: The days from the first call to the deadline for bids are few.
formula: >-
  days = deadline - call; flag if days <= short_days.
why: Too little time to prepare a bid favours the firm that knew of the tender beforehand.
sources:
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - Government Transparency Institute, ProACT (2022)
  - "Open Contracting Partnership, Cardinal, R003: fewer than 15 days"
ocp: [R003]
needs: [tenders.call_published_on, tenders.deadline_on]
direction: "+"
unit: days
missing: The day of the call or of the deadline is not recorded.
exclusions:
  - A deadline on or before the day of the call, or too far after it, is taken as a wrong date.
assumptions:
  - Days are calendar days; the hour of the deadline is not known.
settings:
  short_days:
    type: integer
    default: 14
    unit: days
    minimum: 1
    maximum: 365
    description: A period of this many days or fewer is flagged.
  longest_days:
    type: integer
    default: 365
    unit: days
    minimum: 30
    maximum: 3650
    description: A longer period is taken as a wrong date.
*/
WITH measured AS (
    SELECT
        lot.*,
        date_diff('day', lot.call_published_on, lot.deadline_on) AS days
    FROM unit_lots AS lot
),
judged AS (
    SELECT
        measured.*,
        CASE
            WHEN measured.call_published_on IS NULL THEN 'day of the call not recorded'
            WHEN measured.deadline_on IS NULL THEN 'deadline not recorded'
            WHEN measured.days <= 0 THEN 'deadline not after the call'
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
        WHEN days <= $short_days THEN 'short time to prepare a bid'
        ELSE 'enough time to prepare a bid'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
