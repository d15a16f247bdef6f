/*
Units of level relation: one row per buyer, supplier and calendar year of signature, dated by
the last day of that year because only then is a share of the year known.
*/
SELECT
    contracts.buyer_id || '|' || contracts.supplier_id || '|'
    || coalesce(CAST(year(contracts.signed_on) AS VARCHAR), 'unknown') AS entity_id,
    contracts.buyer_id AS buyer_id,
    contracts.supplier_id AS company_id,
    make_date(year(contracts.signed_on), 12, 31) AS on_date,
    year(contracts.signed_on) AS signed_year,
    max(companies.kind) AS supplier_kind,
    count(*) AS contracts,
    count(
        CASE WHEN contracts.value > 0 AND contracts.currency IS NOT NULL THEN 1 END
    ) AS priced_contracts,
    sum(CASE WHEN contracts.value > 0 THEN contracts.value END) AS amount,
    min(CASE WHEN contracts.value > 0 THEN contracts.currency END) AS first_currency,
    max(CASE WHEN contracts.value > 0 THEN contracts.currency END) AS last_currency,
    list_sort(array_agg(
        'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
        || contracts.supplier_id
    )) AS evidence
FROM contracts
LEFT JOIN companies
    ON companies.company_id = contracts.supplier_id
GROUP BY contracts.buyer_id, contracts.supplier_id, year(contracts.signed_on)
