/*
row: One row per process and tenderer of a submitted bid.
needs: [submitted_bids, joint_bids]
*/
WITH named AS (
    SELECT
        bid.process AS process,
        bid.tenderer_id AS tenderer_id,
        bid.status AS status,
        1 AS is_alone
    FROM submitted_bids AS bid
    WHERE bid.tenderer_id IS NOT NULL
    UNION ALL
    SELECT
        member.process AS process,
        member.tenderer_id AS tenderer_id,
        member.status AS status,
        0 AS is_alone
    FROM joint_bids AS member
)
SELECT
    named.process AS process,
    named.tenderer_id AS tenderer_id,
    count(*) AS submitted,
    sum(CASE WHEN named.status = 'disqualified' THEN 1 ELSE 0 END) AS disqualified,
    sum(CASE WHEN named.status = 'valid' THEN 1 ELSE 0 END) AS valid,
    sum(CASE WHEN named.status = 'valid' THEN named.is_alone ELSE 0 END) AS valid_alone
FROM named
GROUP BY named.process, named.tenderer_id
