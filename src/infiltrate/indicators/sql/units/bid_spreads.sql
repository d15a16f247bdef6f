/*
How the bids on each lot are spread: one row per lot with a listed bid that counts as valid.
Bids are ordered from the lowest, b1, to the highest, bn. `sd` and `sd_losing` are the standard
deviations (n - 1) of all bids and of all but the lowest; `cubes` and `fourth_powers` are sums of
powers of standardised bids; `above_uniform` and `below_uniform` are the largest distances between
the bids and a uniform distribution on [b1, bn]. Sums are taken of deviations as shares of the
range, as exact decimals, so that the order of rows changes no digit. `obstacle` says why the lot
cannot be screened.
*/
WITH valid AS (
    SELECT
        bid.entity_id AS entity_id,
        bid.company_id AS company_id,
        bid.amount AS amount,
        bid.obstacle AS obstacle
    FROM bid_prices AS bid
    WHERE bid.status NOT IN ('disqualified', 'withdrawn')
),
lots AS (
    SELECT
        valid.entity_id AS entity_id,
        count(*) AS bids,
        sum(valid.amount) AS total,
        max(valid.amount) AS highest,
        CASE
            WHEN count(valid.amount) < count(*)
                THEN coalesce(min(valid.obstacle), 'amount of a bid not recorded')
        END AS obstacle
    FROM valid
    GROUP BY valid.entity_id
),
ranked AS (
    SELECT
        valid.entity_id AS entity_id,
        valid.company_id AS company_id,
        CAST(valid.amount AS DOUBLE) AS amount,
        lots.bids AS bids,
        CAST(lots.total AS DOUBLE) / lots.bids AS mean,
        CAST(lots.total - min(valid.amount) OVER same_lot AS DOUBLE)
            / nullif(lots.bids - 1, 0) AS mean_losing,
        CAST(min(valid.amount) OVER same_lot AS DOUBLE) AS lowest,
        CAST(nullif(lots.highest - min(valid.amount) OVER same_lot, 0) AS DOUBLE) AS range_width,
        row_number() OVER (
            PARTITION BY valid.entity_id
            ORDER BY valid.amount, valid.company_id
        ) AS place
    FROM valid
    INNER JOIN lots
        ON lots.entity_id = valid.entity_id
    WHERE lots.obstacle IS NULL
    WINDOW same_lot AS (PARTITION BY valid.entity_id)
),
scaled AS (
    SELECT
        ranked.*,
        (ranked.amount - ranked.lowest) / ranked.range_width AS position,
        (ranked.amount - ranked.mean) / ranked.range_width AS deviation,
        CASE
            WHEN ranked.place > 1 THEN (ranked.amount - ranked.mean_losing) / ranked.range_width
        END AS deviation_losing
    FROM ranked
),
summed AS (
    SELECT
        scaled.entity_id AS entity_id,
        min(scaled.mean) AS mean,
        min(scaled.lowest) AS lowest,
        min(CASE WHEN scaled.place = 2 THEN scaled.amount END) AS second,
        max(scaled.amount) AS highest,
        min(CASE WHEN scaled.place = 1 THEN scaled.company_id END) AS lowest_bidder,
        min(CASE WHEN scaled.place = 2 THEN scaled.company_id END) AS second_bidder,
        sum(CAST(scaled.deviation * scaled.deviation AS DECIMAL(28, 18))) AS squares,
        sum(CAST(
            scaled.deviation * scaled.deviation * scaled.deviation AS DECIMAL(28, 18)
        )) AS cubes,
        sum(CAST(
            scaled.deviation * scaled.deviation * scaled.deviation * scaled.deviation
            AS DECIMAL(28, 18)
        )) AS fourth_powers,
        sum(CAST(
            scaled.deviation_losing * scaled.deviation_losing AS DECIMAL(28, 18)
        )) AS squares_losing,
        max(CAST(scaled.place AS DOUBLE) / scaled.bids - scaled.position) AS above_uniform,
        max(scaled.position - CAST(scaled.place - 1 AS DOUBLE) / scaled.bids) AS below_uniform
    FROM scaled
    GROUP BY scaled.entity_id
),
measured AS (
    SELECT
        summed.*,
        sqrt(CAST(summed.squares AS DOUBLE) / nullif(lots.bids - 1, 0)) AS scaled_sd,
        sqrt(CAST(summed.squares_losing AS DOUBLE) / nullif(lots.bids - 2, 0)) AS scaled_sd_losing
    FROM summed
    INNER JOIN lots
        ON lots.entity_id = summed.entity_id
)
SELECT
    lots.entity_id AS entity_id,
    lots.bids AS bids,
    lots.obstacle AS obstacle,
    measured.mean AS mean,
    measured.lowest AS lowest,
    measured.second AS second,
    measured.highest AS highest,
    measured.lowest_bidder AS lowest_bidder,
    measured.second_bidder AS second_bidder,
    (measured.highest - measured.lowest) * coalesce(measured.scaled_sd, 0) AS sd,
    (measured.highest - measured.lowest) * measured.scaled_sd_losing AS sd_losing,
    CAST(measured.cubes AS DOUBLE)
        / nullif(measured.scaled_sd * measured.scaled_sd * measured.scaled_sd, 0) AS cubes,
    CAST(measured.fourth_powers AS DOUBLE) / nullif(
        measured.scaled_sd * measured.scaled_sd * measured.scaled_sd * measured.scaled_sd, 0
    ) AS fourth_powers,
    measured.above_uniform AS above_uniform,
    measured.below_uniform AS below_uniform
FROM lots
LEFT JOIN measured
    ON measured.entity_id = lots.entity_id
