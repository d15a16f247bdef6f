/*
code: C14
title: Many amendments
level: contract
definition: The contract was amended many times.
formula: >-
  flag if amendments >= many.
why: Repeated changes can return to the supplier what competition took away.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
  - "Prozorro risk engine: three or more amendments"
ocp: []
needs: [contracts.amendments]
direction: "+"
unit: amendments
missing: The number of amendments is not recorded.
exclusions:
  - A negative number is taken as an error.
assumptions:
  - A recorded zero means that there was none.
settings:
  many:
    type: integer
    default: 3
    unit: amendments
    minimum: 1
    maximum: 100
    description: This many amendments or more are flagged.
*/
WITH counted AS (
    SELECT
        contract.*,
        CASE WHEN contract.amendments >= 0 THEN contract.amendments END AS changes
    FROM unit_contracts AS contract
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN changes IS NULL THEN 'not_computable'
        WHEN changes >= $many THEN 'flag'
        ELSE 'clear'
    END AS state,
    CAST(changes AS DOUBLE) AS value,
    CAST($many AS DOUBLE) AS threshold,
    CASE
        WHEN amendments IS NULL THEN 'number of amendments not recorded'
        WHEN changes IS NULL THEN 'negative number of amendments'
        WHEN changes >= $many THEN 'many amendments'
        WHEN changes > 0 THEN 'few amendments'
        ELSE 'no amendment'
    END AS detail,
    ['contracts:' || entity_id] AS evidence
FROM counted
