/*
code: R035
title: All but winner disqualified
levels: [process, tenderer]
definition: >-
  Only the winner has a valid bid, and at least as many other tenderers as the threshold were
  disqualified.
why: Striking every rival from the list gives the contract to one firm while it looks contested.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R035
  - Open Contracting Partnership, Cardinal 0.0.8, R035
needs: [process_awards, process_prices, submitted_tenderers, joint_bids, active_suppliers]
unit: disqualified tenderers
missing: No bids or awards are recorded, or an award is not final.
exclusions:
  - Processes with several tenderers with valid bids, or suppliers that made no valid bid.
assumptions:
  - A tenderer with both a valid and a disqualified bid counts as valid.
fences: []
settings:
  threshold:
    type: integer
    default: 1
    unit: tenderers
    minimum: 0
    maximum: 1000
    description: Disqualified tenderers from which a process is flagged; 0 is taken as 1.
*/
WITH struck AS (
    SELECT DISTINCT tenderer.process AS process
    FROM submitted_tenderers AS tenderer
    WHERE tenderer.disqualified > 0 AND tenderer.valid = 0
),
rivals AS (
    SELECT
        tenderer.process AS process,
        sum(CASE WHEN tenderer.valid > 0 THEN 1 ELSE 0 END) AS valid,
        min(CASE WHEN tenderer.valid > 0 THEN tenderer.tenderer_id END) AS valid_id,
        sum(CASE WHEN tenderer.disqualified > 0 AND tenderer.valid = 0 THEN 1 ELSE 0 END)
            AS disqualified
    FROM submitted_tenderers AS tenderer
    INNER JOIN struck ON tenderer.process = struck.process
    GROUP BY tenderer.process
),
joint AS (
    SELECT DISTINCT bid.process AS process
    FROM joint_bids AS bid
),
supplied AS (
    SELECT DISTINCT supplier.process AS process
    FROM active_suppliers AS supplier
),
suppliers AS (
    SELECT
        supplier.process AS process,
        min(supplier.supplier_id) AS first_id,
        max(supplier.supplier_id) AS last_id
    FROM active_suppliers AS supplier
    INNER JOIN struck ON supplier.process = struck.process
    GROUP BY supplier.process
),
judged AS (
    SELECT
        award.process AS process,
        award.ocid AS ocid,
        rivals.valid_id AS winner_id,
        coalesce(rivals.disqualified, 0) AS disqualified,
        CASE
            WHEN award.obstacle_to_final IS NOT NULL THEN award.obstacle_to_final
            WHEN supplied.process IS NULL THEN 'no active award with a supplier'
            WHEN coalesce(price.named, 0) = 0 AND joint.process IS NULL
                THEN 'no bid with its tenderer'
        END AS obstacle,
        coalesce(
            award.obstacle_to_final IS NULL
            AND rivals.valid = 1
            AND rivals.valid_id = suppliers.first_id
            AND rivals.valid_id = suppliers.last_id
            AND rivals.disqualified >= $threshold
            AND rivals.disqualified >= 1,
            FALSE
        ) AS is_flag
    FROM process_awards AS award
    LEFT JOIN process_prices AS price ON award.process = price.process
    LEFT JOIN joint ON award.process = joint.process
    LEFT JOIN rivals ON award.process = rivals.process
    LEFT JOIN supplied ON award.process = supplied.process
    LEFT JOIN suppliers ON award.process = suppliers.process
),
flagged_tenderers AS (
    SELECT
        judged.ocid AS ocid,
        judged.winner_id AS tenderer_id
    FROM judged
    WHERE judged.is_flag
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
    coalesce(judged.is_flag, FALSE) AS is_flag,
    CASE
        WHEN judged.is_flag THEN 'flag'
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        ELSE 'clear'
    END AS state,
    CASE WHEN judged.obstacle IS NULL THEN CAST(judged.disqualified AS DOUBLE) END AS value,
    CAST($threshold AS DOUBLE) AS threshold,
    CAST(judged.disqualified AS DOUBLE) AS output,
    CASE
        WHEN judged.is_flag THEN 'only the winner was not disqualified'
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        ELSE 'others had valid bids, or none was disqualified'
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
    'won after all others were disqualified' AS detail,
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
    CASE WHEN others.processes > 0 THEN 'no win after all others were disqualified' ELSE 'no process that can be judged' END
        AS detail,
    ['tenderers:' || others.tenderer_id] AS evidence
FROM others
