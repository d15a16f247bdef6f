/*
row: The one currency that prices are compared in; missing when each process has its own.
needs: [submitted_bids, process_awards]
*/
WITH seen AS (
    SELECT
        bid.process AS process,
        1 AS step,
        bid.bid AS bid,
        bid.currency AS currency
    FROM submitted_bids AS bid
    INNER JOIN process_awards AS award ON bid.process = award.process
    WHERE
        $like_cardinal
        AND $measures_gaps
        AND bid.amount IS NOT NULL
        AND bid.status = 'valid'
        AND bid.tenderer_id IS NOT NULL
        AND award.winner_id IS NOT NULL
    UNION ALL
    SELECT
        bid.process AS process,
        2 AS step,
        bid.bid AS bid,
        bid.currency AS currency
    FROM submitted_bids AS bid
    INNER JOIN process_awards AS award ON bid.process = award.process
    WHERE $like_cardinal AND bid.amount IS NOT NULL AND award.active > 0
),
first_seen AS (
    SELECT seen.currency AS currency
    FROM seen
    ORDER BY seen.process, seen.step, seen.bid
    LIMIT 1
)
SELECT
    CASE
        WHEN $currency <> '' THEN $currency
        ELSE (SELECT first_seen.currency AS currency FROM first_seen)
    END AS currency
