/*
code: F15
title: Trust among owners
level: company
definition: A trust, foundation or fiduciary stands above the company.
formula: >-
  owners of kind trust above the company, directly or not; flag if 1 or more.
why: Trusts and fiduciaries part the name on paper from whoever benefits.
sources:
  - "Jofre, Bosisio and Riccardi (2024): opaque vehicles, project DATACROS"
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.share_low
  - ownership.share_high
  - ownership.owner_kind
direction: "+"
unit: trusts
missing: No owner is on record, or what an owner is not known and no trust is.
exclusions: []
assumptions:
  - Only what the register calls a trust, foundation or fiduciary is seen.
settings: {}
*/
WITH judged AS (
    SELECT
        company.*,
        structure.trusts AS trusts,
        structure.on_date AS on_date,
        structure.trust_chain AS chain,
        CASE
            WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record'
            WHEN structure.trusts = 0 AND structure.unknown_kinds > 0 THEN 'kind of an owner not recorded'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN trusts >= 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(trusts AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN trusts >= 1 THEN 'a trust among the owners'
        ELSE 'no trust among the owners on record'
    END AS detail,
    list_sort(list_concat(['companies:' || entity_id], coalesce(chain, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
