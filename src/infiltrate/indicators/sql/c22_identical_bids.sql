/*
code: C22
title: Identical bids
level: lot
definition: Two bidders who have no member in common offered the same amount.
formula: >-
  flag if two bidders without a common member offer the same amount.
why: Independent bidders seldom arrive at the same amount; those who agree do.
sources:
  - Open Contracting Partnership, Cardinal, R028
ocp: [R028]
needs:
  - bids.amount
  - bids.currency
  - bids.status
  - bids.is_winner
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - exchange_rates.rate
direction: "+"
unit: bidders with an amount in common
missing: Losing bids or their amounts are not recorded, or there are fewer than two.
exclusions:
  - A firm and a consortium that it is a member of are not different bidders.
  - Bids in different currencies are compared only at a dated exchange rate.
assumptions:
  - Disqualified bids count, because they were made; withdrawn ones do not.
settings: {}
*/
WITH priced AS (
    SELECT
        bid.entity_id AS entity_id,
        bid.company_id AS company_id,
        bid.amount AS amount
    FROM bid_prices AS bid
    WHERE bid.amount IS NOT NULL AND bid.status <> 'withdrawn'
),
members AS (
    SELECT
        priced.company_id AS bidder_id,
        coalesce(consortia.company_id, priced.company_id) AS company_id
    FROM (SELECT DISTINCT priced.company_id AS company_id FROM priced) AS priced
    LEFT JOIN consortia
        ON consortia.consortium_id = priced.company_id
),
related AS (
    SELECT DISTINCT
        one.bidder_id AS bidder_id,
        other.bidder_id AS other_id
    FROM members AS one
    INNER JOIN members AS other
        ON other.company_id = one.company_id
    WHERE other.bidder_id <> one.bidder_id
),
twins AS (
    SELECT DISTINCT
        one.entity_id AS entity_id,
        one.company_id AS company_id
    FROM priced AS one
    INNER JOIN priced AS other
        ON other.entity_id = one.entity_id
        AND other.amount = one.amount
        AND other.company_id <> one.company_id
    LEFT JOIN related
        ON related.bidder_id = one.company_id
        AND related.other_id = other.company_id
    WHERE related.bidder_id IS NULL
),
found AS (
    SELECT
        twins.entity_id AS entity_id,
        count(*) AS bidders,
        list_sort(array_agg('bids:' || twins.entity_id || '/' || twins.company_id)) AS records
    FROM twins
    GROUP BY twins.entity_id
),
summed AS (
    SELECT
        bid.entity_id AS entity_id,
        min(bid.obstacle) AS obstacle,
        count(bid.amount) AS priced_bids
    FROM bid_prices AS bid
    WHERE bid.status <> 'withdrawn'
    GROUP BY bid.entity_id
),
judged AS (
    SELECT
        lot.*,
        found.records AS records,
        coalesce(found.bidders, 0) AS bidders,
        CASE
            WHEN summed.entity_id IS NULL THEN 'losing bids not recorded'
            WHEN summed.obstacle IS NOT NULL THEN summed.obstacle
            WHEN summed.priced_bids < 2 THEN 'fewer than two bids with an amount'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN summed
        ON summed.entity_id = lot.entity_id
    LEFT JOIN found
        ON found.entity_id = lot.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN bidders >= 2 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(bidders AS DOUBLE) END AS value,
    CAST(2 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN bidders >= 2 THEN 'different bidders offered the same amount'
        ELSE 'no amount was offered twice'
    END AS detail,
    list_concat(coalesce(records, CAST([] AS VARCHAR[])), ['tenders:' || entity_id]) AS evidence
FROM judged
