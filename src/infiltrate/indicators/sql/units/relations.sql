/*
Units of level relation: one row per buyer, supplier and calendar year of signature, dated by
the last day of that year because only then is a share of the year known. `study_amount` is the
sum in the currency of the study; it is missing unless every amount is in that currency or has an
exchange rate.
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
    count(contracts.amount) AS priced_contracts,
    sum(contracts.amount) AS amount,
    CASE
        WHEN count(contracts.study_amount) = count(contracts.amount)
            THEN sum(contracts.study_amount)
    END AS study_amount,
    min(contracts.currency) AS first_currency,
    max(contracts.currency) AS last_currency,
    list_sort(array_agg(
        'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
        || contracts.supplier_id
    )) AS evidence
FROM contract_amounts AS contracts
LEFT JOIN companies
    ON companies.company_id = contracts.supplier_id
GROUP BY contracts.buyer_id, contracts.supplier_id, year(contracts.signed_on)
