/*
row: One row per lot of a tender, by its place in the list.
reads:
  - ocid
  - tender.lots[].id
  - tender.lots[].title
  - tender.lots[].status
  - tender.lots[].value.amount JSON
  - tender.lots[].value.currency
*/
WITH listed AS (
    SELECT
        release.process AS process,
        release.ocid AS ocid,
        unnest(range(1, len(release.tender.lots) + 1)) AS lot,
        unnest(release.tender.lots) AS detail
    FROM ocds_releases AS release
),
valued AS (
    SELECT
        listed.process AS process,
        listed.ocid AS ocid,
        listed.lot AS lot,
        listed.detail AS detail,
        TRY_CAST(trim(listed.detail.value.amount, '"') AS DOUBLE) AS amount
    FROM listed
)
SELECT
    valued.process AS process,
    valued.ocid AS ocid,
    valued.lot AS lot,
    valued.detail.id AS lot_id,
    valued.detail.title AS title,
    valued.detail.status AS status,
    CASE WHEN isfinite(valued.amount) THEN valued.amount END AS amount,
    valued.detail.value.currency AS currency
FROM valued
