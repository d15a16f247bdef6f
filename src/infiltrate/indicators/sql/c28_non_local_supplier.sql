/*
code: C28
title: Supplier from elsewhere
level: contract
definition: >-
              The supplier is registered in another area than the place of performance.
formula: >-
  flag unless one area is the other or lies in it.
why: >-
       Outsiders can be sent in by a group, and locals can be its protected firms, so the sign is
       open.
sources:
  - Government Transparency Institute, ProACT (2022), non-local supplier
ocp: []
needs: [areas.parent_id, companies.area_id, tenders.area_id]
direction: "?"
unit: 1 if from elsewhere, else 0
missing: >-
           The area of the supplier or the place of performance is not recorded, or unknown.
exclusions:
  - Suppliers that are natural persons are never scored.
assumptions:
  - An area and the larger one it lies in are the same place, since sources differ in detail.
  - The registered address is the one of today.
settings: {}
*/
WITH lines AS (
    SELECT
        areas.area_id AS area_id,
        areas.parent_id AS parent_id,
        mother.parent_id AS grandparent_id,
        grandmother.parent_id AS root_id
    FROM areas
    LEFT JOIN areas AS mother
        ON mother.area_id = areas.parent_id
    LEFT JOIN areas AS grandmother
        ON grandmother.area_id = mother.parent_id
),
judged AS (
    SELECT
        contract.*,
        CASE
            WHEN contract.area_id IN (
                own.area_id,
                coalesce(own.parent_id, ''),
                coalesce(own.grandparent_id, ''),
                coalesce(own.root_id, '')
            ) THEN 0
            WHEN own.area_id IN (
                coalesce(place.parent_id, ''),
                coalesce(place.grandparent_id, ''),
                coalesce(place.root_id, '')
            ) THEN 0
            ELSE 1
        END AS elsewhere,
        CASE
            WHEN contract.supplier_kind = 'natural_person' THEN 'the supplier is a natural person'
            WHEN contract.supplier_area_id IS NULL THEN 'area of the supplier not recorded'
            WHEN contract.area_id IS NULL THEN 'place of performance not recorded'
            WHEN own.area_id IS NULL OR place.area_id IS NULL
                THEN 'area not in the list of areas'
        END AS obstacle
    FROM unit_contracts AS contract
    LEFT JOIN lines AS own
        ON own.area_id = contract.supplier_area_id
    LEFT JOIN lines AS place
        ON place.area_id = contract.area_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN elsewhere = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(elsewhere AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN elsewhere = 1 THEN 'the supplier is from elsewhere'
        ELSE 'the supplier is from the area'
    END AS detail,
    ['companies:' || company_id, 'contracts:' || entity_id] AS evidence
FROM judged
