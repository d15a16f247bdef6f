/*
What each supplier was awarded in each market (product division and year of signature): one row per
supplier and market.
*/
SELECT
    substr(tenders.product_code, 1, 2) AS division,
    year(contracts.signed_on) AS signed_year,
    contracts.supplier_id AS supplier_id,
    count(*) AS contracts,
    count(contracts.amount) AS priced_contracts,
    count(contracts.study_amount) AS converted_contracts,
    sum(contracts.amount) AS amount,
    sum(contracts.study_amount) AS study_amount,
    min(contracts.currency) AS first_currency,
    max(contracts.currency) AS last_currency
FROM contract_amounts AS contracts
INNER JOIN tenders
    ON tenders.tender_id = contracts.tender_id
    AND tenders.lot_id = contracts.lot_id
WHERE tenders.product_code IS NOT NULL AND contracts.signed_on IS NOT NULL
GROUP BY substr(tenders.product_code, 1, 2), year(contracts.signed_on), contracts.supplier_id
