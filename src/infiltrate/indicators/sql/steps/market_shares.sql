/*
The share of each supplier in the value of a market: one row per supplier and market. Reads
`usable_markets`, a step too; markets with an obstacle have no shares.
*/
SELECT
    awarded.division AS division,
    awarded.signed_year AS signed_year,
    awarded.supplier_id AS supplier_id,
    CASE
        WHEN usable_markets.one_currency
            THEN CAST(coalesce(awarded.amount, 0) AS DOUBLE)
                / CAST(usable_markets.amount AS DOUBLE)
        ELSE CAST(coalesce(awarded.study_amount, 0) AS DOUBLE)
            / CAST(usable_markets.study_amount AS DOUBLE)
    END AS share
FROM market_suppliers AS awarded
INNER JOIN usable_markets
    ON usable_markets.division = awarded.division
    AND usable_markets.signed_year = awarded.signed_year
WHERE usable_markets.obstacle IS NULL
