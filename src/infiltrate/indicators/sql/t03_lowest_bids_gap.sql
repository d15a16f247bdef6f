/*
code: T03
title: Gap behind the lowest
level: lot
definition: >-
  The gap between the two lowest valid bids as a share of the lowest, (b2 - b1) / b1, is above
  a limit.
formula: >-
  gap = (b2 - b1) / b1; flag if above limit.
why: >-
  Cover bids keep a distance from the bid that is to win.
sources:
  - Huber and Imhof (2019), International Journal of Industrial Organization 65
ocp: []
needs:
  - bids.amount
  - bids.currency
  - bids.status
  - bids.is_winner
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - exchange_rates.rate
direction: "+"
unit: gap between the two lowest bids as a share of the lowest
missing: >-
  Losing bids or their amounts are not recorded, or there are too few.
exclusions:
  - Lots with fewer than 3 valid bids are not computable, nor those in several currencies
    without an exchange rate of the day.
assumptions:
  - The lowest valid bid is taken as the one that is to win.
  - Bids are screened only in sources that list losing bidders too.
  - No limit is published; the default marks lots to look at and is to be calibrated.
settings:
  fewest_bids:
    type: integer
    default: 3
    unit: bids
    minimum: 3
    maximum: 50
    description: Valid bids below which a lot is not screened.
  limit:
    type: number
    default: 0.05
    unit: share
    minimum: 0.0
    maximum: 100.0
    description: Value above which a lot is flagged.
*/
WITH measured AS (
    SELECT
        lot.entity_id AS entity_id,
        lot.buyer_id AS buyer_id,
        lot.company_id AS company_id,
        lot.on_date AS on_date,
        ['bids:' || lot.entity_id || '/' || spread.lowest_bidder,
            'bids:' || lot.entity_id || '/' || spread.second_bidder,
            'tenders:' || lot.entity_id] AS records,
        CASE
            WHEN spread.entity_id IS NULL THEN 'losing bids not recorded'
            WHEN spread.bids < $fewest_bids THEN 'too few valid bids'
            ELSE spread.obstacle
        END AS obstacle,
        (spread.second - spread.lowest) / spread.lowest AS value
    FROM unit_lots AS lot
    LEFT JOIN bid_spreads AS spread
        ON spread.entity_id = lot.entity_id
),
judged AS (
    SELECT
        measured.*,
        $limit AS limit_value,
        CASE
            WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
            WHEN measured.value IS NULL THEN 'no value'
        END AS reason
    FROM measured
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN reason IS NOT NULL THEN 'not_computable'
        WHEN value > limit_value THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN reason IS NULL THEN value END AS value,
    limit_value AS threshold,
    CASE
        WHEN reason IS NOT NULL THEN reason
        WHEN value > limit_value THEN 'the first gap is wide'
        ELSE 'the first gap is not wide'
    END AS detail,
    CASE
        WHEN reason IS NULL AND value > limit_value THEN list_sort(records)
        ELSE ['tenders:' || entity_id]
    END AS evidence
FROM judged
