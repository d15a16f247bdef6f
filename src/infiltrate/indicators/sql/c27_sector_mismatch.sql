/*
code: C27
title: Supplier outside its sector
level: contract
definition: The product bought is not supplied by the sector of the supplier's main activity.
formula: >-
  flag if no section that supplies the product is the section of the supplier.
why: A firm that wins what it does not make may be a front, or a passage for subcontracting.
sources:
  - Definition of this project, after practice of anti-corruption authorities
ocp: []
needs: [companies.sector_id, sectors.section, tenders.product_code, sector_products.prefix]
direction: "+"
unit: 1 if outside, else 0
missing: >-
  The product or the supplier's sector is not recorded, or the parameters do not say who supplies
  the product.
exclusions:
  - Suppliers that are natural persons are never scored.
assumptions:
  - The main activity in the register is up to date; trade in a product counts only if mapped.
  - A product that the map gives to several sectors is inside each of them.
settings: {}
*/
WITH products AS (
    SELECT DISTINCT tenders.product_code AS product_code
    FROM tenders
    WHERE tenders.product_code IS NOT NULL
),
suppliers_of_products AS (
    SELECT DISTINCT
        products.product_code AS product_code,
        sector_products.section AS section
    FROM products
    INNER JOIN sector_products
        ON substr(products.product_code, 1, length(sector_products.prefix))
            = sector_products.prefix
),
mapped_products AS (
    SELECT DISTINCT suppliers_of_products.product_code AS product_code
    FROM suppliers_of_products
),
mapped_sections AS (
    SELECT DISTINCT sector_products.section AS section
    FROM sector_products
),
judged AS (
    SELECT
        contract.*,
        CASE WHEN suppliers_of_products.section IS NULL THEN 1 ELSE 0 END AS outside,
        CASE
            WHEN contract.supplier_kind = 'natural_person' THEN 'the supplier is a natural person'
            WHEN sectors.section IS NULL THEN 'sector of the supplier not recorded'
            WHEN contract.product_code IS NULL THEN 'product not recorded'
            WHEN mapped_products.product_code IS NULL
                THEN 'product not in the map of sectors to products'
            WHEN mapped_sections.section IS NULL
                THEN 'sector of the supplier not in the map of sectors to products'
        END AS obstacle
    FROM unit_contracts AS contract
    LEFT JOIN sectors
        ON sectors.sector_id = contract.supplier_sector_id
    LEFT JOIN mapped_products
        ON mapped_products.product_code = contract.product_code
    LEFT JOIN mapped_sections
        ON mapped_sections.section = sectors.section
    LEFT JOIN suppliers_of_products
        ON suppliers_of_products.product_code = contract.product_code
        AND suppliers_of_products.section = sectors.section
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN outside = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(outside AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN outside = 1 THEN 'the product belongs to other sectors'
        ELSE 'the product belongs to the sector of the supplier'
    END AS detail,
    ['companies:' || company_id, 'contracts:' || entity_id] AS evidence
FROM judged
