/*
row: One row per bid and lot that it is for; a bid that names no lot has none.
reads:
  - bids.details[].relatedLots[]
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.bids.details) + 1)) AS bid,
        unnest(release.bids.details) AS detail
    FROM ocds_releases AS release
),
named AS (
    SELECT
        listed.process AS process,
        CAST(listed.bid AS INTEGER) AS bid,
        unnest(listed.detail.relatedLots) AS lot_id
    FROM listed
)
SELECT DISTINCT
    named.process AS process,
    named.bid AS bid,
    named.lot_id AS lot_id
FROM named
WHERE named.lot_id IS NOT NULL
