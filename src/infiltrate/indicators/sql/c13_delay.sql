/*
code: C13
title: Delay
level: contract
definition: >-
              The performance of the contract ends late, measured against its agreed length.
formula: >-
  delay = (last day after changes - last day as signed) / (last day as signed - first day); flag if
  delay >= large_share.
why: >-
       Delays show weak control; winners tied to organised crime were found to be late less often,
       so the sign is open.
sources:
  - "Ravenda et al. (2020), European Journal of Political Economy 64: fewer delays for mafia"
  - Government Transparency Institute, ProACT (2022)
ocp: []
needs: [contracts.signed_on, contracts.start_on, contracts.end_on, contracts.final_end_on]
direction: ±
unit: delay as a share of the agreed length
missing: >-
           The first or last day as signed, or the last day after changes, is not recorded.
exclusions:
  - Contracts shorter than a few days are not compared.
assumptions:
  - Without a first day of performance it is the day of signature.
  - A contract that ended early has a negative delay.
settings:
  large_share:
    type: number
    default: 0.1
    unit: share
    minimum: 0.001
    maximum: 10
    description: A delay this large or larger is flagged.
  shortest_days:
    type: integer
    default: 7
    unit: days
    minimum: 1
    maximum: 365
    description: Agreed length below which a contract is not compared.
*/
WITH measured AS (
    SELECT
        contract.*,
        date_diff('day', coalesce(contract.start_on, contract.on_date), contract.end_on)
            AS agreed_days,
        date_diff('day', contract.end_on, contract.final_end_on) AS late_days
    FROM unit_contracts AS contract
),
judged AS (
    SELECT
        measured.*,
        CAST(measured.late_days AS DOUBLE) / CAST(nullif(measured.agreed_days, 0) AS DOUBLE)
            AS delay,
        CASE
            WHEN measured.end_on IS NULL THEN 'last day as signed not recorded'
            WHEN measured.final_end_on IS NULL THEN 'last day after changes not recorded'
            WHEN measured.agreed_days IS NULL THEN 'first day not recorded'
            WHEN measured.agreed_days < $shortest_days THEN 'agreed length too short to compare'
        END AS obstacle
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN delay >= $large_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN delay END AS value,
    CAST($large_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN delay >= $large_share THEN 'large delay'
        WHEN late_days > 0 THEN 'small delay'
        ELSE 'no delay'
    END AS detail,
    ['contracts:' || entity_id] AS evidence
FROM judged
