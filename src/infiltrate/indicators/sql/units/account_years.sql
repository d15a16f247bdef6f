/*
Accounts known on the day of the study, in double precision: one row per company and financial year
that ended in the three years up to that day. `place` is 1 for the last one. Items whose names begin
with `earlier` are of the year that ended twelve months before, give or take fifteen days, in the
same currency; `revenue_two_years_before` of the one before that. `division` and `section` say the
sector, `size_class` the number of digits of total assets, or of revenue without these.
*/
WITH known AS (
    SELECT
        accounts.*,
        'accounts:' || accounts.company_id || '/' || CAST(accounts.year_end_on AS VARCHAR)
            AS record,
        row_number() OVER (
            PARTITION BY accounts.company_id
            ORDER BY accounts.year_end_on DESC, accounts.currency
        ) AS place
    FROM accounts
    CROSS JOIN study
    WHERE coalesce(accounts.filed_on, accounts.year_end_on) <= study.day
        AND accounts.year_end_on <= study.day
        AND accounts.year_end_on > CAST(study.day - INTERVAL 6 YEAR AS DATE)
)
SELECT
    account.company_id AS company_id,
    account.place AS place,
    account.year_end_on AS year_end_on,
    coalesce(account.filed_on, account.year_end_on) AS on_date,
    account.filed_on IS NOT NULL AS has_day_of_filing,
    year(account.year_end_on) AS account_year,
    account.currency AS currency,
    [account.record] AS records,
    CASE
        WHEN earlier.record IS NULL THEN [account.record] ELSE [earlier.record, account.record]
    END AS records_with_earlier,
    CASE
        WHEN earlier.record IS NULL THEN [account.record]
        WHEN two_before.record IS NULL THEN [earlier.record, account.record]
        ELSE [two_before.record, earlier.record, account.record]
    END AS records_of_three_years,
    string_split(companies.sector_id, ':')[1] || ':'
        || substr(string_split(companies.sector_id, ':')[2], 1, 2) AS division,
    sectors.section AS section,
    CASE
        WHEN account.assets > 0
            THEN 'assets of '
                || CAST(length(CAST(CAST(floor(account.assets) AS BIGINT) AS VARCHAR)) AS VARCHAR)
        WHEN account.revenue > 0
            THEN 'revenue of '
                || CAST(length(CAST(CAST(floor(account.revenue) AS BIGINT) AS VARCHAR)) AS VARCHAR)
        ELSE 'not known'
    END AS size_class,
    CAST(account.revenue AS DOUBLE) AS revenue,
    CAST(account.materials AS DOUBLE) AS materials,
    CAST(account.services AS DOUBLE) AS services,
    CAST(account.personnel AS DOUBLE) AS personnel,
    CAST(account.depreciation AS DOUBLE) AS depreciation,
    CAST(account.ebit AS DOUBLE) AS ebit,
    CAST(account.interest AS DOUBLE) AS interest,
    CAST(account.tax AS DOUBLE) AS tax,
    CAST(account.assets AS DOUBLE) AS assets,
    CAST(account.fixed_assets AS DOUBLE) AS fixed_assets,
    CAST(account.inventory AS DOUBLE) AS inventory,
    CAST(account.receivables AS DOUBLE) AS receivables,
    CAST(account.cash AS DOUBLE) AS cash,
    CAST(account.equity AS DOUBLE) AS equity,
    CAST(account.bank_debt AS DOUBLE) AS bank_debt,
    CAST(account.payables AS DOUBLE) AS payables,
    CAST(account.shareholder_loans AS DOUBLE) AS shareholder_loans,
    CAST(account.current_liabilities AS DOUBLE) AS current_liabilities,
    CAST(account.retained_earnings AS DOUBLE) AS retained_earnings,
    CAST(account.employees AS DOUBLE) AS employees,
    CAST(earlier.revenue AS DOUBLE) AS earlier_revenue,
    CAST(earlier.materials AS DOUBLE) AS earlier_materials,
    CAST(earlier.services AS DOUBLE) AS earlier_services,
    CAST(earlier.personnel AS DOUBLE) AS earlier_personnel,
    CAST(earlier.assets AS DOUBLE) AS earlier_assets,
    CAST(earlier.inventory AS DOUBLE) AS earlier_inventory,
    CAST(earlier.receivables AS DOUBLE) AS earlier_receivables,
    CAST(earlier.payables AS DOUBLE) AS earlier_payables,
    CAST(two_before.revenue AS DOUBLE) AS revenue_two_years_before
FROM known AS account
CROSS JOIN study
LEFT JOIN companies
    ON companies.company_id = account.company_id
LEFT JOIN sectors
    ON sectors.sector_id = companies.sector_id
LEFT JOIN known AS earlier
    ON earlier.company_id = account.company_id
    AND earlier.place = account.place + 1
    AND earlier.currency = account.currency
    AND date_diff('day', earlier.year_end_on, account.year_end_on) BETWEEN 350 AND 380
LEFT JOIN known AS two_before
    ON two_before.company_id = earlier.company_id
    AND two_before.place = earlier.place + 1
    AND two_before.currency = earlier.currency
    AND date_diff('day', two_before.year_end_on, earlier.year_end_on) BETWEEN 350 AND 380
WHERE account.year_end_on > CAST(study.day - INTERVAL 3 YEAR AS DATE)
