/*
code: F14
title: Distant beneficial owner
level: company
definition: >-
              The nearest natural person with the legal share of a beneficial owner, or with
              control, stands many stakes above the company.
formula: >-
  stakes in the shortest chain to such a person; flag if far or more.
why: Every layer between a company and a person is one more to look through.
sources:
  - "Jofre, Bosisio and Riccardi (2024): distance to beneficial owners, project DATACROS"
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.owner_kind
  - ownership.share_low
  - ownership.share_high
  - ownership.interest
  - ownership.is_beneficial
  - ownership_thresholds.share
  - companies.country
direction: "+"
unit: stakes
missing: No owner or share is on record, or no natural person reaches the threshold (F13).
exclusions: []
assumptions:
  - A range counts with its upper end.
  - A declared beneficial owner is one stake away.
settings:
  far:
    type: integer
    default: 4
    unit: stakes
    minimum: 1
    maximum: 1000
    description: This many stakes or more are flagged.
*/
WITH judged AS (
    SELECT
        company.company_id AS company_id,
        structure.on_date AS on_date,
        structure.person_steps AS value,
        $far AS threshold,
        structure.person_steps >= $far AS is_flag,
        'the nearest beneficial owner is far' AS when_flag,
        'the nearest beneficial owner is near' AS when_clear,
        structure.person_chain AS records,
        CASE
            WHEN structure.company_id IS NULL THEN 'no owner on record'
            WHEN structure.stated = 0 AND structure.persons_certain = 0
                AND structure.persons_declared = 0
                THEN 'no share on record'
            WHEN structure.person_steps IS NULL THEN 'no natural person reaches the threshold'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
