/*
code: C02
title: No call published
level: lot
definition: No call for tenders was published before the award.
formula: >-
  no day of a call under a procedure that needs none, or a call after the award.
why: Without a public call only the firms that the buyer tells can bid.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
  - Government Transparency Institute, ProACT (2022), no call interacted with the procedure
ocp: []
needs: [tenders.call_published_on, tenders.award_on, tenders.procedure]
direction: "+"
unit: 1 if no call, else 0
missing: >-
  There is no day of the call although the procedure asks for one, or the source publishes none.
exclusions:
  - A source that never publishes the day of a call says nothing by not publishing it.
assumptions:
  - A missing day of the call means no call only where the procedure needs none.
  - A call on the very day of the award counts as published before it.
settings:
  without_call:
    type: names
    values_of: tenders.procedure
    default: direct_award,negotiated_without_publication
    description: Procedures that need no public call.
*/
WITH published AS (
    SELECT lot.source_id AS source_id, count(lot.call_published_on) AS calls
    FROM unit_lots AS lot
    GROUP BY lot.source_id
),
judged AS (
    SELECT
        lot.*,
        CASE
            WHEN lot.call_published_on > lot.award_on THEN 1
            WHEN lot.call_published_on IS NOT NULL THEN 0
            WHEN published.calls > 0
                AND list_contains(string_split($without_call, ','), lot.procedure)
                THEN 1
        END AS no_call,
        CASE
            WHEN lot.call_published_on > lot.award_on THEN 'call published after the award'
            WHEN lot.call_published_on IS NOT NULL THEN 'call published'
            WHEN published.calls = 0 THEN 'the source publishes no day of a call'
            WHEN lot.procedure IS NULL THEN 'neither call nor procedure recorded'
            WHEN list_contains(string_split($without_call, ','), lot.procedure)
                THEN 'no call under a procedure without publication'
            ELSE 'day of the call not recorded although the procedure asks for one'
        END AS detail
    FROM unit_lots AS lot
    INNER JOIN published
        ON published.source_id = lot.source_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN no_call IS NULL THEN 'not_computable'
        WHEN no_call = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CAST(no_call AS DOUBLE) AS value,
    CAST(1 AS DOUBLE) AS threshold,
    detail AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
