/*
row: One row per tenderer, with processes where it made a valid bid alone and processes it won.
needs: [submitted_tenderers, process_awards]
*/
SELECT
    tenderer.tenderer_id AS tenderer_id,
    count(*) AS processes,
    sum(CASE WHEN tenderer.tenderer_id = award.winner_id THEN 1 ELSE 0 END) AS won,
    CAST(sum(CASE WHEN tenderer.tenderer_id = award.winner_id THEN 1 ELSE 0 END) AS DOUBLE)
    / CAST(count(*) AS DOUBLE) AS win_share
FROM submitted_tenderers AS tenderer
INNER JOIN process_awards AS award ON tenderer.process = award.process
WHERE tenderer.valid_alone > 0 AND award.winner_id IS NOT NULL
GROUP BY tenderer.tenderer_id
