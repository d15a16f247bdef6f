/*
code: M04
title: Bids often, seldom wins
level: company
definition: >-
              Among the firms that bid most, the share of lots won is at or below the lower fence
              of all firms.
formula: >-
  share = lots won / lots with a valid bid, for firms at or above the percentile of lots; flag if
  share <= limit, or Q1 - 1.5 (Q3 - Q1).
why: >-
       A firm that keeps bidding and never wins may be there to make tenders look contested.
sources:
  - Open Contracting Partnership, Cardinal, R025
ocp: [R025]
needs: [bids.status, bids.is_winner]
direction: "+"
unit: share of lots won
missing: >-
           The firm made no valid bid on a lot with one winner, or fewer than most firms.
exclusions:
  - Lots with several winners or none, natural persons and consortia.
assumptions:
  - >-
      Without a limit the fence comes from the data, so that other units move it; quartiles are of
      type 8 of Hyndman and Fan (1996).
  - Bids are counted only in sources that list losing bidders too.
settings:
  limit:
    type: number
    default: 0
    unit: share
    minimum: 0
    maximum: 1
    description: >-
                   Share at or below which a firm is flagged; 0 takes the lower fence, Q1 - 1.5
                   IQR, of the data.
  percentile:
    type: integer
    default: 75
    unit: percent
    minimum: 0
    maximum: 100
    description: Firms at or above this percentile of the number of lots are judged.
*/
WITH active AS (
    SELECT
        bidder.company_id AS company_id,
        count(*) AS lots,
        CAST(count(CASE WHEN bidder.is_winner THEN 1 END) AS DOUBLE) / CAST(count(*) AS DOUBLE)
            AS win_share,
        list_sort(array_agg('bids:' || bidder.entity_id || '/' || bidder.company_id)) AS records
    FROM bidder_counts AS bidder
    INNER JOIN unit_companies AS company
        ON company.company_id = bidder.company_id
    WHERE bidder.is_settled AND bidder.status = 'valid'
    GROUP BY bidder.company_id
),
by_activity AS (
    SELECT
        active.lots AS lots,
        row_number() OVER (ORDER BY active.lots, active.company_id) AS place,
        count(*) OVER () AS firms
    FROM active
),
placed AS (
    SELECT
        by_activity.lots AS lots,
        by_activity.place AS place,
        by_activity.firms AS firms,
        CAST(3 * by_activity.firms + 1 AS DOUBLE) * CAST($percentile AS DOUBLE)
            / CAST(300 AS DOUBLE) + CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE) AS wanted_place
    FROM by_activity
),
ends AS (
    SELECT
        max(CASE
            WHEN placed.place <= placed.wanted_place OR placed.place = 1 THEN placed.lots
        END) AS below,
        min(CASE
            WHEN placed.place > placed.wanted_place OR placed.place = placed.firms
                THEN placed.lots
        END) AS above,
        min(placed.wanted_place)
        - CAST(count(CASE WHEN placed.place <= placed.wanted_place THEN 1 END) AS DOUBLE) AS part
    FROM placed
),
activity AS (
    SELECT
        CAST(ends.below AS DOUBLE)
        + ends.part * CAST(ends.above - ends.below AS DOUBLE) AS fewest_lots
    FROM ends
),
compared AS (
    SELECT active.company_id AS unit_id, 0 AS period, active.win_share AS value
    FROM active
),
/* tukey_fences: steps/tukey_fences.sql */
fence AS (
    SELECT
        CASE
            WHEN $limit > 0 THEN CAST($limit AS DOUBLE)
            ELSE max(tukey_fences.lower_fence)
        END AS fence
    FROM tukey_fences
),
measured AS (
    SELECT
        active.company_id AS company_id,
        active.win_share AS win_share,
        active.records AS records,
        CASE
            WHEN CAST(active.lots AS DOUBLE) < activity.fewest_lots THEN 'bid on too few lots'
        END AS obstacle
    FROM active
    CROSS JOIN activity
),
judged AS (
    SELECT
        company.entity_id AS entity_id,
        CAST(NULL AS VARCHAR) AS buyer_id,
        company.company_id AS company_id,
        CAST(NULL AS DATE) AS on_date,
        measured.records AS records,
        measured.win_share AS win_share,
        fence.fence AS fence,
        CASE
            WHEN measured.company_id IS NULL THEN 'no valid bid on a lot with one winner'
            WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
            WHEN fence.fence IS NULL OR fence.fence <= 0 THEN 'the data give no usable fence'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN fence
    LEFT JOIN measured
        ON measured.company_id = company.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN win_share <= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN win_share END AS value,
    CASE WHEN fence > 0 THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN win_share <= fence THEN 'bids often and seldom wins'
        ELSE 'wins as often as others'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND win_share <= fence THEN records
        ELSE ['companies:' || entity_id]
    END AS evidence
FROM judged
