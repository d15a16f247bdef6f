/*
Units of level contract: one row per contract, lot and supplier, dated by its signature, with
what the lot says of the purchase and the register of the supplier.
*/
SELECT
    contracts.contract_id || '/' || contracts.lot_id || '/' || contracts.supplier_id AS entity_id,
    contracts.buyer_id AS buyer_id,
    contracts.supplier_id AS company_id,
    contracts.signed_on AS on_date,
    contracts.contract_id AS contract_id,
    contracts.lot_id AS lot_id,
    contracts.tender_id AS tender_id,
    contracts.signed_on AS signed_on,
    contracts.value AS value,
    contracts.currency AS currency,
    contracts.final_value AS final_value,
    contracts.amendments AS amendments,
    tenders.category AS category,
    tenders.product_code AS product_code,
    tenders.estimated_value AS estimated_value,
    tenders.currency AS estimated_currency,
    companies.kind AS supplier_kind,
    companies.sector_id AS supplier_sector_id
FROM contracts
LEFT JOIN tenders
    ON tenders.tender_id = contracts.tender_id
    AND tenders.lot_id = contracts.lot_id
LEFT JOIN companies
    ON companies.company_id = contracts.supplier_id
