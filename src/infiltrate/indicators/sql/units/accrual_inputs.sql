/*
What the three models of accruals are fitted to, over total assets a year before: one row per
company and financial year of `account_years` in which every item is recorded. The models are
aggregate accruals on 1 / assets, revenue less receivables, and fixed assets; receivables on
1 / assets and revenue; inventories less payables less depreciation on 1 / assets, costs, and fixed
assets; all but fixed assets and depreciation as changes over the year.
*/
WITH changes AS (
    SELECT
        account.company_id AS company_id,
        account.year_end_on AS year_end_on,
        account.account_year AS account_year,
        account.division AS division,
        account.section AS section,
        CAST(1 AS DOUBLE) / account.earlier_assets AS inverse_assets,
        (account.revenue - account.earlier_revenue) / account.earlier_assets AS revenue,
        (account.receivables - account.earlier_receivables) / account.earlier_assets
            AS receivables,
        (account.inventory - account.earlier_inventory) / account.earlier_assets AS inventory,
        (account.payables - account.earlier_payables) / account.earlier_assets AS payables,
        (account.materials + account.services + account.personnel - account.earlier_materials
            - account.earlier_services - account.earlier_personnel) / account.earlier_assets
            AS costs,
        account.fixed_assets / account.earlier_assets AS fixed_assets,
        account.depreciation / account.earlier_assets AS depreciation
    FROM account_years AS account
    WHERE account.earlier_assets > 0
)
SELECT
    changes.*,
    changes.receivables + changes.inventory - changes.payables - changes.depreciation
        AS aggregate_accruals,
    changes.inventory - changes.payables - changes.depreciation AS expense_accruals,
    changes.revenue - changes.receivables AS cash_revenue
FROM changes
WHERE changes.revenue IS NOT NULL
    AND changes.receivables IS NOT NULL
    AND changes.inventory IS NOT NULL
    AND changes.payables IS NOT NULL
    AND changes.costs IS NOT NULL
    AND changes.fixed_assets IS NOT NULL
    AND changes.depreciation IS NOT NULL
