/*
code: C29
title: Call changed
level: lot
definition: The call was changed after it had been published.
formula: >-
  flag if changes >= many.
why: >-
       Changing the terms while bids are written favours the firm that knew of the change.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
ocp: []
needs: [tenders.call_changes]
direction: "+"
unit: changes
missing: The number of changes is not recorded.
exclusions: []
assumptions:
  - A recorded zero means that there was none.
settings:
  many:
    type: integer
    default: 1
    unit: changes
    minimum: 1
    maximum: 100
    description: This many changes or more are flagged.
*/
WITH judged AS (
    SELECT
        lot.*,
        CASE
            WHEN lot.call_changes IS NULL THEN 'number of changes of the call not recorded'
            WHEN lot.call_changes < 0 THEN 'negative number of changes'
        END AS obstacle
    FROM unit_lots AS lot
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN call_changes >= $many THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(call_changes AS DOUBLE) END AS value,
    CAST($many AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN call_changes >= $many THEN 'the call was changed'
        ELSE 'the call was not changed, or seldom'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
