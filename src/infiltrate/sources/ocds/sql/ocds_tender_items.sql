/*
row: One row per item of a tender, with its classification and the lot it belongs to.
reads:
  - tender.items[].id
  - tender.items[].relatedLot
  - tender.items[].classification.scheme
  - tender.items[].classification.id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.tender.items) + 1)) AS item,
        unnest(release.tender.items) AS detail
    FROM ocds_releases AS release
)
SELECT
    listed.process AS process,
    listed.item AS item,
    listed.detail.id AS item_id,
    listed.detail.relatedLot AS lot_id,
    listed.detail.classification.scheme AS scheme,
    listed.detail.classification.id AS classification_id
FROM listed
