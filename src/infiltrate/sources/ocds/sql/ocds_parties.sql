/*
row: One row per organisation in the parties of a process, by its place in the list.
reads:
  - parties[].id
  - parties[].name
  - parties[].roles JSON
  - parties[].identifier.scheme
  - parties[].identifier.id
  - parties[].identifier.legalName
  - parties[].address.streetAddress
  - parties[].address.locality
  - parties[].address.region
  - parties[].address.postalCode
  - parties[].address.countryName
*/
WITH listed AS (
    SELECT
        release.process AS process,
        unnest(range(1, len(release.parties) + 1)) AS party,
        unnest(release.parties) AS detail
    FROM ocds_releases AS release
)
SELECT
    listed.process AS process,
    listed.party AS party,
    listed.detail.id AS party_id,
    listed.detail.name AS name,
    listed.detail.identifier.scheme AS scheme,
    listed.detail.identifier.id AS identifier_id,
    listed.detail.identifier.legalName AS legal_name,
    listed.detail.roles LIKE '%"buyer"%' AS is_buyer,
    listed.detail.roles LIKE '%"procuringEntity"%' AS is_procuring_entity,
    listed.detail.roles LIKE '%"supplier"%' AS is_supplier,
    listed.detail.roles LIKE '%"tenderer"%' AS is_tenderer,
    listed.detail.address.streetAddress AS street,
    listed.detail.address.locality AS locality,
    listed.detail.address.region AS region,
    listed.detail.address.postalCode AS postal_code,
    listed.detail.address.countryName AS country
FROM listed
