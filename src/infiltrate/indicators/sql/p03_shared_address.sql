/*
code: P03
title: Bidders share an address
level: lot
definition: Two bidders on one lot have the same registered address.
formula: >-
  flag if two bidders share an address of at most most_companies companies.
why: Firms behind one door seldom bid against each other.
sources:
  - Definition of this project, after practice of competition authorities
  - "Kyrgyz risk rules: same contact data among bidders"
ocp: []
needs:
  - companies.address_key
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - companies.kind
direction: "+"
unit: bidders tied to another bidder
missing: Fewer than two firms bid, or the addresses of fewer than two are recorded.
exclusions:
  - Natural persons who bid are left out.
  - Addresses of very many companies are those of agents and do not count.
assumptions:
  - The members of a consortium stand for it.
  - The registered address is the one of today.
settings:
  most_companies:
    type: integer
    default: 50
    unit: companies
    minimum: 2
    maximum: 100000
    description: >-
                   Companies at one address above which it is taken as that of an agent.
*/
WITH crowded AS (
    SELECT companies.address_key AS address_key
    FROM companies
    WHERE companies.address_key IS NOT NULL
    GROUP BY companies.address_key
    HAVING count(*) > $most_companies
),
ties AS (
    SELECT DISTINCT
        bidder.entity_id AS entity_id,
        bidder.bidder_id AS bidder_id,
        bidder.company_id AS company_id,
        bidder.address_key AS tie,
        'companies:' || bidder.company_id AS record
    FROM lot_bidders AS bidder
    LEFT JOIN crowded
        ON crowded.address_key = bidder.address_key
    WHERE bidder.address_key IS NOT NULL AND crowded.address_key IS NULL
),
/* tied_bidders: steps/tied_bidders.sql */
judged AS (
    SELECT
        lot.*,
        found.records AS records,
        coalesce(found.tied_bidders, 0) AS tied_bidders,
        CASE
            WHEN coalesce(found.bidders, 0) < 2 THEN 'fewer than two firms bid'
            WHEN lot.on_date IS NULL THEN 'day of the lot not recorded'
            WHEN found.described_bidders < 2 THEN 'addresses of fewer than two bidders recorded'
        END AS obstacle
    FROM unit_lots AS lot
    LEFT JOIN tied_bidders AS found
        ON found.entity_id = lot.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN tied_bidders >= 2 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(tied_bidders AS DOUBLE) END AS value,
    CAST(2 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN tied_bidders >= 2 THEN 'bidders share an address'
        ELSE 'no tie among those on record'
    END AS detail,
    list_sort(list_concat(['tenders:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
