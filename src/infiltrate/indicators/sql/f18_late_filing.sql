/*
code: F18
title: Late accounts
level: company
definition: The last accounts filed by the day of the study were filed late.
formula: >-
  days = filing - end of the financial year; flag if days > late_days.
why: Accounts come late where there is something to arrange, or nobody to draw them up.
sources:
  - Definition of this project
ocp: []
needs: [accounts.filed_on, accounts.year_end_on]
direction: "+"
unit: days
missing: No accounts of the last three years are known with a day of filing.
exclusions:
  - Accounts filed before the year ended have a wrong date.
assumptions:
  - Accounts that are due and not filed are those of F19.
settings:
  late_days:
    type: integer
    default: 366
    unit: days
    minimum: 30
    maximum: 1500
    description: Accounts filed more days than this after the end of the year are flagged.
*/
WITH judged AS (
    SELECT
        company.company_id AS company_id,
        account.on_date AS on_date,
        date_diff('day', account.year_end_on, account.on_date) AS value,
        $late_days AS threshold,
        date_diff('day', account.year_end_on, account.on_date) > $late_days AS is_flag,
        'filed late' AS when_flag,
        'filed in time' AS when_clear,
        account.records AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN account.company_id IS NULL THEN 'no accounts of the last three years known'
            WHEN NOT account.has_day_of_filing THEN 'day of filing not recorded'
            WHEN account.on_date < account.year_end_on THEN 'filed before the year ended'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN account_years AS account
        ON account.company_id = company.company_id
        AND account.place = 1
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
