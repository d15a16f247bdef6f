/*
code: P02
title: Bidders share an owner
level: lot
definition: >-
              Two bidders on one lot had the same owner on the day of the lot, or one owned the
              other.
formula: >-
  flag if two bidders share an owner of at least least_share on the day of the lot.
why: Firms with one owner do not compete, whatever they bid.
sources:
  - Definition of this project, after practice of competition authorities
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.owner_kind
  - ownership.share_high
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - companies.kind
direction: "+"
unit: bidders tied to another bidder
missing: >-
           Fewer than two firms bid, or the owners of fewer than two are on record for the day.
exclusions:
  - Natural persons who bid are left out.
  - Firms owned by the state are not held against each other.
assumptions:
  - The members of a consortium stand for it.
  - An interest whose size is not known counts in full.
  - Only direct owners are compared.
settings:
  least_share:
    type: number
    default: 0.25
    unit: share
    minimum: 0
    maximum: 1
    description: Smallest share, at its upper end, that makes an owner.
*/
WITH owners AS (
    SELECT
        bidder.entity_id AS entity_id,
        bidder.bidder_id AS bidder_id,
        bidder.company_id AS company_id,
        ownership.owner_id AS tie,
        'ownership:' || ownership.owner_id || '/' || ownership.company_id || '/'
        || ownership.interest || '/' || CAST(ownership.valid_from AS VARCHAR) AS record
    FROM lot_bidders AS bidder
    INNER JOIN ownership
        ON ownership.company_id = bidder.company_id
        AND ownership.valid_from <= bidder.on_date
        AND coalesce(ownership.valid_to, make_date(9999, 12, 31)) >= bidder.on_date
    WHERE coalesce(ownership.share_high, CAST(1 AS DOUBLE)) >= $least_share
        AND ownership.owner_kind <> 'state'
),
ties AS (
    SELECT
        owners.entity_id AS entity_id,
        owners.bidder_id AS bidder_id,
        owners.company_id AS company_id,
        owners.tie AS tie,
        owners.record AS record
    FROM owners
    UNION
    SELECT
        bidder.entity_id AS entity_id,
        bidder.bidder_id AS bidder_id,
        bidder.company_id AS company_id,
        bidder.company_id AS tie,
        owners.record AS record
    FROM lot_bidders AS bidder
    INNER JOIN owners
        ON owners.entity_id = bidder.entity_id
        AND owners.tie = bidder.company_id
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
            WHEN found.described_bidders < 2 THEN 'owners of fewer than two bidders recorded'
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
        WHEN tied_bidders >= 2 THEN 'bidders share an owner'
        ELSE 'no tie among those on record'
    END AS detail,
    list_sort(list_concat(['tenders:' || entity_id], coalesce(records, CAST([] AS VARCHAR[])))) AS evidence
FROM judged
