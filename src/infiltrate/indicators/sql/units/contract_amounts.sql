/*
What each contract is worth: `amount` in its own currency and `study_amount` in the currency of the
study, at the rate in force on the day of signature; missing where there is none. An amount that is
not above zero is no amount.
*/
SELECT
    contracts.contract_id AS contract_id,
    contracts.lot_id AS lot_id,
    contracts.supplier_id AS supplier_id,
    contracts.tender_id AS tender_id,
    contracts.buyer_id AS buyer_id,
    contracts.signed_on AS signed_on,
    CASE
        WHEN contracts.value > 0 AND contracts.currency IS NOT NULL THEN contracts.value
    END AS amount,
    CASE WHEN contracts.value > 0 THEN contracts.currency END AS currency,
    CASE
        WHEN contracts.value > 0 AND contracts.currency = study.currency THEN contracts.value
        WHEN contracts.value > 0
            THEN CAST(contracts.value * exchange_rates.rate AS DECIMAL(20, 2))
    END AS study_amount
FROM contracts
CROSS JOIN study
LEFT JOIN exchange_rates
    ON exchange_rates.currency = contracts.currency
    AND exchange_rates.to_currency = study.currency
    AND exchange_rates.valid_from <= contracts.signed_on
    AND coalesce(exchange_rates.valid_to, make_date(9999, 12, 31)) >= contracts.signed_on
