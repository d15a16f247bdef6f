/*
row: One row per submitted bid (any status but invited and withdrawn) of a process in scope.
needs: [ocds_bids, process_awards]
*/
SELECT
    bid.process AS process,
    bid.bid AS bid,
    bid.status AS status,
    bid.tenderers AS tenderers,
    bid.tenderer_id AS tenderer_id,
    bid.tenderer_id = process.winner_id AS is_by_winner,
    bid.joint_ids AS joint_ids,
    CASE
        WHEN NOT process.compares_prices OR bid.currency IS NULL THEN NULL
        WHEN $like_cardinal AND bid.is_amount_text THEN NULL
        WHEN NOT $like_cardinal AND bid.amount <= 0 THEN NULL
        ELSE bid.amount
    END AS amount,
    bid.currency AS currency,
    CASE
        WHEN bid.status <> 'valid' THEN NULL
        WHEN
            $like_cardinal
            OR (
                length(bid.submitted) >= 20
                AND length(bid.submitted) = length(process.period_end)
                AND substr(bid.submitted, 20) = substr(process.period_end, 20)
            )
            THEN bid.submitted > process.period_end
        WHEN bid.submitted_at IS NULL OR process.period_end_at IS NULL THEN NULL
        WHEN
            length(bid.submitted) > 10 AND length(process.period_end) > 10
            AND bid.submitted_has_zone = process.period_end_has_zone
            THEN bid.submitted_at > process.period_end_at
        ELSE substr(bid.submitted, 1, 10) > substr(process.period_end, 1, 10)
    END AS is_late
FROM ocds_bids AS bid
INNER JOIN process_awards AS process ON bid.process = process.process
WHERE
    process.obstacle IS NULL
    AND bid.status IS NOT NULL
    AND bid.status <> 'invited'
    AND bid.status <> 'withdrawn'
