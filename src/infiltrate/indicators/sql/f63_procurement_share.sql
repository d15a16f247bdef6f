/*
code: F63
title: Lives on public contracts
level: company
definition: Public contracts signed in the last financial year with accounts make most revenue.
formula: >-
  share = contracts signed in the financial year / revenue; flag if share >= high_share.
why: A firm that lives on public contracts depends on those who award them.
sources:
  - Fazekas, Sberna and Vannucci (2022), Governance 35
ocp: []
needs:
  - accounts.revenue
  - accounts.currency
  - accounts.year_end_on
  - accounts.filed_on
  - contracts.value
  - contracts.currency
  - contracts.signed_on
direction: ±
unit: share of revenue
missing: There are no accounts with revenue, no contract, or one without a day or amount.
exclusions:
  - Contracts and revenue in different currencies are not compared.
assumptions:
  - The whole value counts in the year of signature, so the share can exceed 1.
  - A financial year is the twelve months up to its last day.
  - Contracts of consortia are not shared out to members, so the share is a floor.
settings:
  high_share:
    type: number
    default: 0.8
    unit: share
    minimum: 0.01
    maximum: 10
    description: A share this high or higher is flagged.
*/
WITH last_accounts AS (
    SELECT
        accounts.company_id AS company_id,
        max(accounts.year_end_on) AS year_end_on
    FROM accounts
    WHERE accounts.revenue > 0
    GROUP BY accounts.company_id
),
suppliers AS (
    SELECT
        contracts.supplier_id AS company_id,
        count(*) - count(contracts.signed_on) AS undated
    FROM contracts
    GROUP BY contracts.supplier_id
),
financial_years AS (
    SELECT
        company.entity_id AS entity_id,
        company.company_id AS company_id,
        accounts.year_end_on AS year_end_on,
        accounts.filed_on AS filed_on,
        accounts.revenue AS revenue,
        accounts.currency AS currency,
        suppliers.undated AS undated
    FROM unit_companies AS company
    LEFT JOIN last_accounts
        ON last_accounts.company_id = company.company_id
    LEFT JOIN accounts
        ON accounts.company_id = last_accounts.company_id
        AND accounts.year_end_on = last_accounts.year_end_on
    LEFT JOIN suppliers
        ON suppliers.company_id = company.company_id
),
signed AS (
    SELECT
        financial_years.company_id AS company_id,
        sum(contracts.value) AS amount,
        count(
            CASE
                WHEN contracts.value IS NULL OR contracts.value <= 0 OR contracts.currency IS NULL
                    THEN 1
            END
        ) AS unpriced,
        count(CASE WHEN contracts.currency <> financial_years.currency THEN 1 END) AS foreign_priced,
        list_sort(array_agg(
            'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
            || contracts.supplier_id
        )) AS records
    FROM financial_years
    INNER JOIN contracts
        ON contracts.supplier_id = financial_years.company_id
    WHERE contracts.signed_on <= financial_years.year_end_on
        AND contracts.signed_on
            > CAST(financial_years.year_end_on - INTERVAL 1 YEAR AS DATE)
    GROUP BY financial_years.company_id
),
judged AS (
    SELECT
        financial_years.*,
        signed.records AS records,
        coalesce(CAST(signed.amount AS DOUBLE), CAST(0 AS DOUBLE))
            / CAST(financial_years.revenue AS DOUBLE) AS share,
        CASE
            WHEN financial_years.undated IS NULL THEN 'no contract in the data'
            WHEN financial_years.revenue IS NULL THEN 'no accounts with revenue'
            WHEN financial_years.undated > 0
                THEN 'day of signature not recorded for every contract'
            WHEN signed.unpriced > 0 THEN 'amount not recorded for every contract of the year'
            WHEN signed.foreign_priced > 0 THEN 'contracts and revenue in different currencies'
        END AS obstacle
    FROM financial_years
    LEFT JOIN signed
        ON signed.company_id = financial_years.company_id
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    coalesce(filed_on, year_end_on) AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= $high_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($high_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share >= $high_share THEN 'most revenue comes from public contracts'
        ELSE 'most revenue comes from elsewhere'
    END AS detail,
    CASE
        WHEN year_end_on IS NULL THEN ['companies:' || entity_id]
        ELSE list_concat(
            ['accounts:' || entity_id || '/' || CAST(year_end_on AS VARCHAR)],
            coalesce(records, CAST([] AS VARCHAR[]))
        )
    END AS evidence
FROM judged
