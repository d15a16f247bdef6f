/*
code: C17
title: Large subcontracted share
level: contract
definition: A large part of the contract is passed on to subcontractors.
formula: >-
  share = share as signed, or sum of the subcontracts / value; flag if share >= high_share.
why: >-
       The winner may lend its name to a firm that could not win, or pay it for not bidding.
sources:
  - Decarolis and Giorgiantonio (2022), EPJ Data Science 11
  - Directive 2014/24/EU, article 71, lets buyers ask for the share passed on
ocp: []
needs:
  - contracts.subcontracted_share
  - contracts.value
  - contracts.currency
  - subcontracts.value
  - subcontracts.currency
direction: "+"
unit: share of the contract value
missing: Neither the share nor the value of every subcontract is recorded.
exclusions: []
assumptions:
  - The share as signed is preferred to the sum of the subcontracts.
  - A contract without any subcontract on record may still have some, so nothing is said of it.
settings:
  high_share:
    type: number
    default: 0.3
    unit: share
    minimum: 0.01
    maximum: 1
    description: A share this high or higher is flagged.
*/
WITH passed_on AS (
    SELECT
        subcontracts.contract_id AS contract_id,
        subcontracts.lot_id AS lot_id,
        subcontracts.supplier_id AS supplier_id,
        count(*) AS subcontracts,
        count(CASE WHEN subcontracts.currency IS NOT NULL THEN subcontracts.value END)
            AS priced_subcontracts,
        sum(subcontracts.value) AS amount,
        min(subcontracts.currency) AS first_currency,
        max(subcontracts.currency) AS last_currency,
        list_sort(array_agg(
            'subcontracts:' || subcontracts.contract_id || '/' || subcontracts.lot_id || '/'
            || subcontracts.supplier_id || '/' || subcontracts.subcontractor_id
        )) AS records
    FROM subcontracts
    GROUP BY subcontracts.contract_id, subcontracts.lot_id, subcontracts.supplier_id
),
judged AS (
    SELECT
        contract.*,
        passed_on.records AS records,
        coalesce(
            contract.subcontracted_share,
            CAST(passed_on.amount AS DOUBLE) / CAST(nullif(contract.value, 0) AS DOUBLE)
        ) AS share,
        CASE
            WHEN contract.subcontracted_share IS NOT NULL THEN NULL
            WHEN passed_on.contract_id IS NULL THEN 'subcontracted share not recorded'
            WHEN passed_on.priced_subcontracts < passed_on.subcontracts
                THEN 'value of a subcontract not recorded'
            WHEN contract.value IS NULL OR contract.currency IS NULL
                THEN 'value at signature not recorded'
            WHEN contract.value <= 0 THEN 'value not above zero'
            WHEN passed_on.first_currency <> contract.currency
                OR passed_on.last_currency <> contract.currency
                THEN 'contract and subcontracts in different currencies'
        END AS obstacle
    FROM unit_contracts AS contract
    LEFT JOIN passed_on
        ON passed_on.contract_id = contract.contract_id
        AND passed_on.lot_id = contract.lot_id
        AND passed_on.supplier_id = contract.company_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= $high_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($high_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share >= $high_share THEN 'a large part is passed on'
        ELSE 'a small part or none is passed on'
    END AS detail,
    list_concat(['contracts:' || entity_id], coalesce(records, CAST([] AS VARCHAR[]))) AS evidence
FROM judged
