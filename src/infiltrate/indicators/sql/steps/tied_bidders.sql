/*
The bidders tied to another bidder on the same lot: one row per lot with a bidder. Reads `ties`, one
row per bidder and what may tie it: `entity_id`, `bidder_id`, `company_id` (the bidder, or the
member of a consortium that bids), `tie` (what two bidders may have in common) and `record`.
`described_bidders` counts bidders with a tie on record; `records` proves the ties found.
*/
WITH bidders AS (
    SELECT
        bidder.entity_id AS entity_id,
        count(DISTINCT bidder.bidder_id) AS bidders
    FROM lot_bidders AS bidder
    GROUP BY bidder.entity_id
),
described AS (
    SELECT
        ties.entity_id AS entity_id,
        count(DISTINCT ties.bidder_id) AS described_bidders
    FROM ties
    GROUP BY ties.entity_id
),
tied AS (
    SELECT DISTINCT
        one.entity_id AS entity_id,
        one.bidder_id AS bidder_id,
        one.record AS record
    FROM ties AS one
    INNER JOIN ties AS other
        ON other.entity_id = one.entity_id
        AND other.tie = one.tie
        AND other.bidder_id <> one.bidder_id
        AND other.company_id <> one.company_id
),
found AS (
    SELECT
        tied.entity_id AS entity_id,
        count(DISTINCT tied.bidder_id) AS tied_bidders
    FROM tied
    GROUP BY tied.entity_id
),
proofs AS (
    SELECT tied.entity_id AS entity_id, tied.record AS record
    FROM tied
    UNION
    SELECT tied.entity_id AS entity_id, 'bids:' || tied.entity_id || '/' || tied.bidder_id AS record
    FROM tied
),
proof AS (
    SELECT
        proofs.entity_id AS entity_id,
        list_sort(array_agg(proofs.record)) AS records
    FROM proofs
    GROUP BY proofs.entity_id
)
SELECT
    bidders.entity_id AS entity_id,
    bidders.bidders AS bidders,
    coalesce(described.described_bidders, 0) AS described_bidders,
    coalesce(found.tied_bidders, 0) AS tied_bidders,
    proof.records AS records
FROM bidders
LEFT JOIN described
    ON described.entity_id = bidders.entity_id
LEFT JOIN found
    ON found.entity_id = bidders.entity_id
LEFT JOIN proof
    ON proof.entity_id = bidders.entity_id
