/*
code: C30
title: Cancelled and launched again
level: lot
definition: >-
              The buyer had cancelled a lot of the same title and product not long before this
              call.
formula: >-
  flag if the buyer cancelled a lot of the same title and product 0 to window_days before the call.
why: >-
       A tender called off when the wrong firm was winning comes back until the right one does.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
ocp: []
needs:
  - tenders.title
  - tenders.product_code
  - tenders.call_published_on
  - tenders.award_on
  - tenders.deadline_on
  - tenders.is_cancelled
direction: "+"
unit: 1 if launched again, else 0
missing: >-
           The title or the day of the call is not recorded, or the source records no cancellation.
exclusions: []
assumptions:
  - Lots of one buyer with the same title and product are the same purchase; a new title hides it.
  - A lot was cancelled on the day of its award, or else of its deadline or call.
settings:
  window_days:
    type: integer
    default: 365
    unit: days
    minimum: 1
    maximum: 1825
    description: Longest time from the cancelled lot to the new call.
*/
WITH cancelling_sources AS (
    SELECT tenders.source_id AS source_id
    FROM tenders
    WHERE tenders.is_cancelled
    GROUP BY tenders.source_id
),
cancelled AS (
    SELECT
        lot.buyer_id AS buyer_id,
        lot.title AS title,
        lot.product_code AS product_code,
        lot.entity_id AS cancelled_id,
        lot.tender_id AS tender_id,
        coalesce(lot.award_on, lot.deadline_on, lot.call_published_on) AS cancelled_on
    FROM unit_lots AS lot
    WHERE lot.is_cancelled
),
repeated AS (
    SELECT
        lot.entity_id AS entity_id,
        list_sort(array_agg('tenders:' || cancelled.cancelled_id)) AS records
    FROM unit_lots AS lot
    INNER JOIN cancelled
        ON cancelled.buyer_id = lot.buyer_id
        AND cancelled.title = lot.title
        AND coalesce(cancelled.product_code, '') = coalesce(lot.product_code, '')
        AND cancelled.tender_id <> lot.tender_id
        AND date_diff('day', cancelled.cancelled_on, lot.call_published_on)
            BETWEEN 0 AND $window_days
    GROUP BY lot.entity_id
),
judged AS (
    SELECT
        lot.*,
        repeated.records AS records,
        CASE
            WHEN cancelling_sources.source_id IS NULL THEN 'the source records no cancellation'
            WHEN lot.title IS NULL THEN 'title not recorded'
            WHEN lot.call_published_on IS NULL THEN 'day of the call not recorded'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN cancelling_sources
        ON cancelling_sources.source_id = lot.source_id
    LEFT JOIN repeated
        ON repeated.entity_id = lot.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN records IS NOT NULL THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CASE WHEN records IS NOT NULL THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN records IS NOT NULL THEN 'launched again after it had been cancelled'
        ELSE 'not launched before'
    END AS detail,
    list_sort(list_concat(['tenders:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
