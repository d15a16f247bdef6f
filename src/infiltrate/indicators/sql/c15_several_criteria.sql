/*
code: C15
title: Several award criteria
level: lot
definition: The award was made on more than the price.
formula: >-
  flag if the criteria are among those flagged.
why: >-
       Points for quality are easier to bend than a price; in road works they went with firms under
       investigation.
sources:
  - Decarolis and Giorgiantonio (2022), EPJ Data Science 11
ocp: []
needs: [tenders.criteria]
direction: "+"
unit: 1 if flagged, else 0
missing: The award criteria are not recorded.
exclusions: []
assumptions:
  - How much the quality weighed is not known.
settings:
  flagged:
    type: names
    values_of: tenders.criteria
    default: quality_and_price
    description: Criteria that are flagged.
*/
WITH judged AS (
    SELECT
        lot.*,
        CASE
            WHEN list_contains(string_split($flagged, ','), lot.criteria) THEN 1 ELSE 0
        END AS several,
        CASE WHEN lot.criteria IS NULL THEN 'award criteria not recorded' END AS obstacle
    FROM unit_lots AS lot
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN several = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(several AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN several = 1 THEN 'awarded on more than the price'
        ELSE 'awarded on the price'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
