/*
code: F13
title: No known beneficial owner
level: company
definition: >-
              No natural person is on record who holds the legal share of a beneficial owner,
              directly or through companies, controls by votes, or is declared.
formula: >-
  greatest integrated share of one natural person; flag if below the threshold of the country and
  nobody controls or is declared.
why: Where nobody stands behind a company on paper, somebody does in fact.
sources:
  - >-
      Directive (EU) 2015/849, article 3(6): 25 % or control by other means
  - "Transcrime for PoliS-Lombardia (2024): missing beneficial owner"
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
unit: share
missing: No owner or share is on record, or not what an owner is, or the company is the state's.
exclusions:
  - Companies of which a state holds the threshold.
assumptions:
  - A range counts with its upper end, unless only_certain is set.
  - The threshold is that of the country of the company on the day.
settings:
  only_certain:
    type: boolean
    default: false
    description: Whether only shares whose lower end reaches the threshold count.
  flag_unrecorded:
    type: boolean
    default: false
    description: Whether companies without any owner on record are flagged, where a full register was read.
*/
WITH described AS (
    SELECT
        company.company_id AS company_id,
        structure.threshold AS least,
        CASE
            WHEN structure.company_id IS NULL THEN 0
            WHEN $only_certain THEN structure.person_low
            ELSE structure.person_high
        END AS share,
        coalesce(CASE
            WHEN $only_certain THEN structure.persons_certain
            ELSE structure.persons_possible
        END, 0) + coalesce(structure.persons_declared, 0) AS persons,
        structure.on_date AS on_date,
        CASE
            WHEN structure.person_steps IS NOT NULL THEN structure.person_chain
            ELSE structure.longest_chain
        END AS chain,
        CASE
            WHEN structure.company_id IS NULL AND NOT $flag_unrecorded THEN 'no owner on record'
            WHEN structure.unknown_kinds > 0 AND structure.persons_possible = 0
                AND structure.persons_declared = 0
                THEN 'kind of an owner not recorded'
            WHEN structure.stated = 0 AND structure.persons_certain = 0
                AND structure.persons_declared = 0
                THEN 'no share on record'
            WHEN structure.state_high >= structure.threshold THEN 'owned by a state'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
),
judged AS (
    SELECT
        described.company_id AS company_id,
        described.on_date AS on_date,
        described.share AS value,
        CASE
            WHEN described.obstacle IS NULL THEN coalesce(described.least, CAST(0.25 AS DOUBLE))
        END AS threshold,
        described.persons = 0 AS is_flag,
        'no natural person reaches the threshold' AS when_flag,
        'a natural person reaches the threshold, controls or is declared' AS when_clear,
        described.chain AS records,
        described.obstacle AS obstacle
    FROM described
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
