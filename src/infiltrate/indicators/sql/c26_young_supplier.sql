/*
code: C26
title: Young supplier
level: contract
definition: The supplier was founded shortly before it signed the contract.
formula: >-
  days = signature - incorporation; flag if days < young_days.
why: A firm without a past that wins at once may be a front.
sources:
  - "DIGIWHIST, opentender.eu (2022): founded less than 365 days before the award"
  - Fazekas, Sberna and Vannucci (2022), Governance 35
ocp: []
needs: [companies.incorporated_on, contracts.signed_on]
direction: "+"
unit: days
missing: The day of signature or of incorporation is not recorded.
exclusions:
  - Suppliers that are natural persons are never scored.
  - Consortia are founded for one purchase and have no age.
assumptions:
  - A firm that changed its number or legal form may look younger than it is.
settings:
  young_days:
    type: integer
    default: 365
    unit: days
    minimum: 1
    maximum: 3650
    description: A supplier younger than this is flagged.
*/
WITH measured AS (
    SELECT
        contract.*,
        date_diff('day', contract.supplier_incorporated_on, contract.on_date) AS days
    FROM unit_contracts AS contract
),
judged AS (
    SELECT
        measured.*,
        CASE
            WHEN measured.supplier_kind = 'natural_person' THEN 'the supplier is a natural person'
            WHEN measured.supplier_kind = 'consortium' THEN 'the supplier is a consortium'
            WHEN measured.on_date IS NULL THEN 'day of signature not recorded'
            WHEN measured.supplier_incorporated_on IS NULL
                THEN 'day of incorporation not recorded'
            WHEN measured.days < 0 THEN 'signed before incorporation'
        END AS obstacle
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN days < $young_days THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(days AS DOUBLE) END AS value,
    CAST($young_days AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN days < $young_days THEN 'the supplier is young'
        ELSE 'the supplier has a past'
    END AS detail,
    ['companies:' || company_id, 'contracts:' || entity_id] AS evidence
FROM judged
