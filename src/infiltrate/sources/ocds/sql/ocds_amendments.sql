/*
row: One row per amendment of a tender, an award or a contract, by its place in the list.
reads:
  - tender.id
  - tender.amendments[].id
  - tender.amendments[].date
  - tender.amendments[].rationale
  - awards[].id
  - awards[].amendments[].id
  - awards[].amendments[].date
  - awards[].amendments[].rationale
  - contracts[].id
  - contracts[].amendments[].id
  - contracts[].amendments[].date
  - contracts[].amendments[].rationale
*/
WITH awards AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.awards) + 1)) AS place,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
),
contracts AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.contracts) + 1)) AS place,
        unnest(release.contracts) AS detail
    FROM ocds_releases AS release
),
listed AS (
    SELECT
        release.process AS process,
        'tender' AS section,
        CAST(1 AS BIGINT) AS place,
        release.tender.id AS amended_id,
        unnest(range(1, len(release.tender.amendments) + 1)) AS amendment,
        unnest(release.tender.amendments) AS detail
    FROM ocds_releases AS release
    UNION ALL
    SELECT
        awards.process AS process,
        'award' AS section,
        awards.place AS place,
        awards.detail.id AS amended_id,
        unnest(range(1, len(awards.detail.amendments) + 1)) AS amendment,
        unnest(awards.detail.amendments) AS detail
    FROM awards
    UNION ALL
    SELECT
        contracts.process AS process,
        'contract' AS section,
        contracts.place AS place,
        contracts.detail.id AS amended_id,
        unnest(range(1, len(contracts.detail.amendments) + 1)) AS amendment,
        unnest(contracts.detail.amendments) AS detail
    FROM contracts
)
SELECT
    listed.process AS process,
    listed.section AS section,
    listed.place AS place,
    listed.amended_id AS amended_id,
    listed.amendment AS amendment,
    listed.detail.id AS amendment_id,
    TRY_CAST(substr(listed.detail.date, 1, 10) AS DATE) AS amended_on,
    listed.detail.rationale AS rationale
FROM listed
