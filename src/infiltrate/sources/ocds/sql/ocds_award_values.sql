/*
row: One row per award, by its place in the list, with its date, value and period.
reads:
  - awards[].id
  - awards[].title
  - awards[].status
  - awards[].date
  - awards[].value.amount JSON
  - awards[].value.currency
  - awards[].contractPeriod.startDate
  - awards[].contractPeriod.endDate
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.awards) + 1)) AS award,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
),
valued AS (
    SELECT
        listed.process AS process,
        listed.award AS award,
        listed.detail AS detail,
        TRY_CAST(trim(listed.detail.value.amount, '"') AS DOUBLE) AS amount
    FROM listed
)
SELECT
    valued.process AS process,
    valued.award AS award,
    valued.detail.id AS award_id,
    valued.detail.title AS title,
    valued.detail.status AS status,
    TRY_CAST(substr(valued.detail.date, 1, 10) AS DATE) AS awarded_on,
    CASE WHEN isfinite(valued.amount) THEN valued.amount END AS amount,
    valued.detail.value.currency AS currency,
    TRY_CAST(substr(valued.detail.contractPeriod.startDate, 1, 10) AS DATE) AS start_on,
    TRY_CAST(substr(valued.detail.contractPeriod.endDate, 1, 10) AS DATE) AS end_on
FROM valued
