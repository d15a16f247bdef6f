/*
row: One row per bid, by its place in the list of its process.
reads:
  - bids.details[].id
  - bids.details[].date
  - bids.details[].status
  - bids.details[].value.amount JSON
  - bids.details[].value.currency
  - bids.details[].tenderers[].id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        release.ocid AS ocid,
        unnest(range(1, len(release.bids.details) + 1)) AS bid,
        unnest(release.bids.details) AS detail
    FROM ocds_releases AS release
)
SELECT
    listed.process AS process,
    listed.ocid AS ocid,
    listed.bid AS bid,
    listed.detail.id AS bid_id,
    listed.detail.status AS status,
    listed.detail.date AS submitted,
    CASE
        WHEN regexp_matches(upper(listed.detail.date), {zoned})
            THEN TRY_CAST(upper(listed.detail.date) AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
        ELSE TRY_CAST(upper(listed.detail.date) AS TIMESTAMP)
    END AS submitted_at,
    regexp_matches(upper(listed.detail.date), {zoned}) AS submitted_has_zone,
    TRY_CAST(trim(listed.detail.value.amount, '"') AS DOUBLE) AS amount,
    listed.detail.value.amount LIKE '"%' AS is_amount_text,
    listed.detail.value.currency AS currency,
    len(listed.detail.tenderers) AS tenderers,
    CASE WHEN len(listed.detail.tenderers) = 1 THEN listed.detail.tenderers[1].id END AS tenderer_id
FROM listed
