/*
code: F47
title: Close to bankruptcy
level: company
definition: The last accounts put the company in the zone of distress of Altman's z''-score.
formula: >-
  z'' = 6.56 x working capital / assets + 3.26 x retained earnings / assets + 6.72 x EBIT / assets +
  1.05 x equity / liabilities, with working capital = cash + receivables + inventory - current
  liabilities and liabilities = assets - equity; flag if z'' < limit.
why: Firms connected to crime were found to go bankrupt more often; a firm in distress is also prey.
sources:
  - "Altman (1983), Corporate Financial Distress: z'' for private firms that do not manufacture"
  - "Bianchi, Marra, Masciandaro and Pecchiari (2022), The Accounting Review: firms connected to crime"
ocp: []
needs:
  - accounts.cash
  - accounts.receivables
  - accounts.inventory
  - accounts.current_liabilities
  - accounts.retained_earnings
  - accounts.ebit
  - accounts.equity
  - accounts.assets
  - accounts.year_end_on
  - accounts.filed_on
direction: "-"
unit: score
missing: >-
  No accounts of the last three years were filed by the day of the study, an item is not in them, or
  assets or liabilities are not above zero.
exclusions:
  - Accounts filed after the day of the study, or ended more than three years before it.
assumptions:
  - Other current assets are not in the tables and are left out.
  - The weights were found for American firms; texts draw the zone at 1.1 or at 1.23.
settings:
  limit:
    type: number
    default: 1.1
    unit: score
    minimum: -50
    maximum: 50
    description: A score below this is flagged.
*/
WITH described AS (
    SELECT
        company.company_id AS company_id,
        account.on_date AS on_date,
        account.records AS records,
        CAST(6.56 AS DOUBLE)
            * (account.cash + account.receivables + account.inventory
                - account.current_liabilities) / nullif(account.assets, CAST(0 AS DOUBLE))
        + CAST(3.26 AS DOUBLE) * account.retained_earnings
            / nullif(account.assets, CAST(0 AS DOUBLE))
        + CAST(6.72 AS DOUBLE) * account.ebit / nullif(account.assets, CAST(0 AS DOUBLE))
        + CAST(1.05 AS DOUBLE) * account.equity
            / nullif(account.assets - account.equity, CAST(0 AS DOUBLE)) AS value,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN account.company_id IS NULL THEN 'no accounts of the last three years known'
            WHEN account.assets <= 0 THEN 'total assets not above zero'
            WHEN account.assets <= account.equity THEN 'liabilities not above zero'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN account_years AS account
        ON account.company_id = company.company_id
        AND account.place = 1
),
judged AS (
    SELECT
        described.company_id AS company_id,
        described.on_date AS on_date,
        described.records AS records,
        described.value AS value,
        $limit AS threshold,
        described.value < $limit AS is_flag,
        'in the zone of distress' AS when_flag,
        'outside the zone of distress' AS when_clear,
        CASE
            WHEN described.obstacle IS NOT NULL THEN described.obstacle
            WHEN described.value IS NULL THEN 'an item of the score is not in the accounts'
        END AS obstacle
    FROM described
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
