/*
row: One row per bid of several tenderers and tenderer with an identifier.
reads:
  - bids.details[].tenderers[].id
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
        unnest(listed.detail.tenderers) AS tenderer
    FROM listed
    WHERE len(listed.detail.tenderers) > 1
)
SELECT DISTINCT
    named.process AS process,
    named.bid AS bid,
    named.tenderer.id AS tenderer_id
FROM named
WHERE named.tenderer.id IS NOT NULL
