/*
Units of level market: one row per product division (the first two characters of the product
code) and calendar year of signature, dated by the last day of that year. Contracts without one of
the two are together in a market that cannot be judged.
*/
SELECT
    coalesce(substr(tenders.product_code, 1, 2), 'unknown') || '|'
    || coalesce(CAST(year(contracts.signed_on) AS VARCHAR), 'unknown') AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    CAST(NULL AS VARCHAR) AS company_id,
    make_date(year(contracts.signed_on), 12, 31) AS on_date,
    substr(tenders.product_code, 1, 2) AS division,
    year(contracts.signed_on) AS signed_year,
    count(*) AS contracts,
    CASE
        WHEN substr(tenders.product_code, 1, 2) IS NULL THEN 'product not recorded'
        WHEN year(contracts.signed_on) IS NULL THEN 'day of signature not recorded'
    END AS obstacle
FROM contracts
LEFT JOIN tenders
    ON tenders.tender_id = contracts.tender_id
    AND tenders.lot_id = contracts.lot_id
GROUP BY substr(tenders.product_code, 1, 2), year(contracts.signed_on)
