/*
code: C19
title: Unusual number of bids
level: lot
definition: >-
              The number of bids is unusually low or high for lots of the same product, year and
              place.
formula: >-
  x = ln(bids); score = (x - median of the peers) / (1.4826 x median absolute deviation); flag if
  |score| >= limit.
why: Few bids show rivals kept away; many can be cover bids of a cartel.
sources:
  - "Ravenda et al. (2020), European Journal of Political Economy 64: more bids for mafia"
ocp: []
needs:
  - tenders.bids_recorded
  - tenders.product_code
  - tenders.area_id
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - bids.is_winner
direction: ±
unit: robust standard deviations from the median of the peers
missing: >-
           The number of bids, the product, the day or the place is not recorded, or there are too
           few peers.
exclusions: []
assumptions:
  - The number stated by the publisher is preferred to counting the bids listed.
  - The score is (x - median) / (1.4826 times the median absolute deviation) of the logarithms x.
  - Peers are lots of the same calendar year; the lot is one of them.
settings:
  limit:
    type: number
    default: 2
    unit: robust standard deviations
    minimum: 0.5
    maximum: 10
    description: >-
                   A score this far from the median of the peers, or farther, is flagged.
  fewest_peers:
    type: integer
    default: 10
    unit: lots
    minimum: 3
    maximum: 1000
    description: Lots that a group of peers must have, the lot itself included.
  product_digits:
    type: integer
    default: 3
    unit: characters
    minimum: 1
    maximum: 12
    description: Leading characters of the product code that make peers.
  same_area:
    type: boolean
    default: true
    description: Whether peers share the place of performance.
*/
WITH complete_sources AS (
    SELECT bids.source_id AS source_id
    FROM bids
    WHERE NOT coalesce(bids.is_winner, FALSE)
    GROUP BY bids.source_id
),
listed AS (
    SELECT bids.tender_id AS tender_id, bids.lot_id AS lot_id, count(*) AS bids
    FROM bids
    INNER JOIN complete_sources
        ON complete_sources.source_id = bids.source_id
    GROUP BY bids.tender_id, bids.lot_id
),
counted AS (
    SELECT
        lot.*,
        coalesce(lot.bids_recorded, listed.bids) AS bids,
        ['tenders:' || lot.entity_id] AS records
    FROM unit_lots AS lot
    LEFT JOIN listed
        ON listed.tender_id = lot.tender_id
        AND listed.lot_id = lot.lot_id
),
measured AS (
    SELECT
        counted.*,
        ln(CAST(CASE WHEN counted.bids > 0 THEN counted.bids END AS DOUBLE)) AS log_bids
    FROM counted
),
described AS (
    SELECT
        measured.*,
        measured.log_bids AS value,
        CASE
            WHEN measured.bids IS NULL THEN 'number of bids not recorded'
            WHEN measured.bids < 1 THEN 'no bid'
            WHEN measured.on_date IS NULL THEN 'day of the lot not recorded'
            WHEN measured.product_code IS NULL THEN 'product not recorded'
            WHEN measured.area_id IS NULL AND $same_area THEN 'place of performance not recorded'
        END AS obstacle,
        substr(measured.product_code, 1, $product_digits) AS product,
        year(measured.on_date) AS lot_year,
        CASE WHEN $same_area THEN measured.area_id ELSE 'any' END AS place_of_work
    FROM measured
),
/* peer_scores: steps/peer_scores.sql */
judged AS (
    SELECT
        described.entity_id AS entity_id,
        described.buyer_id AS buyer_id,
        described.company_id AS company_id,
        described.on_date AS on_date,
        described.records AS records,
        peer_scores.score AS score,
        CASE
            WHEN described.obstacle IS NOT NULL THEN described.obstacle
            WHEN peer_scores.peers < $fewest_peers THEN 'too few peers'
            WHEN peer_scores.median_deviation = 0 THEN 'most peers are alike'
        END AS obstacle
    FROM described
    LEFT JOIN peer_scores
        ON peer_scores.entity_id = described.entity_id
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN score >= $limit OR score <= -$limit THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN score END AS value,
    CAST($limit AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN score >= $limit OR score <= -$limit THEN 'the number of bids is unusual among its peers'
        ELSE 'the number of bids is usual among its peers'
    END AS detail,
    records AS evidence
FROM judged
