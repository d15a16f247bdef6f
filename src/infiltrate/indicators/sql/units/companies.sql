/*
Units of level company: one row per company; natural persons are never scored, consortia and
public bodies are no firms.
*/
SELECT
    companies.company_id AS entity_id,
    companies.company_id AS company_id,
    companies.status AS status,
    companies.incorporated_on AS incorporated_on,
    companies.dissolved_on AS dissolved_on,
    companies.address_key AS address_key,
    companies.legal_form AS legal_form,
    companies.sector_id AS sector_id,
    companies.in_registry AS in_registry,
    companies.observed_on AS observed_on
FROM companies
WHERE companies.kind IN ('company', 'unknown')
