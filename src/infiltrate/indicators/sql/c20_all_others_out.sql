/*
code: C20
title: All but winner disqualified
level: lot
definition: Only the winner has a valid bid, and other bidders were disqualified.
formula: >-
  valid bidders = 1, who won; flag if disqualified bidders >= many.
why: Striking every rival gives the contract to one firm while it looks contested.
sources:
  - Open Contracting Partnership, Cardinal, R035
  - "Kyrgyz and Prozorro risk rules: all others disqualified"
ocp: [R035]
needs: [bids.status, bids.is_winner, tenders.is_cancelled]
direction: "+"
unit: disqualified bidders
missing: The losing bids or their states are not recorded, or nobody won.
exclusions:
  - Cancelled lots are not computable; withdrawn bids do not count.
assumptions:
  - A consortium is one bidder.
  - Bids are read only in sources that list losing bidders too.
settings:
  many:
    type: integer
    default: 1
    unit: bidders
    minimum: 1
    maximum: 1000
    description: Disqualified bidders from which a lot is flagged.
*/
WITH bidders AS (
    SELECT
        bid.entity_id AS entity_id,
        count(*) AS bids,
        count(CASE WHEN bid.status = 'unknown' THEN 1 END) AS unknown,
        count(CASE WHEN bid.status = 'valid' THEN 1 END) AS valid,
        count(CASE WHEN bid.status = 'disqualified' THEN 1 END) AS disqualified,
        count(CASE WHEN bid.is_winner THEN 1 END) AS winners,
        min(CASE WHEN bid.is_winner THEN bid.status END) AS status_of_winner,
        list_sort(array_agg('bids:' || bid.entity_id || '/' || bid.company_id)) AS records
    FROM bid_prices AS bid
    WHERE bid.status <> 'withdrawn'
    GROUP BY bid.entity_id
),
judged AS (
    SELECT
        lot.*,
        bidders.records AS records,
        bidders.valid AS valid,
        bidders.disqualified AS disqualified,
        bidders.winners = 1 AND bidders.valid = 1 AND bidders.status_of_winner = 'valid'
            AS winner_is_alone,
        CASE
            WHEN lot.is_cancelled THEN 'the lot was cancelled'
            WHEN bidders.entity_id IS NULL THEN 'losing bids not recorded'
            WHEN bidders.unknown > 0 THEN 'state of a bid not recorded'
            WHEN bidders.winners = 0 THEN 'no winner among the bids'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN bidders
        ON bidders.entity_id = lot.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN winner_is_alone AND disqualified >= $many THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(disqualified AS DOUBLE) END AS value,
    CAST($many AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN winner_is_alone AND disqualified >= $many THEN 'all but the winner were disqualified'
        WHEN disqualified = 0 THEN 'nobody was disqualified'
        ELSE 'others kept a valid bid, or too few were disqualified'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND winner_is_alone AND disqualified >= $many
            THEN list_concat(records, ['tenders:' || entity_id])
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
