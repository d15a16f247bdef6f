/*
code: C06
title: Supplier in secrecy jurisdiction
level: contract
definition: >-
              The supplier, or an owner of it, is in a country that was on a list of secrecy or of
              failings against money laundering on the day of signature.
formula: >-
  country of supplier or owner on a list in force on the day of signature.
why: Where owners stay hidden, the money and those behind it do too.
sources:
  - >-
      Government Transparency Institute, ProACT (2022): Financial Secrecy Index above 59.5, the
      United States exempt
  - FATF and European Union, lists of jurisdictions
ocp: []
needs:
  - companies.country
  - ownership.owner_country
  - ownership.valid_from
  - ownership.valid_to
  - contracts.signed_on
  - jurisdictions.country
  - jurisdictions.score
direction: "+"
unit: 1 if listed, else 0
missing: >-
           Neither the country of the supplier nor of an owner is recorded, or no list was in force
           on the day.
exclusions:
  - The country of the study itself is never counted, nor those exempt.
  - Suppliers that are natural persons are never scored.
assumptions:
  - >-
      Owners of owners are followed only as far as the table of ownership lists them for the
      supplier.
  - A list that is not in the parameters says nothing.
settings:
  secret_above:
    type: number
    default: 59.5
    unit: points
    minimum: 0
    maximum: 100
    description: Secrecy score above which a country counts.
  lists:
    type: names
    values: [financial_secrecy, fatf_call_for_action, fatf_increased_monitoring, eu_high_risk, eu_tax_blacklist]
    default: >-
               financial_secrecy,fatf_call_for_action,fatf_increased_monitoring,eu_high_risk,eu_tax_blacklist
    description: Lists that count.
  exempt:
    type: names
    default: US
    description: Countries that never count, by code.
*/
WITH lists_in_force AS (
    SELECT DISTINCT
        contract.on_date AS on_date,
        jurisdictions.country AS country,
        CASE
            WHEN jurisdictions.listed_as = 'financial_secrecy'
                THEN jurisdictions.score > $secret_above
            ELSE TRUE
        END AS is_listed
    FROM (
        SELECT DISTINCT contracts.signed_on AS on_date
        FROM contracts
        WHERE contracts.signed_on IS NOT NULL
    ) AS contract
    INNER JOIN jurisdictions
        ON jurisdictions.valid_from <= contract.on_date
        AND coalesce(jurisdictions.valid_to, make_date(9999, 12, 31)) >= contract.on_date
    WHERE list_contains(string_split($lists, ','), jurisdictions.listed_as)
),
days AS (
    SELECT lists_in_force.on_date AS on_date
    FROM lists_in_force
    GROUP BY lists_in_force.on_date
),
listed AS (
    SELECT DISTINCT
        lists_in_force.on_date AS on_date,
        lists_in_force.country AS country
    FROM lists_in_force
    CROSS JOIN study
    WHERE lists_in_force.is_listed
        AND lists_in_force.country <> study.country
        AND NOT list_contains(string_split($exempt, ','), lists_in_force.country)
),
homes AS (
    SELECT
        contract.entity_id AS entity_id,
        contract.on_date AS on_date,
        contract.supplier_country AS country,
        'companies:' || contract.company_id AS record
    FROM unit_contracts AS contract
    WHERE contract.supplier_country IS NOT NULL
    UNION ALL
    SELECT
        contract.entity_id AS entity_id,
        contract.on_date AS on_date,
        ownership.owner_country AS country,
        'ownership:' || ownership.owner_id || '/' || ownership.company_id || '/'
        || ownership.interest || '/' || CAST(ownership.valid_from AS VARCHAR) AS record
    FROM unit_contracts AS contract
    INNER JOIN ownership
        ON ownership.company_id = contract.company_id
        AND ownership.valid_from <= contract.on_date
        AND coalesce(ownership.valid_to, make_date(9999, 12, 31)) >= contract.on_date
    WHERE ownership.owner_country IS NOT NULL
),
found AS (
    SELECT
        homes.entity_id AS entity_id,
        count(listed.country) AS listed_homes
    FROM homes
    LEFT JOIN listed
        ON listed.on_date = homes.on_date
        AND listed.country = homes.country
    GROUP BY homes.entity_id
),
proof AS (
    SELECT
        homes.entity_id AS entity_id,
        list_sort(array_agg(homes.record)) AS records
    FROM homes
    INNER JOIN listed
        ON listed.on_date = homes.on_date
        AND listed.country = homes.country
    GROUP BY homes.entity_id
),
judged AS (
    SELECT
        contract.*,
        proof.records AS records,
        CASE WHEN found.listed_homes > 0 THEN 1 ELSE 0 END AS is_listed,
        CASE
            WHEN contract.supplier_kind = 'natural_person' THEN 'the supplier is a natural person'
            WHEN contract.on_date IS NULL THEN 'day of signature not recorded'
            WHEN days.on_date IS NULL THEN 'no list of jurisdictions in force on this day'
            WHEN found.entity_id IS NULL THEN 'country of the supplier and its owners not recorded'
        END AS obstacle
    FROM unit_contracts AS contract
    LEFT JOIN days
        ON days.on_date = contract.on_date
    LEFT JOIN found
        ON found.entity_id = contract.entity_id
    LEFT JOIN proof
        ON proof.entity_id = contract.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN is_listed = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(is_listed AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN is_listed = 1 THEN 'the supplier or an owner is in a listed jurisdiction'
        ELSE 'no listed jurisdiction among the countries on record'
    END AS detail,
    list_sort(list_concat(['contracts:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
