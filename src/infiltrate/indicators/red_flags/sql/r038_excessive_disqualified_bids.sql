/*
code: R038
title: Excessive disqualified bids
levels: [buyer, procuring_entity, tenderer]
definition: The share of submitted bids that were disqualified is at or above the threshold.
why: A buyer that strikes many bids may steer contracts; a tenderer struck often may bid for show.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R038
  - Open Contracting Partnership, Cardinal 0.0.8, R038
needs: [disqualified_shares, fences]
unit: share of submitted bids
missing: Fewer bids or processes than the minimum are recorded.
exclusions:
  - Tenderers with fewer submitted bids than the minimum.
  - >-
    Buyers and procuring entities with fewer processes with bids than the minimum (fewer bids, like
    Cardinal).
assumptions:
  - A joint bid counts for each of its tenderers.
  - Without a threshold it is the upper fence of the data of each level, if that is above 0.
fences:
  - {level: buyer, relation: disqualified_shares, value: disqualified_share}
  - {level: procuring_entity, relation: disqualified_shares, value: disqualified_share}
  - {level: tenderer, relation: disqualified_shares, value: disqualified_share}
settings:
  threshold:
    type: number
    default: null
    unit: share
    minimum: 0
    maximum: 1
    description: Share at or above which a unit is flagged; the upper fence when empty.
  minimum_submitted_bids:
    type: integer
    default: 2
    unit: bids
    minimum: 0
    maximum: 1000000
    description: Tenderers with fewer submitted bids are not judged.
  minimum_contracting_processes:
    type: integer
    default: 2
    unit: processes
    minimum: 0
    maximum: 1000000
    description: Buyers and procuring entities with fewer processes with bids are not judged.
*/
WITH judged AS (
    SELECT
        share.level AS level,
        share.entity_id AS entity_id,
        share.disqualified_share AS disqualified_share,
        coalesce($threshold, fences.upper_fence) AS threshold,
        CASE
            WHEN share.is_too_few AND share.level = 'tenderer' THEN 'too few submitted bids'
            WHEN share.is_too_few THEN 'too few processes'
            WHEN NOT coalesce($threshold, fences.upper_fence, 0) > 0 THEN 'no usable fence'
        END AS obstacle
    FROM disqualified_shares AS share
    LEFT JOIN fences ON fences.indicator = 'R038' AND share.level = fences.level
)
SELECT
    judged.level AS level,
    judged.entity_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    coalesce(judged.obstacle IS NULL AND judged.disqualified_share >= judged.threshold, FALSE) AS is_flag,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        WHEN judged.disqualified_share >= judged.threshold THEN 'flag'
        ELSE 'clear'
    END AS state,
    judged.disqualified_share AS value,
    judged.threshold AS threshold,
    judged.disqualified_share AS output,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        WHEN judged.disqualified_share >= judged.threshold THEN 'many bids disqualified'
        ELSE 'no more bids disqualified than elsewhere'
    END AS detail,
    [judged.level || ':' || judged.entity_id] AS evidence
FROM judged
