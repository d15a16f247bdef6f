/*
code: P04
title: Loser becomes subcontractor
level: contract
definition: A firm that bid for the lot and lost works on it as a subcontractor.
formula: >-
  flag if a losing bidder is a subcontractor.
why: Sharing out the work afterwards is how a cartel pays those who let one win.
sources:
  - OECD (2012), Recommendation on fighting bid rigging in public procurement
ocp: []
needs: [bids.is_winner, companies.kind]
direction: "+"
unit: losers among the subcontractors
missing: The losing bids or the subcontractors are not recorded.
exclusions:
  - Natural persons are left out.
  - A firm that also was in the winning consortium is no loser.
assumptions:
  - A source that names subcontractors of some contracts names those of all.
  - The members of a consortium stand for it.
settings: {}
*/
WITH complete_sources AS (
    SELECT contracts.source_id AS source_id
    FROM contracts
    INNER JOIN subcontracts
        ON subcontracts.contract_id = contracts.contract_id
        AND subcontracts.lot_id = contracts.lot_id
        AND subcontracts.supplier_id = contracts.supplier_id
    GROUP BY contracts.source_id
),
bidders AS (
    SELECT
        bids.tender_id AS tender_id,
        bids.lot_id AS lot_id,
        bids.company_id AS bidder_id,
        coalesce(consortia.company_id, bids.company_id) AS company_id,
        bids.is_winner AS is_winner
    FROM bids
    LEFT JOIN consortia
        ON consortia.consortium_id = bids.company_id
),
contested AS (
    SELECT
        bidders.tender_id AS tender_id,
        bidders.lot_id AS lot_id,
        count(DISTINCT CASE WHEN NOT bidders.is_winner THEN bidders.bidder_id END) AS losers
    FROM bidders
    GROUP BY bidders.tender_id, bidders.lot_id
),
winners AS (
    SELECT
        bidders.tender_id AS tender_id,
        bidders.lot_id AS lot_id,
        bidders.company_id AS company_id
    FROM bidders
    WHERE bidders.is_winner
    GROUP BY bidders.tender_id, bidders.lot_id, bidders.company_id
),
found AS (
    SELECT DISTINCT
        contract.entity_id AS entity_id,
        subcontracts.subcontractor_id AS company_id,
        bidders.bidder_id AS bidder_id,
        contract.tender_id AS tender_id,
        contract.lot_id AS lot_id
    FROM unit_contracts AS contract
    INNER JOIN subcontracts
        ON subcontracts.contract_id = contract.contract_id
        AND subcontracts.lot_id = contract.lot_id
        AND subcontracts.supplier_id = contract.company_id
    INNER JOIN bidders
        ON bidders.tender_id = contract.tender_id
        AND bidders.lot_id = contract.lot_id
        AND bidders.company_id = subcontracts.subcontractor_id
        AND NOT bidders.is_winner
    LEFT JOIN companies
        ON companies.company_id = subcontracts.subcontractor_id
    LEFT JOIN winners
        ON winners.tender_id = contract.tender_id
        AND winners.lot_id = contract.lot_id
        AND winners.company_id = subcontracts.subcontractor_id
    WHERE winners.company_id IS NULL
        AND coalesce(companies.kind, 'unknown') IN ('company', 'unknown')
),
proofs AS (
    SELECT
        found.entity_id AS entity_id,
        'subcontracts:' || found.entity_id || '/' || found.company_id AS record
    FROM found
    UNION
    SELECT
        found.entity_id AS entity_id,
        'bids:' || found.tender_id || '/' || found.lot_id || '/' || found.bidder_id AS record
    FROM found
),
proof AS (
    SELECT proofs.entity_id AS entity_id, list_sort(array_agg(proofs.record)) AS records
    FROM proofs
    GROUP BY proofs.entity_id
),
counted AS (
    SELECT found.entity_id AS entity_id, count(DISTINCT found.company_id) AS losers
    FROM found
    GROUP BY found.entity_id
),
judged AS (
    SELECT
        contract.*,
        proof.records AS records,
        coalesce(counted.losers, 0) AS losers,
        CASE
            WHEN complete_sources.source_id IS NULL THEN 'the source names no subcontractor'
            WHEN coalesce(contested.losers, 0) = 0 THEN 'no losing bid on record'
        END AS obstacle
    FROM unit_contracts AS contract
    LEFT JOIN complete_sources
        ON complete_sources.source_id = contract.source_id
    LEFT JOIN contested
        ON contested.tender_id = contract.tender_id
        AND contested.lot_id = contract.lot_id
    LEFT JOIN counted
        ON counted.entity_id = contract.entity_id
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
        WHEN losers >= 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(losers AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN losers >= 1 THEN 'a loser of the lot works on it'
        ELSE 'no loser of the lot works on it'
    END AS detail,
    list_sort(list_concat(['contracts:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
