/*
How far the lowest losing valid bid lies above the winning one, as a share of the winning bid: one
row per lot. `obstacle` says why the lot has no such gap, or is left out. Uses the settings
`fence_over` (what `period` is: the year of the lot, or 0) and `price_only`.
*/
WITH placed AS (
    SELECT
        bid.entity_id AS entity_id,
        min(bid.obstacle) AS obstacle,
        count(CASE WHEN bid.is_winner THEN 1 END) AS winners,
        count(CASE WHEN bid.status = 'unknown' OR bid.amount IS NULL THEN 1 END) AS unclear,
        min(CASE WHEN bid.is_winner AND bid.status = 'valid' THEN bid.amount END) AS winning,
        min(CASE
            WHEN NOT coalesce(bid.is_winner, FALSE) AND bid.status = 'valid' THEN bid.amount
        END) AS losing,
        min(CASE WHEN bid.is_winner THEN bid.company_id END) AS winner_id
    FROM bid_prices AS bid
    WHERE bid.status NOT IN ('withdrawn', 'disqualified')
    GROUP BY bid.entity_id
)
SELECT
    lot.entity_id AS entity_id,
    lot.buyer_id AS buyer_id,
    lot.company_id AS company_id,
    lot.on_date AS on_date,
    CASE WHEN $fence_over = 'year' THEN coalesce(year(lot.on_date), 0) ELSE 0 END AS period,
    CAST(placed.losing - placed.winning AS DOUBLE)
        / CAST(nullif(placed.winning, 0) AS DOUBLE) AS gap,
    CASE
        WHEN placed.entity_id IS NULL THEN 'losing bids not recorded'
        WHEN placed.obstacle IS NOT NULL THEN placed.obstacle
        WHEN placed.winners <> 1 THEN 'not one winner'
        WHEN lot.criteria <> 'price' AND $price_only THEN 'price alone did not decide'
        WHEN placed.unclear > 0 THEN 'state or amount of a bid not recorded'
        WHEN placed.winning IS NULL THEN 'no valid winning bid'
        WHEN placed.losing IS NULL THEN 'no valid losing bid'
        WHEN placed.losing < placed.winning THEN 'the lowest bid did not win'
    END AS obstacle,
    CASE
        WHEN placed.winner_id IS NOT NULL
            THEN ['bids:' || lot.entity_id || '/' || placed.winner_id, 'tenders:' || lot.entity_id]
        ELSE ['tenders:' || lot.entity_id]
    END AS records
FROM unit_lots AS lot
LEFT JOIN placed
    ON placed.entity_id = lot.entity_id
