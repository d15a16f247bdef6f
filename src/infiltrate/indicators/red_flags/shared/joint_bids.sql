/*
row: One row per submitted bid of several tenderers and tenderer with an identifier.
needs: [submitted_bids]
*/
WITH named AS (
    SELECT
        bid.process AS process,
        bid.bid AS bid,
        bid.status AS status,
        unnest(bid.joint_ids) AS tenderer_id,
        bid.amount AS amount,
        bid.currency AS currency,
        bid.is_late AS is_late
    FROM submitted_bids AS bid
    WHERE bid.tenderers > 1
)
SELECT DISTINCT
    named.process AS process,
    named.bid AS bid,
    named.status AS status,
    named.tenderer_id AS tenderer_id,
    named.amount AS amount,
    named.currency AS currency,
    named.is_late AS is_late
FROM named
WHERE named.tenderer_id IS NOT NULL
