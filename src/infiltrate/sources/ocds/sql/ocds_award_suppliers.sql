/*
row: One row per award and supplier with an identifier.
reads:
  - awards[].status
  - awards[].suppliers[].id
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
        listed.detail.status AS status,
        unnest(listed.detail.suppliers) AS supplier
    FROM listed
)
SELECT DISTINCT
    named.process AS process,
    named.award AS award,
    named.status AS status,
    named.supplier.id AS supplier_id
FROM named
WHERE named.supplier.id IS NOT NULL
