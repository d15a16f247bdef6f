/*
code: R030
title: Late bid won
levels: [process, tenderer]
definition: A valid bid that came after the deadline belongs to a supplier of an active award.
why: A bid accepted late could be written knowing the others.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R030
  - Open Contracting Partnership, Cardinal 0.0.8, R030
needs:
  - ocds_bids
  - submitted_bids
  - ocds_bid_tenderers
  - ocds_award_suppliers
  - scoped_processes
  - submitted_tenderers
unit: late bids
missing: The deadline, or the date of every bid of a winner, is not recorded or cannot be read.
exclusions:
  - When bid and deadline differ in having a time zone or a time, they are compared by day.
assumptions:
  - A bid on the day of a deadline without time is in time.
  - Dates are compared as instants (as text, like Cardinal).
fences: []
settings: {}
*/
WITH winning AS (
    SELECT DISTINCT
        bid.process AS process,
        bid.bid AS bid,
        coalesce(member.tenderer_id, bid.tenderer_id) AS tenderer_id
    FROM submitted_bids AS bid
    LEFT JOIN ocds_bid_tenderers AS member
        ON bid.process = member.process AND bid.bid = member.bid AND bid.tenderers > 1
    INNER JOIN ocds_award_suppliers AS supplier
        ON bid.process = supplier.process
        AND coalesce(member.tenderer_id, bid.tenderer_id) = supplier.supplier_id
    WHERE bid.status = 'valid' AND supplier.status = 'active'
),
dated AS (
    SELECT
        winning.process AS process,
        winning.tenderer_id AS tenderer_id,
        CASE
            WHEN $like_cardinal THEN bid.submitted > process.period_end
            WHEN bid.submitted_at IS NULL OR process.period_end_at IS NULL THEN NULL
            WHEN bid.submitted_has_zone AND process.period_end_has_zone
                THEN bid.submitted_at > process.period_end_at
            WHEN
                length(bid.submitted) > 10 AND length(process.period_end) > 10
                AND bid.submitted_has_zone = process.period_end_has_zone
                THEN bid.submitted_at > process.period_end_at
            ELSE substr(bid.submitted, 1, 10) > substr(process.period_end, 1, 10)
        END AS is_late
    FROM winning
    INNER JOIN ocds_bids AS bid ON winning.process = bid.process AND winning.bid = bid.bid
    INNER JOIN scoped_processes AS process ON winning.process = process.process
),
late AS (
    SELECT
        dated.process AS process,
        sum(CASE WHEN dated.is_late THEN 1 ELSE 0 END) AS late_bids,
        sum(CASE WHEN dated.is_late IS NULL THEN 0 ELSE 1 END) AS dated_bids
    FROM dated
    GROUP BY dated.process
),
judged AS (
    SELECT
        process.process AS process,
        process.ocid AS ocid,
        coalesce(late.late_bids, 0) AS late_bids,
        CASE
            WHEN process.obstacle IS NOT NULL THEN process.obstacle
            WHEN process.period_end IS NULL THEN 'deadline not recorded'
            WHEN late.process IS NULL THEN 'no valid bid of a supplier'
            WHEN late.dated_bids = 0 THEN 'dates not recorded or not readable'
        END AS obstacle
    FROM scoped_processes AS process
    LEFT JOIN late ON process.process = late.process
),
flagged_tenderers AS (
    SELECT DISTINCT
        judged.ocid AS ocid,
        dated.tenderer_id AS tenderer_id
    FROM dated
    INNER JOIN judged ON dated.process = judged.process
    WHERE dated.is_late
),
tenderers AS (
    SELECT
        bidder.tenderer_id AS tenderer_id,
        sum(CASE WHEN judged.obstacle IS NULL THEN 1 ELSE 0 END) AS processes,
        max(coalesce(flagged.flags, 0)) AS flags
    FROM submitted_tenderers AS bidder
    INNER JOIN judged ON bidder.process = judged.process
    LEFT JOIN (
        SELECT
            flagged_tenderers.tenderer_id AS tenderer_id,
            count(*) AS flags
        FROM flagged_tenderers
        GROUP BY flagged_tenderers.tenderer_id
    ) AS flagged ON bidder.tenderer_id = flagged.tenderer_id
    GROUP BY bidder.tenderer_id
)
SELECT
    'process' AS level,
    judged.ocid AS entity_id,
    judged.process AS process,
    CASE
        WHEN judged.late_bids > 0 THEN 'flag'
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        ELSE 'clear'
    END AS state,
    CASE WHEN judged.obstacle IS NULL THEN CAST(judged.late_bids AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN judged.late_bids > 0 THEN 'the winner bid after the deadline'
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        ELSE 'the winner bid in time'
    END AS detail,
    ['processes:' || judged.ocid] AS evidence
FROM judged
UNION ALL
SELECT
    'tenderer' AS level,
    tenderer.tenderer_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    CASE
        WHEN tenderer.flags > 0 THEN 'flag'
        WHEN tenderer.processes > 0 THEN 'clear'
        ELSE 'not_computable'
    END AS state,
    CASE WHEN tenderer.processes > 0 THEN CAST(tenderer.flags AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN tenderer.flags > 0 THEN 'won with a late bid'
        WHEN tenderer.processes > 0 THEN 'no late bid won'
        ELSE 'no process that can be judged'
    END AS detail,
    (
        SELECT list_sort(array_agg('processes:' || flagged.ocid))
        FROM flagged_tenderers AS flagged
        WHERE flagged.tenderer_id = tenderer.tenderer_id
    ) AS evidence
FROM tenderers AS tenderer
