/*
code: F70
title: Not active in register
level: company
definition: The company is not in the register, or not active, on the day the register was read.
formula: >-
  flag if not in the register, or its status is not active.
why: A firm that wins public money but does not trade, or does not exist, may be a front.
sources:
  - Definition of this project, after practice of audit authorities
ocp: []
needs: [companies.status, companies.in_registry, companies.observed_on]
direction: "+"
unit: 1 if not active or not found, else 0
missing: The register was not read for this company, or gives no status.
exclusions: []
assumptions:
  - Status is that of the reading, not of the award; firms also end for honest reasons.
  - A company that a full register does not hold is not found, not unknown.
settings:
  not_active:
    type: names
    values_of: companies.status
    default: dormant,liquidation,insolvent,dissolved,struck_off
    description: Statuses that count as not active.
  flag_not_found:
    type: boolean
    default: true
    description: Whether absence is flagged; set to false where only an extract could be read.
*/
WITH judged AS (
    SELECT
        company.*,
        CASE
            WHEN list_contains(string_split($not_active, ','), company.status) THEN 1
            WHEN coalesce(company.status, 'unknown') <> 'unknown' THEN 0
            WHEN $flag_not_found AND NOT company.in_registry THEN 1
        END AS not_active
    FROM unit_companies AS company
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    observed_on AS on_date,
    CASE
        WHEN not_active IS NULL THEN 'not_computable'
        WHEN not_active = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CAST(not_active AS DOUBLE) AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN not_active IS NULL THEN 'status in the register not recorded'
        WHEN not_active = 0 THEN 'active in the register'
        WHEN coalesce(status, 'unknown') = 'unknown' THEN 'not found in the register'
        ELSE 'in the register but not active'
    END AS detail,
    ['companies:' || entity_id] AS evidence
FROM judged
