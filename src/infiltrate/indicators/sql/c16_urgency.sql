/*
code: C16
title: Urgency invoked
level: lot
definition: The buyer invoked urgency.
formula: >-
  flag if urgency was invoked.
why: >-
       Urgency shortens what rivals need; studies found no or a negative relation, so the sign is
       open.
sources:
  - "Decarolis and Giorgiantonio (2022), EPJ Data Science 11: no or negative relation"
ocp: []
needs: [tenders.is_urgent]
direction: "?"
unit: 1 if urgent, else 0
missing: Whether urgency was invoked is not recorded.
exclusions: []
assumptions:
  - Whether there was reason for urgency is not known.
settings: {}
*/
WITH judged AS (
    SELECT
        lot.*,
        CASE WHEN lot.is_urgent IS NULL THEN 'urgency not recorded' END AS obstacle
    FROM unit_lots AS lot
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN is_urgent THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CASE WHEN is_urgent THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN is_urgent THEN 'urgency was invoked'
        ELSE 'no urgency was invoked'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
