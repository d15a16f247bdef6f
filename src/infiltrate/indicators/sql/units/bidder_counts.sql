/*
What became of the bids of each firm or consortium on each lot: one row per lot and bidder, with
the buyer and the day of the lot. Only sources that list losing bids are here; a lot with several
winners or none is not settled.
*/
WITH complete_sources AS (
    SELECT bids.source_id AS source_id
    FROM bids
    WHERE NOT coalesce(bids.is_winner, FALSE)
    GROUP BY bids.source_id
),
winners AS (
    SELECT
        bids.tender_id AS tender_id,
        bids.lot_id AS lot_id,
        count(*) AS winners
    FROM bids
    WHERE bids.is_winner
    GROUP BY bids.tender_id, bids.lot_id
)
SELECT
    bids.tender_id || '/' || bids.lot_id AS entity_id,
    bids.tender_id AS tender_id,
    bids.lot_id AS lot_id,
    bids.company_id AS company_id,
    tenders.buyer_id AS buyer_id,
    coalesce(bids.status, 'unknown') AS status,
    bids.is_winner AS is_winner,
    coalesce(winners.winners, 0) = 1 AS is_settled
FROM bids
INNER JOIN complete_sources
    ON complete_sources.source_id = bids.source_id
INNER JOIN tenders
    ON tenders.tender_id = bids.tender_id
    AND tenders.lot_id = bids.lot_id
LEFT JOIN winners
    ON winners.tender_id = bids.tender_id
    AND winners.lot_id = bids.lot_id
WHERE coalesce(bids.status, 'unknown') <> 'withdrawn'
