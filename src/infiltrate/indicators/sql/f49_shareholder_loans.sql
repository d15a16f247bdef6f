/*
code: F49
title: High shareholder loans
level: company
definition: Loans from shareholders finance a large part of the company's assets.
formula: >-
  share = shareholder loans / assets; flag if share >= high_share.
why: >-
  A loan from an owner brings money in without a bank that asks where it comes from.
sources:
  - Definition of this project
ocp: []
needs:
  - accounts.shareholder_loans
  - accounts.assets
  - accounts.year_end_on
  - accounts.filed_on
direction: "+"
unit: share of assets
missing: >-
  No accounts of the last three years were filed by the day of the study, loans or assets are not in
  them, or assets are not above zero.
exclusions:
  - Accounts filed after the day of the study, or ended more than three years before it.
assumptions:
  - Most companies have no such loan, so that the share is held against a limit and not against peers.
settings:
  high_share:
    type: number
    default: 0.25
    unit: share
    minimum: 0.01
    maximum: 10
    description: A share this high or higher is flagged.
*/
WITH judged AS (
    SELECT
        company.company_id AS company_id,
        account.on_date AS on_date,
        account.records AS records,
        account.shareholder_loans / nullif(account.assets, CAST(0 AS DOUBLE)) AS value,
        $high_share AS threshold,
        account.shareholder_loans / nullif(account.assets, CAST(0 AS DOUBLE)) >= $high_share
            AS is_flag,
        'shareholders lend a large part of the assets' AS when_flag,
        'shareholders lend little or nothing' AS when_clear,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN account.company_id IS NULL THEN 'no accounts of the last three years known'
            WHEN account.shareholder_loans IS NULL OR account.assets IS NULL
                THEN 'loans or assets not in the accounts'
            WHEN account.assets <= 0 THEN 'total assets not above zero'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN account_years AS account
        ON account.company_id = company.company_id
        AND account.place = 1
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
