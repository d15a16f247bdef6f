/*
code: F08
title: Crowded address
level: company
definition: Many companies that exist are registered at the same address.
formula: >-
  flag if companies at the address >= many.
why: Shell companies are often set up in numbers at one address.
sources:
  - Definition of this project, after cases of shell companies described in the literature
ocp: []
needs: [companies.address_key, companies.status, companies.dissolved_on]
direction: "+"
unit: companies
missing: The address is not recorded.
exclusions:
  - Addresses with more companies than a business has are those of agents and are not computable.
assumptions:
  - Companies without a recorded end count as existing; the company itself is counted.
  - Only companies in the data are counted, so the number is a floor.
  - >-
      Agents are told by a number of companies and not as the most crowded addresses of the data, of
      which there are some whether or not there are agents.
settings:
  many:
    type: integer
    default: 10
    unit: companies
    minimum: 2
    maximum: 10000
    description: This many companies or more at an address are flagged.
  agent_cap:
    type: integer
    default: 200
    unit: companies
    minimum: 2
    maximum: 1000000
    description: An address with more companies is taken as that of a formation agent.
*/
WITH addresses AS (
    SELECT
        company.address_key AS address_key,
        count(
            CASE
                WHEN coalesce(company.status, 'unknown') NOT IN ('dissolved', 'struck_off')
                    AND company.dissolved_on IS NULL
                    THEN 1
            END
        ) AS companies
    FROM unit_companies AS company
    WHERE company.address_key IS NOT NULL
    GROUP BY company.address_key
),
judged AS (
    SELECT
        company.*,
        addresses.companies AS companies,
        CASE
            WHEN company.address_key IS NULL THEN 'address not recorded'
            WHEN addresses.companies > $agent_cap THEN 'address of an agent or business centre'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN addresses
        ON addresses.address_key = company.address_key
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    observed_on AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN companies >= $many THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(companies AS DOUBLE) END AS value,
    CAST($many AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN companies >= $many THEN 'many companies at the address'
        ELSE 'few companies at the address'
    END AS detail,
    ['companies:' || entity_id] AS evidence
FROM judged
