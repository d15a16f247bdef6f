/*
code: F43
title: Discretionary revenue
level: company
definition: >-
  Receivables that the change of revenue does not explain are unusually high or low for
  companies of the same sector, size and year.
formula: >-
  residual = change of receivables over assets a year before, less what least squares on 1 /
  assets and change of revenue explains; score = (residual - median of the peers) / (1.4826 x
  median absolute deviation); flag if |score| >= limit.
why: Accruals are where invented invoices and hidden profits show in honest-looking accounts.
sources:
  - Stubben (2010), The Accounting Review 85
  - >-
      Ravenda, Argilés-Bosch and Valencia-Silva (2015): discretionary revenue accruals of
      firms of the mafia
ocp: []
needs:
  - accounts.revenue
  - accounts.receivables
  - accounts.inventory
  - accounts.payables
  - accounts.depreciation
  - accounts.fixed_assets
  - accounts.assets
  - accounts.materials
  - accounts.services
  - accounts.personnel
  - accounts.year_end_on
  - accounts.filed_on
  - companies.sector_id
  - sectors.section
direction: "+"
unit: robust standard deviations from the median of the peers
missing: >-
  No accounts of the last three years were filed by the day of the study, an item is not in the
  last ones or those of the year before, or too few companies are alike.
exclusions:
  - Accounts filed after the day of the study, or ended more than three years before it.
assumptions:
  - >-
      Least squares without a constant is run over all companies of a division and year, of
      the section where these are fewer than 20, and else of all sectors; the hundredth of
      values at either end is drawn in.
  - "Changes are taken from the balance sheet: cash flow is not in the tables."
  - A company needs every item of the three models for any of them.
  - >-
      Peers are companies of the same division, or else section, or else of all sectors,
      with accounts of the same year and currency and as many digits of total assets.
settings:
  limit:
    type: number
    default: 2
    unit: robust standard deviations
    minimum: 0.5
    maximum: 20
    description: A score this far from the median of the peers, or farther, is flagged.
  side:
    type: string
    values: [high, low, both]
    default: both
    description: Which side is flagged; the sign differs between countries.
  fewest_peers:
    type: integer
    default: 20
    unit: companies
    minimum: 3
    maximum: 10000
    description: Companies that a group of peers must have, the company itself included.
*/
WITH measured AS (
    /* the residuals are fitted to accrual_inputs */
    SELECT
        account.*,
        residual.revenue AS above,
        CASE WHEN residual.revenue IS NOT NULL THEN CAST(1 AS DOUBLE) END AS below,
        account.records_with_earlier AS proof
    FROM account_years AS account
    LEFT JOIN accrual_residuals AS residual
        ON residual.company_id = account.company_id
        AND residual.year_end_on = account.year_end_on
),
/* account_verdicts: steps/account_verdicts.sql */
judged AS (SELECT account_verdicts.* FROM account_verdicts)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
