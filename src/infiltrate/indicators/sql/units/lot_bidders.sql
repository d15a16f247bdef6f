/*
The firms that bid for each lot: one row per lot, bid and firm; a consortium stands for its
members. Natural persons are left out. `on_date` is the day of the lot.
*/
SELECT DISTINCT
    bids.tender_id || '/' || bids.lot_id AS entity_id,
    bids.company_id AS bidder_id,
    coalesce(consortia.company_id, bids.company_id) AS company_id,
    coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on) AS on_date,
    companies.address_key AS address_key
FROM bids
INNER JOIN tenders
    ON tenders.tender_id = bids.tender_id
    AND tenders.lot_id = bids.lot_id
LEFT JOIN consortia
    ON consortia.consortium_id = bids.company_id
LEFT JOIN companies
    ON companies.company_id = coalesce(consortia.company_id, bids.company_id)
WHERE coalesce(companies.kind, 'unknown') IN ('company', 'unknown')
