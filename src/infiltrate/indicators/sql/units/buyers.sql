/*
Units of level buyer: one row per authority that put out a tender or signed a contract, dated by
the last day on which it did.
*/
WITH deeds AS (
    SELECT contracts.buyer_id AS buyer_id, contracts.signed_on AS on_date
    FROM contracts
    UNION ALL
    SELECT
        tenders.buyer_id AS buyer_id,
        coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on) AS on_date
    FROM tenders
)
SELECT
    deeds.buyer_id AS entity_id,
    deeds.buyer_id AS buyer_id,
    CAST(NULL AS VARCHAR) AS company_id,
    max(deeds.on_date) AS on_date
FROM deeds
GROUP BY deeds.buyer_id
