/*
Units of level lot: one row per lot of a tender, dated by its award, or else its deadline or
call; `company_id` is the winner when there is exactly one.
*/
WITH wins AS (
    SELECT bids.tender_id AS tender_id, bids.lot_id AS lot_id, bids.company_id AS company_id
    FROM bids
    WHERE bids.is_winner
),
winners AS (
    SELECT
        wins.tender_id AS tender_id,
        wins.lot_id AS lot_id,
        min(wins.company_id) AS company_id
    FROM wins
    GROUP BY wins.tender_id, wins.lot_id
    HAVING count(*) = 1
)
SELECT
    tenders.tender_id || '/' || tenders.lot_id AS entity_id,
    tenders.buyer_id AS buyer_id,
    winners.company_id AS company_id,
    coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on) AS on_date,
    tenders.tender_id AS tender_id,
    tenders.lot_id AS lot_id,
    tenders.title AS title,
    tenders.product_code AS product_code,
    tenders.category AS category,
    tenders.procedure AS procedure,
    tenders.call_published_on AS call_published_on,
    tenders.deadline_on AS deadline_on,
    tenders.award_on AS award_on,
    tenders.estimated_value AS estimated_value,
    tenders.currency AS currency,
    tenders.criteria AS criteria,
    tenders.criteria_length AS criteria_length,
    tenders.document_price AS document_price,
    tenders.call_changes AS call_changes,
    tenders.is_urgent AS is_urgent,
    tenders.is_cancelled AS is_cancelled,
    tenders.bids_recorded AS bids_recorded,
    tenders.area_id AS area_id,
    tenders.source_id AS source_id
FROM tenders
LEFT JOIN winners
    ON winners.tender_id = tenders.tender_id
    AND winners.lot_id = tenders.lot_id
