/*
The markets whose shares can be worked out: one row per market (product division and year of
signature) with a contract, its totals and, in `obstacle`, why its shares cannot be worked out. Uses
the settings `fewest_contracts` and `priced_share`.
*/
WITH totals AS (
    SELECT
        awarded.division AS division,
        awarded.signed_year AS signed_year,
        CAST(sum(awarded.contracts) AS BIGINT) AS contracts,
        CAST(sum(awarded.priced_contracts) AS BIGINT) AS priced_contracts,
        CAST(sum(awarded.converted_contracts) AS BIGINT) AS converted_contracts,
        sum(awarded.amount) AS amount,
        sum(awarded.study_amount) AS study_amount,
        min(awarded.first_currency) = max(awarded.last_currency) AS one_currency
    FROM market_suppliers AS awarded
    GROUP BY awarded.division, awarded.signed_year
)
SELECT
    totals.*,
    CASE
        WHEN totals.contracts < $fewest_contracts THEN 'too few contracts in the market'
        WHEN CAST(totals.priced_contracts AS DOUBLE)
            < $priced_share * CAST(totals.contracts AS DOUBLE)
            THEN 'amount not recorded for too many contracts'
        WHEN NOT totals.one_currency
            AND totals.converted_contracts < totals.priced_contracts
            THEN 'amounts in several currencies without an exchange rate'
    END AS obstacle
FROM totals
