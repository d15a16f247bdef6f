/*
code: R025
title: Excessive unsuccessful bids
levels: [tenderer]
definition: Among the most active tenderers, the share of processes won is at or below the threshold.
why: A firm that keeps bidding and never wins may be there to make a tender look contested.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R025
  - Open Contracting Partnership, Cardinal 0.0.8, R025
needs: [tenderer_wins, fences]
unit: share of processes
missing: The tenderer made no valid bid alone in a process with a single final award.
exclusions:
  - Joint bids, processes with several awards or with an award that is not final.
  - Tenderers with fewer processes than the percentile of all tenderers are not judged.
assumptions:
  - A tenderer counts once per process however many bids it made.
  - Without a threshold it is the lower fence of the data, if that and the first quartile are above 0.
fences:
  - {level: tenderer, relation: tenderer_wins, value: win_share}
  - {level: activity, relation: tenderer_wins, value: processes, share: percentile}
settings:
  percentile:
    type: integer
    default: 75
    unit: percent
    minimum: 0
    maximum: 100
    description: Tenderers at or above this percentile of the number of processes are judged.
  threshold:
    type: number
    default: null
    unit: share
    minimum: 0
    maximum: 1
    description: Share at or below which a tenderer is flagged; the lower fence when empty.
*/
WITH fence AS (
    SELECT
        coalesce($threshold, win.lower_fence) AS threshold,
        coalesce($threshold, CASE WHEN win.q1 > 0 THEN win.lower_fence END, 0) > 0 AS is_usable,
        activity.q3 AS fewest_processes
    FROM (SELECT 1 AS one) AS single
    LEFT JOIN fences AS win ON win.indicator = 'R025' AND win.level = 'tenderer'
    LEFT JOIN fences AS activity
        ON activity.indicator = 'R025' AND activity.level = 'activity'
),
judged AS (
    SELECT
        wins.tenderer_id AS tenderer_id,
        wins.win_share AS win_share,
        fence.threshold AS threshold,
        CASE
            WHEN wins.processes < fence.fewest_processes THEN 'too few processes'
            WHEN NOT fence.is_usable THEN 'no usable fence'
        END AS obstacle
    FROM tenderer_wins AS wins
    CROSS JOIN fence
)
SELECT
    'tenderer' AS level,
    judged.tenderer_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    coalesce(judged.obstacle IS NULL AND judged.win_share <= judged.threshold, FALSE) AS is_flag,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        WHEN judged.win_share <= judged.threshold THEN 'flag'
        ELSE 'clear'
    END AS state,
    judged.win_share AS value,
    judged.threshold AS threshold,
    judged.win_share AS output,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        WHEN judged.win_share <= judged.threshold THEN 'bids often and seldom wins'
        ELSE 'wins as often as others'
    END AS detail,
    ['tenderers:' || judged.tenderer_id] AS evidence
FROM judged
