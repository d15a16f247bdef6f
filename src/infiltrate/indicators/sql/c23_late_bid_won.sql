/*
code: C23
title: Late bid won
level: lot
definition: The winning bid came after the deadline.
formula: >-
  late by the clock where the source tells it, else by days; flag if a winning bid is late.
why: A bid accepted late could be written knowing the others.
sources:
  - Open Contracting Partnership, Cardinal, R030
ocp: [R030]
needs: [bids.submitted_on, bids.is_late, bids.is_winner, bids.status, tenders.deadline_on]
direction: "+"
unit: days after the deadline
missing: The deadline or the day of the winning bid is not recorded.
exclusions:
  - A winning bid that is said to be disqualified is not looked at.
assumptions:
  - >-
      Where the source tells the hours, the reader compares them as instants, each in its own zone,
      and fills is_late.
  - Without hours a bid on the very day of the deadline is in time.
settings: {}
*/
WITH winning AS (
    SELECT
        bids.tender_id AS tender_id,
        bids.lot_id AS lot_id,
        bids.company_id AS company_id,
        bids.submitted_on AS submitted_on,
        bids.is_late AS is_late
    FROM bids
    WHERE bids.is_winner AND coalesce(bids.status, 'unknown') IN ('valid', 'unknown')
),
compared AS (
    SELECT
        lot.entity_id AS entity_id,
        winning.company_id AS winner_id,
        date_diff('day', lot.deadline_on, winning.submitted_on) AS days_late,
        coalesce(winning.is_late, winning.submitted_on > lot.deadline_on) AS is_late
    FROM unit_lots AS lot
    INNER JOIN winning
        ON winning.tender_id = lot.tender_id
        AND winning.lot_id = lot.lot_id
),
summed AS (
    SELECT
        compared.entity_id AS entity_id,
        count(CASE WHEN compared.is_late THEN 1 END) AS late_bids,
        count(CASE WHEN compared.is_late IS NULL THEN 1 END) AS undecided,
        max(CASE
            WHEN compared.is_late AND compared.days_late > 0 THEN compared.days_late
            ELSE 0
        END) AS days_late,
        min(CASE WHEN compared.is_late THEN compared.winner_id END) AS late_id
    FROM compared
    GROUP BY compared.entity_id
),
judged AS (
    SELECT
        lot.*,
        summed.late_id AS late_id,
        summed.days_late AS days_late,
        summed.late_bids AS late_bids,
        CASE
            WHEN summed.entity_id IS NULL THEN 'no winning bid on record'
            WHEN summed.late_bids > 0 THEN NULL
            WHEN lot.deadline_on IS NULL AND summed.undecided > 0 THEN 'deadline not recorded'
            WHEN summed.undecided > 0 THEN 'day of the winning bid not recorded'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN summed
        ON summed.entity_id = lot.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN late_bids > 0 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(days_late AS DOUBLE) END AS value,
    CAST(0 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN late_bids > 0 THEN 'the winner bid after the deadline'
        ELSE 'the winner bid in time'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND late_bids > 0
            THEN ['bids:' || entity_id || '/' || late_id, 'tenders:' || entity_id]
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
