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
  - submitted_bids
  - joint_bids
  - active_suppliers
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
WITH named AS (
    SELECT
        bid.process AS process,
        bid.tenderer_id AS tenderer_id,
        bid.is_late AS is_late
    FROM submitted_bids AS bid
    WHERE bid.status = 'valid' AND bid.tenderer_id IS NOT NULL
    UNION ALL
    SELECT
        member.process AS process,
        member.tenderer_id AS tenderer_id,
        member.is_late AS is_late
    FROM joint_bids AS member
    WHERE member.status = 'valid'
),
dated AS (
    SELECT
        named.process AS process,
        named.tenderer_id AS tenderer_id,
        named.is_late AS is_late
    FROM named
    INNER JOIN active_suppliers AS supplier
        ON named.process = supplier.process AND named.tenderer_id = supplier.supplier_id
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
flags AS (
    SELECT
        flagged_tenderers.tenderer_id AS tenderer_id,
        count(*) AS flags,
        list_sort(array_agg('processes:' || flagged_tenderers.ocid)) AS evidence
    FROM flagged_tenderers
    GROUP BY flagged_tenderers.tenderer_id
),
others AS (
    SELECT
        bidder.tenderer_id AS tenderer_id,
        sum(CASE WHEN judged.obstacle IS NULL THEN 1 ELSE 0 END) AS processes
    FROM submitted_tenderers AS bidder
    INNER JOIN judged ON bidder.process = judged.process
    LEFT JOIN flags ON bidder.tenderer_id = flags.tenderer_id
    WHERE flags.tenderer_id IS NULL
    GROUP BY bidder.tenderer_id
)
SELECT
    'process' AS level,
    judged.ocid AS entity_id,
    judged.process AS process,
    coalesce(judged.late_bids > 0, FALSE) AS is_flag,
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
    flags.tenderer_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    TRUE AS is_flag,
    'flag' AS state,
    CAST(flags.flags AS DOUBLE) AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    'won with a late bid' AS detail,
    flags.evidence AS evidence
FROM flags
UNION ALL
SELECT
    'tenderer' AS level,
    others.tenderer_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    FALSE AS is_flag,
    CASE WHEN others.processes > 0 THEN 'clear' ELSE 'not_computable' END AS state,
    CASE WHEN others.processes > 0 THEN CAST(0 AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE WHEN others.processes > 0 THEN 'no late bid won' ELSE 'no process that can be judged' END
        AS detail,
    ['tenderers:' || others.tenderer_id] AS evidence
FROM others
