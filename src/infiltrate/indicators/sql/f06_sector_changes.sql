/*
code: F06
title: Changes its activity
level: company
definition: The company changed its registered activity often.
formula: >-
  flag if changes recorded in the years up to the day of the study >= many.
why: A firm that becomes whatever the next tender asks for may do none of it.
sources:
  - "Jofre, Bosisio and Riccardi (2022), DATACROS: anomalies of companies with sanctioned owners"
  - "Transcrime (2024) for PoliS-Lombardia: indicators of anomaly"
ocp: []
needs: [company_events.event, company_events.happened_on, companies.in_registry]
direction: "+"
unit: changes
missing: >-
  The company is not in the register, or this gives no such change of any company by the day of the
  study.
exclusions: []
assumptions:
  - A register that records such changes of some companies records those of all.
  - A new version of the classification is not recorded as a change of each company.
settings:
  years:
    type: integer
    default: 5
    unit: years
    minimum: 1
    maximum: 20
    description: Years up to the day of the study that are looked at.
  many:
    type: integer
    default: 2
    unit: changes
    minimum: 1
    maximum: 1000
    description: This many changes or more are flagged.
*/
WITH watched AS (SELECT 'sector' AS event),
/* counted_changes: steps/counted_changes.sql */
judged AS (
    SELECT
        counted_changes.*,
        'changed its activity often' AS when_flag,
        'changed its activity seldom or never' AS when_clear
    FROM counted_changes
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
