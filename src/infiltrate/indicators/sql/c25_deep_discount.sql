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
WITH placed AS (
    SELECT
        bid.entity_id AS entity_id,
        min(bid.obstacle) AS obstacle,
        count(CASE WHEN bid.is_winner THEN 1 END) AS winners,
        count(CASE WHEN bid.status = 'unknown' OR bid.amount IS NULL THEN 1 END) AS unclear,
        min(CASE WHEN bid.is_winner AND bid.status = 'valid' THEN bid.amount END) AS winning,
        min(CASE
            WHEN NOT coalesce(bid.is_winner, FALSE) AND bid.status = 'valid' THEN bid.amount
        END) AS losing,
        min(CASE WHEN bid.is_winner THEN bid.company_id END) AS winner_id
    FROM bid_prices AS bid
    WHERE bid.status NOT IN ('withdrawn', 'disqualified')
    GROUP BY bid.entity_id
),
measured AS (
    SELECT
        lot.entity_id AS entity_id,
        lot.buyer_id AS buyer_id,
        lot.company_id AS company_id,
        lot.on_date AS on_date,
        placed.winner_id AS winner_id,
        CASE WHEN $fence_over = 'year' THEN coalesce(year(lot.on_date), 0) ELSE 0 END AS period,
        CAST(placed.losing - placed.winning AS DOUBLE)
            / CAST(nullif(placed.winning, 0) AS DOUBLE) AS gap,
        CASE
            WHEN placed.entity_id IS NULL THEN 'losing bids not recorded'
            WHEN placed.obstacle IS NOT NULL THEN placed.obstacle
            WHEN placed.winners <> 1 THEN 'not one winner'
            WHEN lot.criteria <> 'price' AND $price_only THEN 'price alone did not decide'
            WHEN placed.unclear > 0 THEN 'state or amount of a bid not recorded'
            WHEN placed.winning IS NULL THEN 'no valid winning bid'
            WHEN placed.losing IS NULL THEN 'no valid losing bid'
            WHEN placed.losing < placed.winning THEN 'the lowest bid did not win'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN placed
        ON placed.entity_id = lot.entity_id
),
ranked AS (
    SELECT
        measured.period AS period,
        measured.gap AS gap,
        row_number() OVER (
            PARTITION BY measured.period
            ORDER BY measured.gap, measured.entity_id
        ) AS place,
        count(*) OVER (PARTITION BY measured.period) AS lots
    FROM measured
    WHERE measured.obstacle IS NULL
),
quartiles AS (
    SELECT
        ranked.period AS period,
        min(ranked.lots) AS lots,
        max(CASE WHEN 12 * ranked.place <= 3 * ranked.lots + 5 OR ranked.place = 1 THEN ranked.gap END)
            AS q1_below,
        min(CASE
            WHEN 12 * ranked.place > 3 * ranked.lots + 5 OR ranked.place = ranked.lots
                THEN ranked.gap
        END) AS q1_above,
        CAST(min(3 * ranked.lots + 5) AS DOUBLE) / CAST(12 AS DOUBLE)
        - CAST(count(CASE WHEN 12 * ranked.place <= 3 * ranked.lots + 5 THEN 1 END) AS DOUBLE)
            AS q1_part,
        max(CASE WHEN 12 * ranked.place <= 9 * ranked.lots + 7 OR ranked.place = 1 THEN ranked.gap END)
            AS q3_below,
        min(CASE
            WHEN 12 * ranked.place > 9 * ranked.lots + 7 OR ranked.place = ranked.lots
                THEN ranked.gap
        END) AS q3_above,
        CAST(min(9 * ranked.lots + 7) AS DOUBLE) / CAST(12 AS DOUBLE)
        - CAST(count(CASE WHEN 12 * ranked.place <= 9 * ranked.lots + 7 THEN 1 END) AS DOUBLE)
            AS q3_part
    FROM ranked
    GROUP BY ranked.period
),
interpolated AS (
    SELECT
        quartiles.period AS period,
        quartiles.q1_below + quartiles.q1_part * (quartiles.q1_above - quartiles.q1_below) AS q1,
        quartiles.q3_below + quartiles.q3_part * (quartiles.q3_above - quartiles.q3_below) AS q3
    FROM quartiles
),
fences AS (
    SELECT
        interpolated.period AS period,
        CASE
            WHEN $limit > 0 THEN CAST($limit AS DOUBLE)
            ELSE interpolated.q3
                + CAST(3 AS DOUBLE) / CAST(2 AS DOUBLE) * (interpolated.q3 - interpolated.q1)
        END AS fence
    FROM interpolated
),
judged AS (
    SELECT
        measured.entity_id AS entity_id,
        measured.buyer_id AS buyer_id,
        measured.company_id AS company_id,
        measured.on_date AS on_date,
        measured.winner_id AS winner_id,
        measured.gap AS gap,
        fences.fence AS fence,
        CASE
            WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
            WHEN fences.fence IS NULL OR fences.fence <= 0 THEN 'the data give no usable fence'
        END AS obstacle
    FROM measured
    LEFT JOIN fences
        ON fences.period = measured.period
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
    CASE
        WHEN winner_id IS NOT NULL
            THEN ['bids:' || entity_id || '/' || winner_id, 'tenders:' || entity_id]
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
