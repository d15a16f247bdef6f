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
),
zoned AS (
    SELECT
        listed.process AS process,
        listed.ocid AS ocid,
        CAST(listed.bid AS INTEGER) AS bid,
        listed.detail AS detail,
        TRY_CAST(
            CASE
                WHEN listed.detail.value.amount LIKE '"%'
                    THEN trim(listed.detail.value.amount, '"')
                ELSE CAST(listed.detail.value.amount AS VARCHAR)
            END AS DOUBLE
        ) AS amount,
        upper(listed.detail.date) AS submitted,
        length(listed.detail.date) >= 20 AND (
            substr(listed.detail.date, -1) IN ('Z', 'z')
            OR substr(listed.detail.date, -6, 1) IN ('+', '-')
        ) AS submitted_has_zone
    FROM listed
)
SELECT
    zoned.process AS process,
    zoned.ocid AS ocid,
    zoned.bid AS bid,
    zoned.detail.id AS bid_id,
    zoned.detail.status AS status,
    zoned.submitted AS submitted,
    CASE
        WHEN zoned.submitted_has_zone
            THEN make_timestamp(epoch_us(TRY_CAST(zoned.submitted AS TIMESTAMPTZ)))
        ELSE TRY_CAST(zoned.submitted AS TIMESTAMP)
    END AS submitted_at,
    zoned.submitted_has_zone AS submitted_has_zone,
    CASE WHEN isfinite(zoned.amount) THEN zoned.amount END AS amount,
    zoned.detail.value.amount LIKE '"%' AS is_amount_text,
    zoned.detail.value.currency AS currency,
    CAST(len(zoned.detail.tenderers) AS INTEGER) AS tenderers,
    CASE WHEN len(zoned.detail.tenderers) = 1 THEN zoned.detail.tenderers[1].id END AS tenderer_id,
    CASE
        WHEN len(zoned.detail.tenderers) > 1
            THEN list_transform(zoned.detail.tenderers, lambda tenderer: tenderer.id)
    END AS joint_ids
FROM zoned
