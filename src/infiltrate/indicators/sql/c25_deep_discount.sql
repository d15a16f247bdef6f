/*
code: C25
title: Heavily discounted bid
level: lot
definition: >-
              The lowest losing bid lies above the winning one by a share at or above the upper
              fence.
formula: >-
  gap = (lowest losing valid bid - winning bid) / winning bid; flag if gap >= limit, or Q3 + 1.5
  (Q3 - Q1) of all gaps.
why: >-
       A bid far below all others wins work that later additions pay for, or that others were kept
       from.
sources:
  - Open Contracting Partnership, Cardinal, R058
ocp: [R058]
needs:
  - bids.amount
  - bids.currency
  - bids.status
  - bids.is_winner
  - tenders.criteria
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - exchange_rates.rate
direction: "+"
unit: gap to the next bid as a share of the winning bid
missing: Losing bids, their states or amounts, or a single winner are not recorded.
exclusions:
  - Lots with several winners, or whose lowest valid bid did not win.
  - Bids in different currencies are compared only at a dated exchange rate.
assumptions:
  - >-
      Without a limit the fence comes from the data, so that other lots move it; quartiles are of
      type 8 of Hyndman and Fan (1996).
  - A lot without recorded criteria is taken as awarded on price.
settings:
  limit:
    type: number
    default: 0
    unit: share
    minimum: 0
    maximum: 100
    description: >-
                   Share at or above which a lot is flagged; 0 takes the upper fence, Q3 + 1.5 IQR,
                   of the data.
  fence_over:
    type: string
    values: [all, year]
    default: all
    description: >-
                   Whether one fence is drawn over all lots, as Cardinal does, or one for each
                   year.
  price_only:
    type: boolean
    default: true
    description: >-
                   Whether lots known to be awarded on more than the price are left out.
*/
WITH
/* winning_gaps: steps/winning_gaps.sql */
compared AS (
    SELECT
        winning_gaps.entity_id AS unit_id,
        winning_gaps.period AS period,
        winning_gaps.gap AS value
    FROM winning_gaps
    WHERE winning_gaps.obstacle IS NULL
),
/* tukey_fences: steps/tukey_fences.sql */
fences AS (
    SELECT
        tukey_fences.period AS period,
        CASE WHEN $limit > 0 THEN CAST($limit AS DOUBLE) ELSE tukey_fences.upper_fence END AS fence
    FROM tukey_fences
),
judged AS (
    SELECT
        winning_gaps.entity_id AS entity_id,
        winning_gaps.buyer_id AS buyer_id,
        winning_gaps.company_id AS company_id,
        winning_gaps.on_date AS on_date,
        winning_gaps.records AS records,
        winning_gaps.gap AS gap,
        fences.fence AS fence,
        CASE
            WHEN winning_gaps.obstacle IS NOT NULL THEN winning_gaps.obstacle
            WHEN fences.fence IS NULL OR fences.fence <= 0 THEN 'the data give no usable fence'
        END AS obstacle
    FROM winning_gaps
    LEFT JOIN fences
        ON fences.period = winning_gaps.period
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN gap >= fence THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN gap END AS value,
    CASE WHEN fence > 0 THEN fence END AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN gap >= fence THEN 'far below the next bid'
        ELSE 'not far below the next bid'
    END AS detail,
    records AS evidence
FROM judged
