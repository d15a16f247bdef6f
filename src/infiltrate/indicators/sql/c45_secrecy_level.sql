/*
code: C45
title: Tax haven by country
level: contract
definition: >-
              The secrecy score of the foreign supplier's country has a level of risk in this
              country.
formula: >-
  level = that of the range of the score of the supplier's country; flag if level >= flag_from.
why: Money paid to a firm abroad under secrecy is hard to follow.
sources:
  - >-
      Government Transparency Institute, ProACT (2020): score of the year above 59.5, domestic
      suppliers not judged
  - DIGIWHIST, opentender.eu (2022), tax haven
ocp: []
needs:
  - companies.country
  - contracts.signed_on
  - jurisdictions.score
  - jurisdictions.country
  - risk_levels.level
direction: "+"
unit: level of risk, 0 to 1
missing: >-
           The country has no levels, the supplier is domestic, or its country or its score is not
           known.
exclusions:
  - Domestic suppliers are not judged, as in ProACT.
  - Suppliers that are natural persons are never scored.
assumptions:
  - A score in no range has no risk.
  - An exempt country has the score 0.
  - Only the country of the supplier counts here; C06 looks at owners and other lists too.
settings:
  stated_in:
    type: string
    values: [document, code]
    default: document
    description: >-
                   Whether the levels of the publisher's document or of its program are used.
  flag_from:
    type: number
    default: 0.5
    unit: level
    minimum: 0.01
    maximum: 1
    description: A level this high or higher is flagged.
  exempt:
    type: names
    default: US
    description: Countries taken as without secrecy, by code.
*/
WITH levels AS (
    SELECT
        risk_levels.low AS low,
        risk_levels.high AS high,
        risk_levels.level AS level,
        risk_levels.valid_from AS valid_from,
        coalesce(risk_levels.valid_to, make_date(9999, 12, 31)) AS valid_to
    FROM risk_levels
    WHERE risk_levels.component = 'secrecy_score'
        AND risk_levels.stated_in = $stated_in
        AND risk_levels.low IS NOT NULL
),
in_force AS (
    SELECT levels.valid_from AS valid_from, levels.valid_to AS valid_to
    FROM levels
    GROUP BY levels.valid_from, levels.valid_to
),
scored AS (
    SELECT
        contract.entity_id AS entity_id,
        contract.buyer_id AS buyer_id,
        contract.company_id AS company_id,
        contract.on_date AS on_date,
        in_force.valid_from AS levels_from,
        contract.supplier_kind AS supplier_kind,
        contract.supplier_country AS supplier_country,
        contract.supplier_country = study.country AS is_domestic,
        CASE
            WHEN list_contains(string_split($exempt, ','), contract.supplier_country)
                THEN CAST(0 AS DOUBLE)
            ELSE jurisdictions.score
        END AS score
    FROM unit_contracts AS contract
    CROSS JOIN study
    LEFT JOIN in_force
        ON in_force.valid_from <= contract.on_date
        AND in_force.valid_to >= contract.on_date
    LEFT JOIN jurisdictions
        ON jurisdictions.country = contract.supplier_country
        AND jurisdictions.listed_as = 'financial_secrecy'
        AND jurisdictions.valid_from <= contract.on_date
        AND coalesce(jurisdictions.valid_to, make_date(9999, 12, 31)) >= contract.on_date
),
judged AS (
    SELECT
        scored.*,
        coalesce(levels.level, CAST(0 AS DOUBLE)) AS level,
        CASE
            WHEN scored.supplier_kind = 'natural_person' THEN 'the supplier is a natural person'
            WHEN scored.on_date IS NULL THEN 'day of signature not recorded'
            WHEN scored.levels_from IS NULL THEN 'no levels for this country and day'
            WHEN scored.supplier_country IS NULL THEN 'country of the supplier not recorded'
            WHEN scored.is_domestic THEN 'the supplier is domestic'
            WHEN scored.score IS NULL THEN 'secrecy score of the country not known'
        END AS obstacle
    FROM scored
    LEFT JOIN levels
        ON levels.valid_from = scored.levels_from
        AND levels.low <= scored.score
        AND coalesce(levels.high, scored.score) >= scored.score
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN level >= $flag_from THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN level END AS value,
    CAST($flag_from AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN level >= $flag_from THEN 'a risky secrecy score here'
        ELSE 'a secrecy score without risk here'
    END AS detail,
    ['companies:' || company_id, 'contracts:' || entity_id] AS evidence
FROM judged
