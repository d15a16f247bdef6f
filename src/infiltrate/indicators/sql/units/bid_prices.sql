/*
Every listed bid on a lot with an amount that can be compared with the others: in the currency of
the bids where they share one, and else in that of the study, at the rate in force on the day of
the lot. `obstacle` says why the amounts of the lot cannot be compared. Only sources that list
losing bids are here.
*/
WITH complete_sources AS (
    SELECT bids.source_id AS source_id
    FROM bids
    WHERE NOT coalesce(bids.is_winner, FALSE)
    GROUP BY bids.source_id
),
dated AS (
    SELECT
        bids.tender_id || '/' || bids.lot_id AS entity_id,
        bids.company_id AS company_id,
        coalesce(bids.status, 'unknown') AS status,
        bids.is_winner AS is_winner,
        bids.submitted_on AS submitted_on,
        bids.is_late AS is_late,
        bids.amount AS amount,
        bids.currency AS currency,
        CASE
            WHEN bids.currency = study.currency THEN bids.amount
            ELSE CAST(bids.amount * exchange_rates.rate AS DECIMAL(20, 2))
        END AS study_amount
    FROM bids
    CROSS JOIN study
    INNER JOIN complete_sources
        ON complete_sources.source_id = bids.source_id
    LEFT JOIN tenders
        ON tenders.tender_id = bids.tender_id
        AND tenders.lot_id = bids.lot_id
    LEFT JOIN exchange_rates
        ON exchange_rates.currency = bids.currency
        AND exchange_rates.to_currency = study.currency
        AND exchange_rates.valid_from
            <= coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on)
        AND coalesce(exchange_rates.valid_to, make_date(9999, 12, 31))
            >= coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on)
),
lots AS (
    SELECT
        dated.entity_id AS entity_id,
        min(dated.currency) = max(dated.currency) AS one_currency,
        CASE
            WHEN count(dated.amount) = 0 THEN 'no bid has an amount'
            WHEN count(dated.currency) < count(dated.amount)
                THEN 'currency of a bid not recorded'
            WHEN min(dated.currency) < max(dated.currency)
                AND count(dated.study_amount) < count(dated.amount)
                THEN 'bids in several currencies without an exchange rate'
            WHEN min(dated.amount) <= 0 THEN 'an amount is not above zero'
        END AS obstacle
    FROM dated
    WHERE dated.status <> 'withdrawn'
    GROUP BY dated.entity_id
)
SELECT
    dated.entity_id AS entity_id,
    dated.company_id AS company_id,
    dated.status AS status,
    dated.is_winner AS is_winner,
    dated.submitted_on AS submitted_on,
    dated.is_late AS is_late,
    CASE
        WHEN lots.obstacle IS NULL AND lots.one_currency THEN dated.amount
        WHEN lots.obstacle IS NULL THEN dated.study_amount
    END AS amount,
    lots.obstacle AS obstacle
FROM dated
INNER JOIN lots
    ON lots.entity_id = dated.entity_id
