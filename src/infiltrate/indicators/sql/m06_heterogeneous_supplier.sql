/*
code: M06
title: Supplies too many products
level: company
definition: >-
              The number of product divisions in which the firm won contracts is at or above the
              upper fence of all firms.
formula: >-
  flag if distinct product divisions >= limit, or Q3 + 1.5 (Q3 - Q1).
why: A firm that sells everything may make nothing and win by other means.
sources:
  - Open Contracting Partnership, Cardinal, R048
ocp: [R048]
needs: [tenders.product_code]
direction: "+"
unit: product divisions
missing: >-
           The product of a contract is not recorded, or the firm has too few contracts.
exclusions:
  - Natural persons and consortia are never judged.
assumptions:
  - >-
      Without a limit the fence comes from the data, so that other units move it; quartiles are of
      type 8 of Hyndman and Fan (1996).
  - A product division is the leading characters of the product code.
settings:
  limit:
    type: number
    default: 0
    unit: divisions
    minimum: 0
    maximum: 1000
    description: >-
                   Divisions at or above which a firm is flagged; 0 takes the upper fence, Q3 + 1.5
                   IQR, of the data.
  digits:
    type: integer
    default: 2
    unit: characters
    minimum: 1
    maximum: 12
    description: Leading characters of the product code that make a division.
  fewest_purchases:
    type: integer
    default: 20
    unit: tenders
    minimum: 1
    maximum: 10000
    description: Tenders that a firm must have won.
  described_share:
    type: number
    default: 0.8
    unit: share
    minimum: 0
    maximum: 1
    description: Lowest share of the firm's contracts that must have a product.
*/
WITH counted AS (
    SELECT
        contracts.supplier_id AS company_id,
        count(*) AS contracts,
        count(DISTINCT coalesce(contracts.tender_id, contracts.contract_id)) AS purchases,
        count(tenders.product_code) AS described,
        CAST(count(DISTINCT substr(tenders.product_code, 1, $digits)) AS DOUBLE) AS divisions,
        list_sort(array_agg(
            'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
            || contracts.supplier_id
        )) AS records
    FROM contracts
    INNER JOIN unit_companies AS company
        ON company.company_id = contracts.supplier_id
    LEFT JOIN tenders
        ON tenders.tender_id = contracts.tender_id
        AND tenders.lot_id = contracts.lot_id
    GROUP BY contracts.supplier_id
),
measured AS (
    SELECT
        counted.company_id AS company_id,
        counted.divisions AS divisions,
        counted.records AS records,
        CASE
            WHEN counted.purchases < $fewest_purchases THEN 'too few contracts'
            WHEN CAST(counted.described AS DOUBLE)
                < $described_share * CAST(counted.contracts AS DOUBLE)
                THEN 'product not recorded for too many contracts'
        END AS obstacle
    FROM counted
),
compared AS (
    SELECT measured.company_id AS unit_id, 0 AS period, measured.divisions AS value
    FROM measured
    WHERE measured.obstacle IS NULL
),
/* tukey_fences: steps/tukey_fences.sql */
fence AS (
    SELECT
        CASE
            WHEN $limit > 0 THEN CAST($limit AS DOUBLE)
            ELSE max(tukey_fences.upper_fence)
        END AS fence
    FROM tukey_fences
),
judged AS (
    SELECT
        company.entity_id AS entity_id,
        CAST(NULL AS VARCHAR) AS buyer_id,
        company.company_id AS company_id,
        CAST(NULL AS DATE) AS on_date,
        measured.records AS records,
        measured.divisions AS divisions,
        fence.fence AS fence,
        CASE
            WHEN measured.company_id IS NULL THEN 'no contract in the data'
            WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
            WHEN fence.fence IS NULL OR fence.fence <= 0 THEN 'the data give no usable fence'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN fence
    LEFT JOIN measured
        ON measured.company_id = company.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN divisions >= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN divisions END AS value,
    CASE WHEN fence > 0 THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN divisions >= fence THEN 'supplies unusually many products'
        ELSE 'supplies as many products as others'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND divisions >= fence THEN records
        ELSE ['companies:' || entity_id]
    END AS evidence
FROM judged
