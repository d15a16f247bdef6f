/*
code: C12
title: Cost overrun
level: contract
definition: The final value of the contract exceeds its value at signature by a large share.
formula: >-
  overrun = final value / value - 1; flag if overrun >= large_share.
why: A low bid made good by later additions is a way to win and still be paid.
sources:
  - "Ravenda et al. (2020), European Journal of Political Economy 64: larger for winners tied to organised crime"
  - Government Transparency Institute, ProACT (2022)
ocp: []
needs: [contracts.value, contracts.final_value]
direction: "+"
unit: final value as a share of the value at signature, minus 1
missing: The value at signature or the final value is not recorded.
exclusions:
  - Values that are not above zero are not compared.
assumptions:
  - Both values are in the currency of the row and in nominal terms.
settings:
  large_share:
    type: number
    default: 0.15
    unit: share
    minimum: 0.001
    maximum: 10
    description: An overrun this large or larger is flagged.
*/
WITH measured AS (
    SELECT
        contract.*,
        CAST(contract.final_value - contract.value AS DOUBLE)
            / CAST(contract.value AS DOUBLE) AS overrun,
        CASE
            WHEN contract.value IS NULL THEN 'value at signature not recorded'
            WHEN contract.final_value IS NULL THEN 'final value not recorded'
            WHEN contract.value <= 0 OR contract.final_value <= 0 THEN 'value not above zero'
        END AS obstacle
    FROM unit_contracts AS contract
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN overrun >= $large_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN overrun END AS value,
    CAST($large_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN overrun >= $large_share THEN 'large overrun'
        WHEN overrun > 0 THEN 'small overrun'
        ELSE 'no overrun'
    END AS detail,
    ['contracts:' || entity_id] AS evidence
FROM measured
