/*
code: F19
title: No accounts
level: company
definition: The company has not ended, and accounts of several years running are missing.
formula: >-
  years = full years since the last filed financial year ended, or since incorporation, less the days
  allowed for filing; flag if years >= many.
why: A company that trades and shows no accounts cannot be followed.
sources:
  - Definition of this project
ocp: []
needs:
  - accounts.year_end_on
  - accounts.filed_on
  - companies.incorporated_on
  - companies.dissolved_on
  - companies.status
  - companies.legal_form
direction: "+"
unit: years without accounts
missing: >-
  The company ended, nobody of its legal form files accounts, or neither accounts nor the day of
  incorporation is known.
exclusions:
  - Companies in liquidation or insolvent may not have to file.
assumptions:
  - >-
      Where no company of a legal form has accounts in the data, companies of this form need not
      file; where one does, all must.
  - Companies without a recorded end count as existing.
settings:
  many:
    type: integer
    default: 2
    unit: years
    minimum: 1
    maximum: 20
    description: This many years without accounts or more are flagged.
  filing_days:
    type: integer
    default: 366
    unit: days
    minimum: 0
    maximum: 1500
    description: Days after the end of a financial year within which accounts are filed.
*/
WITH last_years AS (
    SELECT
        accounts.company_id AS company_id,
        max(accounts.year_end_on) AS year_end_on
    FROM accounts
    CROSS JOIN study
    WHERE coalesce(accounts.filed_on, accounts.year_end_on) <= study.day
        AND accounts.year_end_on <= study.day
    GROUP BY accounts.company_id
),
filing_forms AS (
    SELECT coalesce(company.legal_form, '') AS legal_form
    FROM unit_companies AS company
    INNER JOIN last_years
        ON last_years.company_id = company.company_id
    GROUP BY coalesce(company.legal_form, '')
),
described AS (
    SELECT
        company.company_id AS company_id,
        study.day AS on_date,
        last_years.year_end_on AS year_end_on,
        greatest(CAST(0 AS DOUBLE), floor(CAST(
            date_diff('day', coalesce(last_years.year_end_on, company.incorporated_on), study.day)
            - $filing_days AS DOUBLE
        ) / CAST(36525 AS DOUBLE) * CAST(100 AS DOUBLE))) AS value,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN company.status IN ('dissolved', 'struck_off', 'liquidation', 'insolvent')
                OR company.dissolved_on <= study.day
                THEN 'the company ended, or is being wound up'
            WHEN filing_forms.legal_form IS NULL
                THEN 'no company of this legal form has accounts'
            WHEN coalesce(last_years.year_end_on, company.incorporated_on) IS NULL
                THEN 'neither accounts nor a day of incorporation known'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN last_years
        ON last_years.company_id = company.company_id
    LEFT JOIN filing_forms
        ON filing_forms.legal_form = coalesce(company.legal_form, '')
),
judged AS (
    SELECT
        described.*,
        $many AS threshold,
        described.value >= $many AS is_flag,
        'accounts of several years missing' AS when_flag,
        'accounts not missing for so long' AS when_clear,
        CASE
            WHEN described.year_end_on IS NOT NULL
                THEN [
                    'accounts:' || described.company_id || '/'
                    || CAST(described.year_end_on AS VARCHAR)
                ]
        END AS records
    FROM described
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
