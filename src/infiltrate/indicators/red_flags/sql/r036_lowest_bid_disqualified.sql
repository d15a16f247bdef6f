/*
code: R036
title: Lowest bid disqualified
levels: [process]
definition: The lowest submitted bid was disqualified, a valid bid remained and an award was made.
why: Disqualifying the cheapest bid on a pretext lets a dearer one win.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R036
  - Open Contracting Partnership, Cardinal 0.0.8, R036
needs: [process_awards, process_prices, submitted_bids, main_currency]
unit: share by which the lowest other bid was dearer
missing: There is no active award, or no valid bid with a price.
exclusions:
  - Procedures whose prices are not compared.
  - Bids in several currencies (like Cardinal, those outside its main currency are dropped).
  - A disqualified bid as low as another is not the lowest (the first of them is, like Cardinal).
assumptions:
  - Price is the only criterion.
fences: []
settings: {}
*/
WITH tied AS (
    SELECT
        bid.process AS process,
        bid.status AS status,
        row_number() OVER (PARTITION BY bid.process ORDER BY bid.bid) AS place
    FROM submitted_bids AS bid
    CROSS JOIN main_currency AS main
    INNER JOIN process_prices AS price
        ON bid.process = price.process AND bid.amount = price.lowest_disqualified
    WHERE
        $like_cardinal
        AND price.lowest_disqualified = price.lowest_other
        AND (main.currency IS NULL OR bid.currency = main.currency)
),
judged AS (
    SELECT
        award.process AS process,
        award.ocid AS ocid,
        price.lowest_disqualified AS lowest_disqualified,
        price.lowest_other AS lowest_other,
        coalesce(
            price.lowest_disqualified < price.lowest_other OR tied.status = 'disqualified', FALSE
        ) AS is_lowest,
        CASE
            WHEN award.obstacle_to_final IN ('tender cancelled', 'procedure excluded by the settings')
                THEN award.obstacle_to_final
            WHEN NOT award.compares_prices THEN 'prices of this procedure are not compared'
            WHEN award.active = 0 THEN 'no active award'
            WHEN NOT $like_cardinal AND price.has_other_currency THEN 'bids in other currencies'
            WHEN coalesce(price.valid_priced, 0) = 0 THEN 'no valid bid with a price'
        END AS obstacle
    FROM process_awards AS award
    LEFT JOIN process_prices AS price ON award.process = price.process
    LEFT JOIN tied ON award.process = tied.process AND tied.place = 1
)
SELECT
    'process' AS level,
    judged.ocid AS entity_id,
    judged.process AS process,
    coalesce(judged.obstacle IS NULL AND judged.is_lowest, FALSE) AS is_flag,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        WHEN judged.is_lowest THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE
        WHEN judged.obstacle IS NULL AND judged.lowest_disqualified > 0
            THEN (judged.lowest_other - judged.lowest_disqualified) / judged.lowest_disqualified
    END AS value,
    CAST(0 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        WHEN judged.is_lowest THEN 'the lowest bid was disqualified'
        WHEN judged.lowest_disqualified IS NULL THEN 'no disqualified bid with a price'
        ELSE 'the lowest bid was not disqualified'
    END AS detail,
    ['processes:' || judged.ocid] AS evidence
FROM judged
