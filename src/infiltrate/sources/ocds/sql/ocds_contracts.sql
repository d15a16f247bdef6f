/*
row: One row per contract, by its place in the list of its process.
reads:
  - ocid
  - contracts[].id
  - contracts[].awardID
  - contracts[].title
  - contracts[].status
  - contracts[].dateSigned
  - contracts[].value.amount JSON
  - contracts[].value.currency
  - contracts[].period.startDate
  - contracts[].period.endDate
  - contracts[].amendments[].id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        release.ocid AS ocid,
        unnest(range(1, len(release.contracts) + 1)) AS contract,
        unnest(release.contracts) AS detail
    FROM ocds_releases AS release
),
valued AS (
    SELECT
        listed.process AS process,
        listed.ocid AS ocid,
        listed.contract AS contract,
        listed.detail AS detail,
        TRY_CAST(trim(listed.detail.value.amount, '"') AS DOUBLE) AS amount
    FROM listed
)
SELECT
    valued.process AS process,
    valued.ocid AS ocid,
    valued.contract AS contract,
    valued.detail.id AS contract_id,
    valued.detail.awardID AS award_id,
    valued.detail.title AS title,
    valued.detail.status AS status,
    TRY_CAST(substr(valued.detail.dateSigned, 1, 10) AS DATE) AS signed_on,
    CASE WHEN isfinite(valued.amount) THEN valued.amount END AS amount,
    valued.detail.value.currency AS currency,
    TRY_CAST(substr(valued.detail.period.startDate, 1, 10) AS DATE) AS start_on,
    TRY_CAST(substr(valued.detail.period.endDate, 1, 10) AS DATE) AS end_on,
    len(valued.detail.amendments) AS amendments
FROM valued
