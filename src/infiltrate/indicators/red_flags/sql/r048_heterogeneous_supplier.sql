/*
code: R048
title: Heterogeneous supplier
levels: [tenderer]
definition: A supplier supplies at least as many kinds of goods as the threshold.
why: A firm that sells everything may be a front that passes contracts on.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R048
  - Open Contracting Partnership, Cardinal 0.0.8, R048
needs: [supplier_divisions, fences]
unit: kinds of goods
missing: The supplier has fewer processes with classified items than the minimum.
exclusions:
  - Awards to several suppliers, since it is not known who supplies what.
assumptions:
  - Items with the same first digits of their classification are of one kind.
  - Without a threshold it is the upper fence of the data.
fences:
  - {level: tenderer, relation: supplier_divisions, value: judged_divisions}
settings:
  digits:
    type: integer
    default: 2
    unit: digits
    minimum: 0
    maximum: 20
    description: First digits of the classification that tell kinds of goods apart.
  threshold:
    type: integer
    default: null
    unit: kinds of goods
    minimum: 0
    maximum: 1000
    description: Kinds of goods from which a supplier is flagged; the upper fence when empty.
  minimum_contracting_processes:
    type: integer
    default: 20
    unit: processes
    minimum: 0
    maximum: 1000000
    description: Suppliers with fewer processes are not judged.
*/
WITH judged AS (
    SELECT
        supplier.supplier_id AS supplier_id,
        supplier.judged_divisions AS divisions,
        coalesce(CAST($threshold AS DOUBLE), fences.upper_fence) AS threshold
    FROM supplier_divisions AS supplier
    LEFT JOIN fences ON fences.indicator = 'R048'
)
SELECT
    'tenderer' AS level,
    judged.supplier_id AS entity_id,
    CAST(NULL AS BIGINT) AS process,
    coalesce(judged.divisions >= judged.threshold, FALSE) AS is_flag,
    CASE
        WHEN judged.divisions IS NULL THEN 'not_computable'
        WHEN judged.divisions >= judged.threshold THEN 'flag'
        ELSE 'clear'
    END AS state,
    judged.divisions AS value,
    judged.threshold AS threshold,
    judged.divisions AS output,
    CASE
        WHEN judged.divisions IS NULL THEN 'too few processes'
        WHEN judged.divisions >= judged.threshold THEN 'supplies many kinds of goods'
        ELSE 'supplies few kinds of goods'
    END AS detail,
    ['tenderers:' || judged.supplier_id] AS evidence
FROM judged
