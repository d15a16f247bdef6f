/*
code: F21
title: Wakes with much revenue
level: company
definition: >-
  After two financial years without revenue the company has more than most of its sector.
formula: >-
  share = peers with no more revenue / peers; flag if revenue was 0 in two years running, and share >
  high_share in the next, in any of the last three years.
why: A shell kept on a shelf is woken when invoices are needed.
sources:
  - Definition of this project
ocp: []
needs:
  - accounts.revenue
  - accounts.year_end_on
  - accounts.filed_on
  - companies.sector_id
  - sectors.section
direction: "+"
unit: 1 if it woke so, else 0
missing: >-
  No three financial years running, the last of them among the last three years, are known with
  their revenue, or too few companies of the section are.
exclusions:
  - Accounts filed after the day of the study.
assumptions:
  - Peers are companies of the same section with accounts of the same year and currency.
settings:
  high_share:
    type: number
    default: 0.75
    unit: share of peers
    minimum: 0.1
    maximum: 1
    description: Revenue above that of more than this share of the peers is much.
  fewest_peers:
    type: integer
    default: 20
    unit: companies
    minimum: 2
    maximum: 10000
    description: Companies that a group of peers must have, the company itself included.
*/
WITH ranked AS (
    SELECT
        account.company_id AS company_id,
        account.year_end_on AS year_end_on,
        account.on_date AS on_date,
        account.records_of_three_years AS records,
        account.revenue_two_years_before IS NOT NULL AND account.earlier_revenue IS NOT NULL
            AS has_history,
        account.revenue_two_years_before = 0 AND account.earlier_revenue = 0
            AND account.revenue > 0 AS woke,
        CAST(count(*) OVER (
            PARTITION BY account.section, account.currency, account.account_year
            ORDER BY account.revenue
        ) AS DOUBLE) AS lower_peers,
        CAST(count(*) OVER (
            PARTITION BY account.section, account.currency, account.account_year
        ) AS DOUBLE) AS peers
    FROM account_years AS account
    WHERE account.revenue IS NOT NULL AND account.section IS NOT NULL
),
marked AS (
    SELECT
        ranked.*,
        ranked.woke AND ranked.lower_peers > $high_share * ranked.peers AS is_burst
    FROM ranked
    WHERE ranked.has_history AND ranked.peers >= $fewest_peers
),
chosen AS (
    SELECT
        marked.*,
        row_number() OVER (
            PARTITION BY marked.company_id
            ORDER BY CASE WHEN marked.is_burst THEN 0 ELSE 1 END, marked.year_end_on DESC
        ) AS choice
    FROM marked
),
judged AS (
    SELECT
        company.company_id AS company_id,
        chosen.on_date AS on_date,
        CASE WHEN chosen.is_burst THEN 1 ELSE 0 END AS value,
        1 AS threshold,
        chosen.is_burst AS is_flag,
        'much revenue after two years without' AS when_flag,
        'not asleep before, or not much since' AS when_clear,
        chosen.records AS records,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN chosen.company_id IS NULL
                THEN 'revenue of three years running, or peers enough, not known'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN chosen
        ON chosen.company_id = company.company_id
        AND chosen.choice = 1
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
