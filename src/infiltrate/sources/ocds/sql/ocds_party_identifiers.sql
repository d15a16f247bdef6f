/*
row: One row per identifier of an organisation in the parties, its first one (place 0) and others.
reads:
  - parties[].id
  - parties[].identifier.scheme
  - parties[].identifier.id
  - parties[].additionalIdentifiers[].scheme
  - parties[].additionalIdentifiers[].id
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.parties) + 1)) AS party,
        unnest(release.parties) AS detail
    FROM ocds_releases AS release
),
others AS (
    SELECT
        listed.process AS process,
        listed.party AS party,
        listed.detail.id AS party_id,
        unnest(range(1, len(listed.detail.additionalIdentifiers) + 1)) AS place,
        unnest(listed.detail.additionalIdentifiers) AS identifier
    FROM listed
)
SELECT
    listed.process AS process,
    listed.party AS party,
    listed.detail.id AS party_id,
    CAST(0 AS BIGINT) AS place,
    listed.detail.identifier.scheme AS scheme,
    listed.detail.identifier.id AS identifier_id
FROM listed
WHERE listed.detail.identifier.id IS NOT NULL
UNION ALL
SELECT
    others.process AS process,
    others.party AS party,
    others.party_id AS party_id,
    others.place AS place,
    others.identifier.scheme AS scheme,
    others.identifier.id AS identifier_id
FROM others
WHERE others.identifier.id IS NOT NULL
