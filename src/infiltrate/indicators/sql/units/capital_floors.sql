/*
The share capital of each company against the least that the law asked of its legal form when it was
incorporated, or on the day of the study where that day is not known: one row per company.
*/
SELECT
    companies.company_id AS company_id,
    companies.share_capital AS share_capital,
    CAST(companies.share_capital AS DOUBLE) / CAST(floors.amount AS DOUBLE) AS times,
    CASE
        WHEN companies.share_capital IS NULL THEN 'share capital not recorded'
        WHEN companies.legal_form IS NULL THEN 'legal form not recorded'
        WHEN floors.amount IS NULL THEN 'no legal minimum known for the legal form and day'
        WHEN companies.currency IS NULL THEN 'currency of the share capital not recorded'
        WHEN companies.currency <> floors.currency
            THEN 'share capital and legal minimum in different currencies'
    END AS obstacle
FROM companies
CROSS JOIN study
LEFT JOIN minimum_capitals AS floors
    ON floors.legal_form = companies.legal_form
    AND floors.valid_from <= coalesce(companies.incorporated_on, study.day)
    AND coalesce(floors.valid_to, make_date(9999, 12, 31))
        >= coalesce(companies.incorporated_on, study.day)
