/*
row: One row per process, with how far the lowest losing bid lies above the winning one.
needs: [process_awards, process_prices]
*/
WITH named AS (
    SELECT
        award.process AS process,
        award.ocid AS ocid,
        award.winner_id AS winner_id,
        price.winning_amount AS winning_amount,
        price.losing_amount AS losing_amount,
        CASE
            WHEN award.obstacle_to_winner IS NOT NULL THEN award.obstacle_to_winner
            WHEN NOT award.compares_prices THEN 'prices of this procedure are not compared'
            WHEN NOT $like_cardinal AND price.has_other_currency THEN 'bids in other currencies'
            WHEN price.winning_amount IS NULL THEN 'no valid bid of the winner with a price'
            WHEN price.losing_amount IS NULL THEN 'no other valid bid with a price'
            WHEN price.losing_amount < price.winning_amount THEN 'the lowest bid did not win'
            WHEN price.winning_amount = 0 AND price.losing_amount = 0 THEN 'both bids are zero'
        END AS obstacle
    FROM process_awards AS award
    LEFT JOIN process_prices AS price ON award.process = price.process
),
repeated AS (
    SELECT
        named.ocid AS ocid,
        max(named.process) AS last_process
    FROM named
    WHERE $like_cardinal AND named.obstacle IS NULL
    GROUP BY named.ocid
    HAVING count(*) > 1
),
judged AS (
    SELECT
        named.process AS process,
        named.ocid AS ocid,
        named.winner_id AS winner_id,
        named.winning_amount AS winning_amount,
        named.losing_amount AS losing_amount,
        CASE
            WHEN named.obstacle IS NULL AND named.process < repeated.last_process
                THEN 'a later line has the same ocid'
            ELSE named.obstacle
        END AS obstacle
    FROM named
    LEFT JOIN repeated ON named.ocid = repeated.ocid
)
SELECT
    judged.process AS process,
    judged.ocid AS ocid,
    judged.winner_id AS winner_id,
    judged.winning_amount AS winning_amount,
    judged.losing_amount AS losing_amount,
    judged.obstacle AS obstacle,
    CASE
        WHEN judged.obstacle IS NULL
            THEN (judged.losing_amount - judged.winning_amount) / judged.winning_amount
    END AS gap
FROM judged
