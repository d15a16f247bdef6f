/*
code: P01
title: Bidders share an officer
level: lot
definition: Two bidders on one lot had the same officer on the day of the lot.
formula: >-
  flag if two bidders share an officer on the day of the lot.
why: Bids that one person signs for two firms do not compete.
sources:
  - Definition of this project, after practice of competition authorities
ocp: []
needs:
  - officers.valid_from
  - officers.valid_to
  - officers.role
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - companies.kind
direction: "+"
unit: bidders tied to another bidder
missing: >-
           Fewer than two firms bid, or the officers of fewer than two are on record for the day.
exclusions:
  - Natural persons who bid are left out.
  - Firms of one consortium bid together and are not held against each other.
assumptions:
  - The members of a consortium stand for it.
  - Persons are compared by their keyed pseudonyms, so that no name is needed.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair,attorney
    description: Roles that count.
*/
WITH ties AS (
    SELECT DISTINCT
        bidder.entity_id AS entity_id,
        bidder.bidder_id AS bidder_id,
        bidder.company_id AS company_id,
        officers.officer_id AS tie,
        'officers:' || officers.company_id || '/' || officers.officer_id || '/' || officers.role
        || '/' || CAST(officers.valid_from AS VARCHAR) AS record
    FROM lot_bidders AS bidder
    INNER JOIN officers
        ON officers.company_id = bidder.company_id
        AND officers.valid_from <= bidder.on_date
        AND coalesce(officers.valid_to, make_date(9999, 12, 31)) >= bidder.on_date
    WHERE list_contains(string_split($roles, ','), officers.role)
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
            WHEN found.described_bidders < 2 THEN 'officers of fewer than two bidders recorded'
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
        WHEN tied_bidders >= 2 THEN 'bidders share an officer'
        ELSE 'no tie among those on record'
    END AS detail,
    list_sort(list_concat(['tenders:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
