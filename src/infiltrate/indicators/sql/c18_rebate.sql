/*
code: C18
title: Unusual rebate
level: lot
definition: >-
              The award lies unusually far below the estimate, or above it, for lots of the same
              product, year and place.
formula: >-
  rebate = (estimate - award) / estimate; score = (rebate - median of the peers) / (1.4826 x median
  absolute deviation); flag if |score| >= limit.
why: >-
       Deep rebates win with offers that later additions pay for; thin ones show that nobody
       competed.
sources:
  - "Ravenda et al. (2020), European Journal of Political Economy 64: larger rebates for mafia"
ocp: []
needs:
  - tenders.estimated_value
  - tenders.currency
  - tenders.product_code
  - tenders.area_id
  - tenders.award_on
  - tenders.deadline_on
  - tenders.call_published_on
  - contracts.value
  - contracts.currency
  - contracts.signed_on
  - exchange_rates.rate
direction: ±
unit: robust standard deviations from the median of the peers
missing: >-
           The estimate, the value of a contract of the lot, the product, the day or the place is
           not recorded, or there are too few peers.
exclusions:
  - Estimates and awards in different currencies are compared only at a dated exchange rate.
assumptions:
  - The contracts of a lot are added up, because each is a part of what was estimated.
  - The score is (rebate - median) / (1.4826 times the median absolute deviation) of the peers.
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
WITH awarded AS (
    SELECT
        contracts.tender_id AS tender_id,
        contracts.lot_id AS lot_id,
        count(*) AS contracts,
        count(contracts.amount) AS priced_contracts,
        sum(contracts.amount) AS amount,
        CASE
            WHEN count(contracts.study_amount) = count(*) THEN sum(contracts.study_amount)
        END AS study_amount,
        min(contracts.currency) AS first_currency,
        max(contracts.currency) AS last_currency,
        list_sort(array_agg(
            'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
            || contracts.supplier_id
        )) AS records
    FROM contract_amounts AS contracts
    WHERE contracts.tender_id IS NOT NULL
    GROUP BY contracts.tender_id, contracts.lot_id
),
estimated AS (
    SELECT
        lot.*,
        awarded.contracts AS contracts,
        awarded.priced_contracts AS priced_contracts,
        awarded.first_currency = lot.currency AND awarded.last_currency = lot.currency
            AS one_currency,
        awarded.amount AS amount,
        awarded.study_amount AS study_amount,
        CASE
            WHEN lot.currency = study.currency THEN lot.estimated_value
            ELSE CAST(lot.estimated_value * exchange_rates.rate AS DECIMAL(20, 2))
        END AS study_estimate,
        list_concat(coalesce(awarded.records, CAST([] AS VARCHAR[])), ['tenders:' || lot.entity_id])
            AS records
    FROM unit_lots AS lot
    CROSS JOIN study
    LEFT JOIN awarded
        ON awarded.tender_id = lot.tender_id
        AND awarded.lot_id = lot.lot_id
    LEFT JOIN exchange_rates
        ON exchange_rates.currency = lot.currency
        AND exchange_rates.to_currency = study.currency
        AND exchange_rates.valid_from <= lot.on_date
        AND coalesce(exchange_rates.valid_to, make_date(9999, 12, 31)) >= lot.on_date
),
measured AS (
    SELECT
        estimated.*,
        CASE
            WHEN estimated.one_currency
                THEN CAST(estimated.estimated_value - estimated.amount AS DOUBLE)
                    / CAST(nullif(estimated.estimated_value, 0) AS DOUBLE)
            ELSE CAST(estimated.study_estimate - estimated.study_amount AS DOUBLE)
                / CAST(nullif(estimated.study_estimate, 0) AS DOUBLE)
        END AS rebate
    FROM estimated
),
described AS (
    SELECT
        measured.*,
        measured.rebate AS value,
        CASE
            WHEN measured.contracts IS NULL THEN 'no contract of the lot in the data'
            WHEN measured.estimated_value IS NULL OR measured.currency IS NULL
                THEN 'estimate not recorded'
            WHEN measured.estimated_value <= 0 THEN 'estimate not above zero'
            WHEN measured.priced_contracts < measured.contracts
                THEN 'value of a contract not recorded'
            WHEN measured.rebate IS NULL
                THEN 'estimate and award in different currencies without an exchange rate'
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
        WHEN score >= $limit OR score <= -$limit THEN 'the rebate is unusual among its peers'
        ELSE 'the rebate is usual among its peers'
    END AS detail,
    records AS evidence
FROM judged
