/*
row: One row per award, by its place in the list of its process.
reads:
  - awards[].id
  - awards[].status
  - awards[].suppliers[].id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        release.ocid AS ocid,
        unnest(range(1, len(release.awards) + 1)) AS award,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
)
SELECT
    listed.process AS process,
    listed.ocid AS ocid,
    listed.award AS award,
    listed.detail.id AS award_id,
    listed.detail.status AS status,
    len(listed.detail.suppliers) AS suppliers,
    CASE WHEN len(listed.detail.suppliers) = 1 THEN listed.detail.suppliers[1].id END AS supplier_id
FROM listed
