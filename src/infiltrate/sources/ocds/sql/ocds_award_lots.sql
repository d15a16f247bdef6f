/*
row: One row per award and lot that it is for; an award that names no lot has none.
reads:
  - awards[].relatedLots[]
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.awards) + 1)) AS award,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
),
named AS (
    SELECT
        listed.process AS process,
        listed.award AS award,
        unnest(listed.detail.relatedLots) AS lot_id
    FROM listed
)
SELECT DISTINCT
    named.process AS process,
    named.award AS award,
    named.lot_id AS lot_id
FROM named
WHERE named.lot_id IS NOT NULL
