/*
code: R028
title: Identical bid prices
levels: [process, tenderer]
definition: Two submitted bids of different tenderers have the same price in the same currency.
why: Independent bidders seldom arrive at the same amount; those who agree do.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R028
  - Open Contracting Partnership, Cardinal 0.0.8, R028
needs: [submitted_bids, submitted_tenderers, joint_bids, process_prices, scoped_processes]
unit: bids of one price
missing: Fewer than two bids have a price and a tenderer.
exclusions:
  - Procedures whose prices are not compared.
  - A firm and a joint bid that it is part of are not different tenderers (flagged like Cardinal).
assumptions:
  - Several bids of the same tenderers are alternatives, not a coincidence.
fences: []
settings: {}
*/
WITH twins AS (
    SELECT
        bid.process AS process,
        bid.amount AS amount,
        bid.currency AS currency
    FROM submitted_bids AS bid
    WHERE bid.amount IS NOT NULL
    GROUP BY bid.process, bid.amount, bid.currency
    HAVING count(*) > 1
),
members AS (
    SELECT
        bid.process AS process,
        bid.amount AS amount,
        bid.currency AS currency,
        bid.bid AS bid,
        bid.tenderer_id AS tenderer_id
    FROM submitted_bids AS bid
    INNER JOIN twins
        ON bid.process = twins.process AND bid.amount = twins.amount
        AND bid.currency = twins.currency
    WHERE bid.tenderer_id IS NOT NULL
    UNION ALL
    SELECT
        member.process AS process,
        member.amount AS amount,
        member.currency AS currency,
        member.bid AS bid,
        member.tenderer_id AS tenderer_id
    FROM joint_bids AS member
    INNER JOIN twins
        ON member.process = twins.process AND member.amount = twins.amount
        AND member.currency = twins.currency
),
together AS (
    SELECT
        member.process AS process,
        member.amount AS amount,
        member.currency AS currency,
        member.bid AS bid,
        list_sort(array_agg(member.tenderer_id)) AS tenderer_ids
    FROM members AS member
    GROUP BY member.process, member.amount, member.currency, member.bid
),
overlapping AS (
    SELECT DISTINCT
        first.process AS process,
        first.amount AS amount,
        first.currency AS currency,
        first.bid AS bid
    FROM together AS first
    INNER JOIN together AS second
        ON first.process = second.process AND first.amount = second.amount
        AND first.currency = second.currency
    WHERE
        first.tenderer_ids <> second.tenderer_ids
        AND ($like_cardinal OR NOT list_has_any(first.tenderer_ids, second.tenderer_ids))
),
flagged_processes AS (
    SELECT
        overlapping.process AS process,
        count(*) AS bids
    FROM overlapping
    GROUP BY overlapping.process
),
judged AS (
    SELECT
        process.process AS process,
        process.ocid AS ocid,
        coalesce(flagged.bids, 0) AS bids,
        CASE
            WHEN process.obstacle IS NOT NULL THEN process.obstacle
            WHEN NOT process.compares_prices THEN 'prices of this procedure are not compared'
            WHEN coalesce(price.priced, 0) < 2 THEN 'fewer than two bids with a price'
        END AS obstacle
    FROM scoped_processes AS process
    LEFT JOIN flagged_processes AS flagged ON process.process = flagged.process
    LEFT JOIN process_prices AS price ON process.process = price.process
),
flagged_tenderers AS (
    SELECT DISTINCT
        judged.ocid AS ocid,
        member.tenderer_id AS tenderer_id
    FROM members AS member
    INNER JOIN overlapping
        ON member.process = overlapping.process AND member.bid = overlapping.bid
    INNER JOIN judged ON member.process = judged.process
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
    coalesce(judged.bids > 0, FALSE) AS is_flag,
    CASE
        WHEN judged.bids > 0 THEN 'flag'
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        ELSE 'clear'
    END AS state,
    CASE WHEN judged.obstacle IS NULL THEN CAST(judged.bids AS DOUBLE) END AS value,
    CAST(2 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN judged.bids > 0 THEN 'different tenderers with one price'
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        ELSE 'no price twice'
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
    'same price as another tenderer' AS detail,
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
    CASE WHEN others.processes > 0 THEN 'no price in common' ELSE 'no process that can be judged' END
        AS detail,
    ['tenderers:' || others.tenderer_id] AS evidence
FROM others
