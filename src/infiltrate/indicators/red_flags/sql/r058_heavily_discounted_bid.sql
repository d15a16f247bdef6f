/*
code: R058
title: Heavily discounted bid
levels: [process, tenderer]
definition: >-
  The lowest losing valid bid lies above the winning one by a share that is at or above the
  threshold.
why: A winner far below everyone else may expect to be paid later, or the others did not mean to win.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R058
  - Open Contracting Partnership, Cardinal 0.0.8, R058
needs: [price_gaps, fences, submitted_tenderers]
unit: share of the winning bid
missing: There is no single award, no winner's bid or no other bid with a price.
exclusions:
  - Joint bids, processes with several awards or with an award that is not final.
  - Processes whose lowest valid bid did not win, since price alone did not decide.
  - Bids in several currencies (like Cardinal, those outside its main currency are dropped).
assumptions:
  - All bids of a process with one award compete for the same thing.
  - Without a threshold it is the upper fence of the data.
fences:
  - {level: process, relation: price_gaps, value: gap}
settings:
  threshold:
    type: number
    default: null
    unit: share
    minimum: 0
    maximum: 1000
    description: Share at or above which a process is flagged; the upper fence when empty.
*/
WITH fence AS (
    SELECT
        coalesce($threshold, fences.upper_fence) AS threshold,
        coalesce($threshold, fences.upper_fence, 0) > 0 AS is_usable
    FROM (SELECT 1 AS one) AS single
    LEFT JOIN fences ON fences.indicator = 'R058'
),
judged AS (
    SELECT
        price.process AS process,
        price.ocid AS ocid,
        price.winner_id AS winner_id,
        price.losing_amount AS losing_amount,
        price.gap AS gap,
        fence.threshold AS threshold,
        coalesce(price.obstacle, CASE WHEN NOT fence.is_usable THEN 'no usable fence' END)
            AS obstacle,
        coalesce(price.obstacle IS NULL AND fence.is_usable AND price.gap >= fence.threshold, FALSE)
            AS is_flag
    FROM price_gaps AS price
    CROSS JOIN fence
)
,
flagged_tenderers AS (
    SELECT
        judged.process AS process,
        judged.ocid AS ocid,
        judged.winner_id AS tenderer_id
    FROM judged
    WHERE judged.is_flag
)
,
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
    coalesce(judged.is_flag, FALSE) AS is_flag,
    CASE
        WHEN judged.is_flag THEN 'flag'
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        ELSE 'clear'
    END AS state,
    CASE WHEN judged.obstacle IS NULL OR judged.gap IS NOT NULL THEN judged.gap END AS value,
    judged.threshold AS threshold,
    judged.gap AS output,
    CASE
        WHEN judged.is_flag THEN 'far below the next bid'
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        ELSE 'not far below the next bid'
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
    CAST(0 AS DOUBLE) AS output,
    'won far below the next bid' AS detail,
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
    CAST(0 AS DOUBLE) AS output,
    CASE WHEN others.processes > 0 THEN 'no win far below the next bid' ELSE 'no process that can be judged' END
        AS detail,
    ['tenderers:' || others.tenderer_id] AS evidence
FROM others
