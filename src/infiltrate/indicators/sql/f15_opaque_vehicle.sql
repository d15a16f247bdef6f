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
        company.company_id AS company_id,
        structure.on_date AS on_date,
        structure.trusts AS value,
        1 AS threshold,
        structure.trusts >= 1 AS is_flag,
        'a trust among the owners' AS when_flag,
        'no trust among the owners on record' AS when_clear,
        structure.trust_chain AS records,
        CASE
            WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record'
            WHEN structure.trusts = 0 AND structure.unknown_kinds > 0 THEN 'kind of an owner not recorded'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
