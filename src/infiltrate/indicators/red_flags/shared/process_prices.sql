/*
row: >-
  One row per process in scope with a submitted bid, with its bids counted and its prices in one
  currency.
needs: [submitted_bids, main_currency]
*/
WITH priced AS (
    SELECT
        bid.process AS process,
        bid.status AS status,
        bid.tenderer_id AS tenderer_id,
        bid.is_by_winner AS is_by_winner,
        bid.currency AS currency,
        CASE WHEN bid.amount IS NOT NULL AND bid.tenderers > 0 THEN 1 ELSE 0 END AS is_priced,
        CASE
            WHEN main.currency IS NULL OR bid.currency = main.currency THEN bid.amount
        END AS amount,
        CASE
            WHEN
                bid.amount IS NOT NULL AND main.currency IS NOT NULL
                AND bid.currency <> main.currency
                THEN 1
            ELSE 0
        END AS is_foreign
    FROM submitted_bids AS bid
    CROSS JOIN main_currency AS main
)
SELECT
    priced.process AS process,
    count(*) AS submitted,
    count(priced.tenderer_id) AS named,
    sum(priced.is_priced) AS priced,
    sum(CASE WHEN priced.status = 'disqualified' THEN 1 ELSE 0 END) AS disqualified,
    sum(CASE WHEN priced.status = 'valid' AND priced.amount IS NOT NULL THEN 1 ELSE 0 END)
        AS valid_priced,
    coalesce(
        min(CASE WHEN priced.amount IS NOT NULL THEN priced.currency END)
        <> max(CASE WHEN priced.amount IS NOT NULL THEN priced.currency END),
        FALSE
    ) OR sum(priced.is_foreign) > 0 AS has_other_currency,
    min(CASE WHEN priced.status = 'disqualified' THEN priced.amount END) AS lowest_disqualified,
    min(CASE WHEN priced.status <> 'disqualified' THEN priced.amount END) AS lowest_other,
    min(
        CASE
            WHEN priced.status = 'valid' AND priced.is_by_winner
                THEN priced.amount
        END
    ) AS winning_amount,
    min(
        CASE
            WHEN priced.status = 'valid' AND NOT priced.is_by_winner
                THEN priced.amount
        END
    ) AS losing_amount
FROM priced
GROUP BY priced.process
