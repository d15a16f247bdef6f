/*
code: C21
title: Lowest bid disqualified
level: lot
definition: >-
              The lowest bid was disqualified although others were valid and one of them won.
formula: >-
  flag if the state of the lowest bid is disqualified.
why: Disqualifying the cheapest offer is how a dearer favourite wins.
sources:
  - Open Contracting Partnership, Cardinal, R036
ocp: [R036]
needs:
  - bids.amount
  - bids.currency
  - bids.status
  - bids.is_winner
  - tenders.is_cancelled
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - exchange_rates.rate
direction: "+"
unit: 1 if the lowest was disqualified, else 0
missing: Losing bids, their states or amounts are not recorded, or nobody won.
exclusions:
  - Bids in different currencies are compared only at a dated exchange rate.
  - Withdrawn bids do not count.
assumptions:
  - Where a valid and a disqualified bid are equal, the valid one is the lowest.
  - Award criteria other than price are not looked at, as in Cardinal.
settings: {}
*/
WITH ranked AS (
    SELECT
        bid.entity_id AS entity_id,
        bid.company_id AS company_id,
        bid.status AS status,
        row_number() OVER (
            PARTITION BY bid.entity_id
            ORDER BY
                bid.amount,
                CASE WHEN bid.status = 'disqualified' THEN 1 ELSE 0 END,
                bid.company_id
        ) AS place
    FROM bid_prices AS bid
    WHERE bid.amount IS NOT NULL AND bid.status <> 'withdrawn'
),
summed AS (
    SELECT
        bid.entity_id AS entity_id,
        min(bid.obstacle) AS obstacle,
        count(CASE WHEN bid.status = 'unknown' THEN 1 END) AS unknown,
        count(CASE WHEN bid.status = 'valid' AND bid.amount IS NOT NULL THEN 1 END) AS valid,
        count(CASE WHEN bid.amount IS NULL THEN 1 END) AS unpriced,
        count(CASE WHEN bid.is_winner THEN 1 END) AS winners
    FROM bid_prices AS bid
    WHERE bid.status <> 'withdrawn'
    GROUP BY bid.entity_id
),
judged AS (
    SELECT
        lot.*,
        ranked.company_id AS lowest_id,
        CASE WHEN ranked.status = 'disqualified' THEN 1 ELSE 0 END AS is_out,
        CASE
            WHEN lot.is_cancelled THEN 'the lot was cancelled'
            WHEN summed.entity_id IS NULL THEN 'losing bids not recorded'
            WHEN summed.obstacle IS NOT NULL THEN summed.obstacle
            WHEN summed.unpriced > 0 THEN 'amount of a bid not recorded'
            WHEN summed.unknown > 0 THEN 'state of a bid not recorded'
            WHEN summed.winners = 0 THEN 'no winner among the bids'
            WHEN summed.valid = 0 THEN 'no valid bid with an amount'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN summed
        ON summed.entity_id = lot.entity_id
    LEFT JOIN ranked
        ON ranked.entity_id = lot.entity_id
        AND ranked.place = 1
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN is_out = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(is_out AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN is_out = 1 THEN 'the lowest bid was disqualified'
        ELSE 'the lowest bid was valid'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND is_out = 1
            THEN ['bids:' || entity_id || '/' || lowest_id, 'tenders:' || entity_id]
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
