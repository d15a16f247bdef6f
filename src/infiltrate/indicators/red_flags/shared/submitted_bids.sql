/*
row: One row per submitted bid (any status but invited and withdrawn) of a process in scope.
needs: [ocds_bids, scoped_processes]
*/
SELECT
    bid.process AS process,
    bid.bid AS bid,
    bid.status AS status,
    bid.tenderers AS tenderers,
    bid.tenderer_id AS tenderer_id,
    CASE
        WHEN NOT process.compares_prices OR bid.currency IS NULL THEN NULL
        WHEN $like_cardinal AND bid.is_amount_text THEN NULL
        WHEN NOT $like_cardinal AND bid.amount <= 0 THEN NULL
        ELSE bid.amount
    END AS amount,
    bid.currency AS currency
FROM ocds_bids AS bid
INNER JOIN scoped_processes AS process ON bid.process = process.process
WHERE
    process.obstacle IS NULL
    AND bid.status IS NOT NULL
    AND bid.status <> 'invited'
    AND bid.status <> 'withdrawn'
