/*
row: >-
  One row per organisation that a process names as its buyer, procuring entity, tenderer (place is
  the bid) or supplier (place is the award); several tenderers of a bid or suppliers of an award
  are a consortium.
reads:
  - buyer.id
  - buyer.name
  - tender.procuringEntity.id
  - tender.procuringEntity.name
  - bids.details[].tenderers[].id
  - bids.details[].tenderers[].name
  - awards[].suppliers[].id
  - awards[].suppliers[].name
*/
WITH bids AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.bids.details) + 1)) AS place,
        unnest(release.bids.details) AS detail
    FROM ocds_releases AS release
),
awards AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.awards) + 1)) AS place,
        unnest(release.awards) AS detail
    FROM ocds_releases AS release
),
members AS (
    SELECT
        bids.process AS process,
        'tenderer' AS role,
        bids.place AS place,
        unnest(range(1, len(bids.detail.tenderers) + 1)) AS member,
        unnest(bids.detail.tenderers) AS organisation
    FROM bids
    UNION ALL
    SELECT
        awards.process AS process,
        'supplier' AS role,
        awards.place AS place,
        unnest(range(1, len(awards.detail.suppliers) + 1)) AS member,
        unnest(awards.detail.suppliers) AS organisation
    FROM awards
)
SELECT
    release.process AS process,
    'buyer' AS role,
    CAST(1 AS BIGINT) AS place,
    CAST(1 AS BIGINT) AS member,
    release.buyer.id AS organisation_id,
    release.buyer.name AS name
FROM ocds_releases AS release
WHERE release.buyer IS NOT NULL
UNION ALL
SELECT
    release.process AS process,
    'procuring_entity' AS role,
    CAST(1 AS BIGINT) AS place,
    CAST(1 AS BIGINT) AS member,
    release.tender.procuringEntity.id AS organisation_id,
    release.tender.procuringEntity.name AS name
FROM ocds_releases AS release
WHERE release.tender.procuringEntity IS NOT NULL
UNION ALL
SELECT
    members.process AS process,
    members.role AS role,
    members.place AS place,
    members.member AS member,
    members.organisation.id AS organisation_id,
    members.organisation.name AS name
FROM members
