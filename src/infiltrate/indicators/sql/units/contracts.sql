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
    contracts.subcontracted_share AS subcontracted_share,
    contracts.start_on AS start_on,
    contracts.end_on AS end_on,
    contracts.final_end_on AS final_end_on,
    contracts.source_id AS source_id,
    tenders.category AS category,
    tenders.product_code AS product_code,
    tenders.estimated_value AS estimated_value,
    tenders.currency AS estimated_currency,
    tenders.area_id AS area_id,
    companies.kind AS supplier_kind,
    companies.area_id AS supplier_area_id,
    companies.country AS supplier_country,
    companies.incorporated_on AS supplier_incorporated_on,
    companies.sector_id AS supplier_sector_id
FROM contracts
LEFT JOIN tenders
    ON tenders.tender_id = contracts.tender_id
    AND tenders.lot_id = contracts.lot_id
LEFT JOIN companies
    ON companies.company_id = contracts.supplier_id
