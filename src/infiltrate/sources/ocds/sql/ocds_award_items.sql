/*
row: One row per item of an award, with its classification.
reads:
  - awards[].status
  - awards[].suppliers[].id
  - awards[].items[].classification.scheme
  - awards[].items[].classification.id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.awards) + 1)) AS award,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
),
itemised AS (
    SELECT
        listed.process AS process,
        listed.award AS award,
        listed.detail.status AS status,
        CASE WHEN len(listed.detail.suppliers) = 1 THEN listed.detail.suppliers[1].id END
            AS supplier_id,
        unnest(range(1, len(listed.detail.items) + 1)) AS item,
        unnest(listed.detail.items) AS detail
    FROM listed
)
SELECT
    itemised.process AS process,
    itemised.award AS award,
    itemised.status AS status,
    itemised.supplier_id AS supplier_id,
    itemised.item AS item,
    itemised.detail.classification.scheme AS scheme,
    itemised.detail.classification.id AS classification_id
FROM itemised
