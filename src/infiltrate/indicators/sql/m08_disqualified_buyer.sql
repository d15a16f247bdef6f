/*
code: M08
title: Buyer often disqualifies
level: buyer
definition: >-
              The share of bids that the buyer disqualified is at or above the upper fence of all
              buyers.
formula: >-
  share = disqualified bids / bids; flag if share >= limit, or Q3 + 1.5 (Q3 - Q1).
why: A buyer that throws out bids more than others may clear the way for one firm.
sources:
  - Open Contracting Partnership, Cardinal, R038
ocp: [R038]
needs: [bids.status]
direction: "+"
unit: share of the bids disqualified
missing: The buyer had too few bids, or the states of too many are not recorded.
exclusions:
  - Withdrawn bids do not count.
assumptions:
  - >-
      Without a limit the fence comes from the data, so that other units move it; quartiles are of
      type 8 of Hyndman and Fan (1996).
  - Bids are counted only in sources that list losing bidders too.
  - The smallest number of tenders is of tenders, where Cardinal counts bids.
settings:
  limit:
    type: number
    default: 0
    unit: share
    minimum: 0
    maximum: 1
    description: >-
                   Share at or above which a unit is flagged; 0 takes the upper fence, Q3 + 1.5
                   IQR, of the data.
  known_share:
    type: number
    default: 0.8
    unit: share
    minimum: 0
    maximum: 1
    description: Lowest share of the bids whose state must be recorded.
  fewest_bids:
    type: integer
    default: 2
    unit: bids
    minimum: 1
    maximum: 10000
    description: Bids that a unit must have.
  fewest_tenders:
    type: integer
    default: 2
    unit: tenders
    minimum: 1
    maximum: 10000
    description: Tenders that a unit must have bids on.
*/
WITH counted AS (
    SELECT
        bidder.buyer_id AS buyer_id,
        count(*) AS bids,
        count(DISTINCT bidder.tender_id) AS tenders,
        count(CASE WHEN bidder.status <> 'unknown' THEN 1 END) AS known_bids,
        CAST(count(CASE WHEN bidder.status = 'disqualified' THEN 1 END) AS DOUBLE)
            / CAST(nullif(count(CASE WHEN bidder.status <> 'unknown' THEN 1 END), 0) AS DOUBLE)
            AS out_share,
        list_sort(array_agg('bids:' || bidder.entity_id || '/' || bidder.company_id)) AS records
    FROM bidder_counts AS bidder
    GROUP BY bidder.buyer_id
),
measured AS (
    SELECT
        counted.buyer_id AS buyer_id,
        counted.out_share AS out_share,
        counted.records AS records,
        CASE
            WHEN counted.known_bids = 0
                OR CAST(counted.known_bids AS DOUBLE) < $known_share * CAST(counted.bids AS DOUBLE)
                THEN 'state not recorded for too many bids'
            WHEN counted.known_bids < $fewest_bids THEN 'too few bids'
            WHEN counted.tenders < $fewest_tenders THEN 'too few tenders'
        END AS obstacle
    FROM counted
),
compared AS (
    SELECT measured.buyer_id AS unit_id, 0 AS period, measured.out_share AS value
    FROM measured
    WHERE measured.obstacle IS NULL
),
/* tukey_fences: steps/tukey_fences.sql */
fence AS (
    SELECT
        CASE
            WHEN $limit > 0 THEN CAST($limit AS DOUBLE)
            ELSE max(tukey_fences.upper_fence)
        END AS fence
    FROM tukey_fences
),
judged AS (
    SELECT
        buyer.entity_id AS entity_id,
        buyer.buyer_id AS buyer_id,
        CAST(NULL AS VARCHAR) AS company_id,
        buyer.on_date AS on_date,
        measured.records AS records,
        measured.out_share AS out_share,
        fence.fence AS fence,
        CASE
            WHEN measured.buyer_id IS NULL THEN 'no bid in a source that lists losing bids'
            WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
            WHEN fence.fence IS NULL OR fence.fence <= 0 THEN 'the data give no usable fence'
        END AS obstacle
    FROM unit_buyers AS buyer
    CROSS JOIN fence
    LEFT JOIN measured
        ON measured.buyer_id = buyer.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN out_share >= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN out_share END AS value,
    CASE WHEN fence > 0 THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN out_share >= fence THEN 'an unusual share of bids was disqualified'
        ELSE 'a usual share of bids was disqualified'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND out_share >= fence THEN records
        ELSE ['buyers:' || entity_id]
    END AS evidence
FROM judged
