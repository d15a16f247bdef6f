/*
row: One row per submitted bid of several tenderers and tenderer with an identifier.
needs: [submitted_bids, ocds_joint_bidders]
*/
SELECT
    bid.process AS process,
    bid.bid AS bid,
    bid.status AS status,
    member.tenderer_id AS tenderer_id,
    bid.amount AS amount,
    bid.currency AS currency,
    bid.is_late AS is_late
FROM submitted_bids AS bid
INNER JOIN ocds_joint_bidders AS member
    ON bid.process = member.process AND bid.bid = member.bid
