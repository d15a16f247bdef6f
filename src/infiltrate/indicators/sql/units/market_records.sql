/*
The hundred largest contracts of each market (product division and year of signature), as
evidence: one row per market.
*/
WITH ranked AS (
    SELECT
        substr(tenders.product_code, 1, 2) AS division,
        year(contracts.signed_on) AS signed_year,
        'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
        || contracts.supplier_id AS record,
        row_number() OVER (
            PARTITION BY substr(tenders.product_code, 1, 2), year(contracts.signed_on)
            ORDER BY
                coalesce(contracts.study_amount, contracts.amount, 0) DESC,
                contracts.contract_id,
                contracts.lot_id,
                contracts.supplier_id
        ) AS place
    FROM contract_amounts AS contracts
    INNER JOIN tenders
        ON tenders.tender_id = contracts.tender_id
        AND tenders.lot_id = contracts.lot_id
    WHERE tenders.product_code IS NOT NULL AND contracts.signed_on IS NOT NULL
)
SELECT
    ranked.division AS division,
    ranked.signed_year AS signed_year,
    list_sort(array_agg(ranked.record)) AS records
FROM ranked
WHERE ranked.place <= 100
GROUP BY ranked.division, ranked.signed_year
