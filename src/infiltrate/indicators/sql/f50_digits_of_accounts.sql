/*
code: F50
title: First digits of accounts
level: company
definition: >-
  The first digits of the company's accounts deviate from Benford's law by more than conformity and
  chance allow.
formula: >-
  deviation = sum over digits d of |share of d - log10(1 + 1/d)| / 9; chi-square = amounts x sum of
  (share of d - p)^2 / p with p = log10(1 + 1/d); flag if deviation > limit and chi-square >=
  least_chi_square.
why: Invented numbers have other first digits than those that trade brings.
sources:
  - "Nigrini (2012), Benford's Law: 0.006, 0.012 and 0.015 as limits of conformity"
  - Definition of this project, as C09 for the accounts of companies
ocp: []
needs:
  - accounts.revenue
  - accounts.materials
  - accounts.services
  - accounts.personnel
  - accounts.depreciation
  - accounts.ebit
  - accounts.interest
  - accounts.tax
  - accounts.net_income
  - accounts.assets
  - accounts.fixed_assets
  - accounts.inventory
  - accounts.receivables
  - accounts.cash
  - accounts.equity
  - accounts.debt
  - accounts.bank_debt
  - accounts.payables
  - accounts.shareholder_loans
  - accounts.year_end_on
  - accounts.filed_on
direction: "+"
unit: mean absolute deviation of the nine shares
missing: >-
  There are too few amounts of the last years in one currency, or they span too narrow a range.
exclusions:
  - Amounts below one unit of the currency; losses count without their sign.
  - Amounts that recur too often.
assumptions:
  - Items of one account depend on each other, so that the test is a screen and no proof.
  - Accounts in thousands keep their first digits.
settings:
  years:
    type: integer
    default: 5
    unit: years
    minimum: 1
    maximum: 20
    description: Years up to the day of the study whose accounts count.
  limit:
    type: number
    default: 0.015
    unit: deviation
    minimum: 0.001
    maximum: 0.2
    description: A mean absolute deviation above this is flagged.
  least_chi_square:
    type: number
    default: 20.09
    unit: chi-square of 8 degrees
    minimum: 0
    maximum: 1000
    description: >-
      A company is flagged only from this statistic on, the default being its 99 % point.
  more_than:
    type: integer
    default: 39
    unit: amounts
    minimum: 10
    maximum: 100000
    description: Only companies with more amounts than this are tested.
  repeated_share:
    type: number
    default: 0.2
    unit: share
    minimum: 0.001
    maximum: 1
    description: An amount that makes up more of the company's than this is left out.
  least_ratio:
    type: number
    default: 100
    unit: ratio
    minimum: 1
    maximum: 1000000
    description: >-
      Ratio of the highest to the lowest amount below which digits are not expected to follow the
      law.
*/
WITH units AS (
    SELECT company.company_id AS company_id, company.company_id AS unit_id
    FROM unit_companies AS company
),
counted AS (
    SELECT
        accounts.company_id AS unit_id,
        accounts.currency AS currency,
        accounts.year_end_on AS year_end_on,
        unnest([
            accounts.revenue,
            accounts.materials,
            accounts.services,
            accounts.personnel,
            accounts.depreciation,
            accounts.ebit,
            accounts.interest,
            accounts.tax,
            accounts.net_income,
            accounts.assets,
            accounts.fixed_assets,
            accounts.inventory,
            accounts.receivables,
            accounts.cash,
            accounts.equity,
            accounts.debt,
            accounts.bank_debt,
            accounts.payables,
            accounts.shareholder_loans
        ]) AS amount
    FROM accounts
    CROSS JOIN study
    WHERE coalesce(accounts.filed_on, accounts.year_end_on) <= study.day
        AND accounts.year_end_on <= study.day
        AND date_diff('day', accounts.year_end_on, study.day) * 100 < $years * 36525
),
amounts AS (
    SELECT
        counted.unit_id AS unit_id,
        counted.currency AS currency,
        CASE WHEN counted.amount < 0 THEN -counted.amount ELSE counted.amount END AS amount
    FROM counted
),
proof AS (
    SELECT
        years.unit_id AS unit_id,
        max(years.year_end_on) AS on_date,
        list_sort(array_agg(
            'accounts:' || years.unit_id || '/' || CAST(years.year_end_on AS VARCHAR)
        )) AS records
    FROM (
        SELECT counted.unit_id AS unit_id, counted.year_end_on AS year_end_on
        FROM counted
        GROUP BY counted.unit_id, counted.year_end_on
    ) AS years
    GROUP BY years.unit_id
),
/* first_digits: steps/first_digits.sql */
judged AS (
    SELECT
        first_digits.company_id AS company_id,
        proof.on_date AS on_date,
        proof.records AS records,
        first_digits.deviation AS value,
        $limit AS threshold,
        first_digits.deviation > $limit AND first_digits.chi_square >= $least_chi_square
            AS is_flag,
        'first digits do not conform' AS when_flag,
        CASE
            WHEN first_digits.deviation > $limit
                THEN 'first digits deviate no more than so few amounts may'
            ELSE 'first digits conform'
        END AS when_clear,
        first_digits.obstacle AS obstacle
    FROM first_digits
    LEFT JOIN proof
        ON proof.unit_id = first_digits.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
