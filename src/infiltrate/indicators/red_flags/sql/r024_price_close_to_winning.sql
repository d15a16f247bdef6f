/*
code: R024
title: Price close to winning
levels: [process, tenderer]
definition: >-
  The lowest losing valid bid lies above the winning one by a share that is at or below the
  threshold.
why: Bids that nearly touch suggest that the loser knew the winner's price, or set it.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R024
  - Open Contracting Partnership, Cardinal 0.0.8, R024
needs: [price_gaps, fences, submitted_bids, main_currency, submitted_tenderers]
unit: share of the winning bid
missing: There is no single award, no winner's bid or no other bid with a price.
exclusions:
  - Joint bids, processes with several awards or with an award that is not final.
  - Processes whose lowest valid bid did not win, since price alone did not decide.
  - Bids in several currencies (like Cardinal, those outside its main currency are dropped).
assumptions:
  - All bids of a process with one award compete for the same thing.
  - Without a threshold it is the lower fence of the data, if that and the first quartile are above 0.
fences:
  - {level: process, relation: price_gaps, value: gap}
settings:
  threshold:
    type: number
    default: null
    unit: share
    minimum: 0
    maximum: 100
    description: Share at or below which a process is flagged; the lower fence when empty.
*/
WITH fence AS (
    SELECT
        coalesce($threshold, fences.lower_fence) AS threshold,
        coalesce($threshold, CASE WHEN fences.q1 > 0 THEN fences.lower_fence END, 0) > 0 AS is_usable
    FROM (SELECT 1 AS one) AS single
    LEFT JOIN fences ON fences.indicator = 'R024'
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
        coalesce(price.obstacle IS NULL AND fence.is_usable AND price.gap <= fence.threshold, FALSE)
            AS is_flag
    FROM price_gaps AS price
    CROSS JOIN fence
)
,
runners_up AS (
    SELECT
        judged.process AS process,
        bid.tenderer_id AS tenderer_id,
        row_number() OVER (PARTITION BY judged.process ORDER BY bid.bid) AS place
    FROM judged
    CROSS JOIN main_currency AS main
    INNER JOIN submitted_bids AS bid
        ON judged.process = bid.process AND judged.losing_amount = bid.amount
    WHERE
        judged.is_flag
        AND bid.status = 'valid'
        AND bid.tenderer_id <> judged.winner_id
        AND (main.currency IS NULL OR bid.currency = main.currency)
),
flagged_tenderers AS (
    SELECT
        judged.process AS process,
        judged.ocid AS ocid,
        judged.winner_id AS tenderer_id
    FROM judged
    WHERE judged.is_flag
    UNION ALL
    SELECT
        judged.process AS process,
        judged.ocid AS ocid,
        runner_up.tenderer_id AS tenderer_id
    FROM judged
    INNER JOIN runners_up AS runner_up ON judged.process = runner_up.process
    WHERE runner_up.place = 1
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
        WHEN judged.is_flag THEN 'close to the winning price'
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        ELSE 'not close to the winning price'
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
    'winner or runner-up of a process with close prices' AS detail,
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
    CASE WHEN others.processes > 0 THEN 'no process with close prices' ELSE 'no process that can be judged' END
        AS detail,
    ['tenderers:' || others.tenderer_id] AS evidence
FROM others
