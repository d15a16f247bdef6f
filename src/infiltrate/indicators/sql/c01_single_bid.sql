/*
code: C01
title: Single bid
level: lot
definition: Exactly one valid bid was received on a procedure in which several could compete.
formula: >-
  valid bids = 1.
why: >-
  A competitive procedure that draws one bid may have been tailored to one bidder, or the others
  kept away. Mafia groups are also known to bring many colluding bids, so the sign differs.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
  - Fazekas and Kocsis (2020), British Journal of Political Science 50
  - Open Contracting Partnership, Cardinal, R018
  - "Ravenda et al. (2020), European Journal of Political Economy 64: opposite sign for mafia"
ocp: [R018]
needs:
  - tenders.procedure
  - tenders.bids_recorded
  - tenders.is_cancelled
  - bids.status
  - bids.is_winner
direction: ±
unit: bids
missing: The procedure, or the number of bids, is not recorded.
exclusions:
  - Procedures in which nobody competes are not computable.
  - Cancelled lots and lots without a valid bid are not computable.
assumptions:
  - The number of bids stated by the publisher is preferred to counting the bids listed.
  - Bids are counted only in sources that list losing bidders too.
  - A listed bid counts as valid unless disqualified or withdrawn; a consortium is one bidder.
settings:
  competitive:
    type: names
    values_of: tenders.procedure
    default: open,restricted,negotiated_with_publication,competitive_dialogue,innovation_partnership
    description: Procedures in which several bidders can compete.
*/
WITH complete_sources AS (
    SELECT bids.source_id AS source_id
    FROM bids
    WHERE NOT coalesce(bids.is_winner, FALSE)
    GROUP BY bids.source_id
),
listed AS (
    SELECT
        bids.tender_id AS tender_id,
        bids.lot_id AS lot_id,
        count(*) AS valid_bids,
        min(bids.company_id) AS bidder
    FROM bids
    INNER JOIN complete_sources
        ON complete_sources.source_id = bids.source_id
    WHERE coalesce(bids.status, 'unknown') NOT IN ('disqualified', 'withdrawn')
    GROUP BY bids.tender_id, bids.lot_id
),
counted AS (
    SELECT
        lot.entity_id AS entity_id,
        lot.buyer_id AS buyer_id,
        lot.company_id AS company_id,
        lot.on_date AS on_date,
        lot.procedure AS procedure,
        lot.is_cancelled AS is_cancelled,
        coalesce(lot.bids_recorded, listed.valid_bids) AS valid_bids,
        CASE WHEN lot.bids_recorded IS NULL THEN listed.bidder END AS bidder
    FROM unit_lots AS lot
    LEFT JOIN listed
        ON listed.tender_id = lot.tender_id
        AND listed.lot_id = lot.lot_id
),
judged AS (
    SELECT
        counted.*,
        CASE
            WHEN counted.is_cancelled THEN 'the lot was cancelled'
            WHEN counted.procedure IS NULL THEN 'procedure not recorded'
            WHEN NOT list_contains(string_split($competitive, ','), counted.procedure)
                THEN 'not a competitive procedure'
            WHEN counted.valid_bids IS NULL THEN 'number of bids not recorded'
            WHEN counted.valid_bids < 1 THEN 'no valid bid'
        END AS obstacle
    FROM counted
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN valid_bids = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(valid_bids AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN valid_bids = 1 THEN 'one bid on a competitive procedure'
        ELSE 'several bids on a competitive procedure'
    END AS detail,
    CASE
        WHEN obstacle IS NULL AND valid_bids = 1 AND bidder IS NOT NULL
            THEN ['bids:' || entity_id || '/' || bidder, 'tenders:' || entity_id]
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
