/*
code: C03
title: Closed procedure
level: lot
definition: The contract was awarded by a procedure that keeps competitors out.
formula: >-
  value = 1 closed, 0.5 partly open, 0 open; flag if 1.
why: The less open the procedure, the fewer hands are needed to steer the award.
sources:
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - "Government Transparency Institute, ProACT (2022): levels of Italy as defaults"
ocp: []
needs: [tenders.procedure]
direction: "+"
unit: 0 open, 0.5 restricted, 1 closed
missing: The procedure is not recorded, or is in none of the three groups.
exclusions: []
assumptions:
  - The national procedures were mapped to the canonical ones by their legal meaning.
settings:
  closed:
    type: names
    values_of: tenders.procedure
    default: direct_award,negotiated_without_publication
    description: Procedures of value 1, which are flagged.
  partly_open:
    type: names
    values_of: tenders.procedure
    default: restricted,innovation_partnership
    description: Procedures of value 0.5.
  fully_open:
    type: names
    values_of: tenders.procedure
    default: open,negotiated_with_publication,competitive_dialogue,concession
    description: Procedures of value 0.
*/
WITH graded AS (
    SELECT
        lot.*,
        CASE
            WHEN list_contains(string_split($closed, ','), lot.procedure) THEN 2
            WHEN list_contains(string_split($partly_open, ','), lot.procedure) THEN 1
            WHEN list_contains(string_split($fully_open, ','), lot.procedure) THEN 0
        END AS grade
    FROM unit_lots AS lot
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN grade IS NULL THEN 'not_computable'
        WHEN grade = 2 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CAST(grade AS DOUBLE) / CAST(2 AS DOUBLE) AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN procedure IS NULL THEN 'procedure not recorded'
        WHEN grade IS NULL THEN 'procedure in none of the groups'
        WHEN grade = 2 THEN 'closed procedure'
        WHEN grade = 1 THEN 'partly open procedure'
        ELSE 'open procedure'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM graded
