/*
row: One row per buyer, procuring entity and tenderer, with its submitted and disqualified bids.
needs: [process_prices, submitted_tenderers, scoped_processes]
settings_of: R038
*/
WITH counted AS (
    SELECT
        'buyer' AS level,
        process.buyer_id AS entity_id,
        count(*) AS processes,
        sum(bids.submitted) AS submitted,
        sum(bids.disqualified) AS disqualified
    FROM process_prices AS bids
    INNER JOIN scoped_processes AS process ON bids.process = process.process
    GROUP BY process.buyer_id
    UNION ALL
    SELECT
        'procuring_entity' AS level,
        process.procuring_entity_id AS entity_id,
        count(*) AS processes,
        sum(bids.submitted) AS submitted,
        sum(bids.disqualified) AS disqualified
    FROM process_prices AS bids
    INNER JOIN scoped_processes AS process ON bids.process = process.process
    GROUP BY process.procuring_entity_id
    UNION ALL
    SELECT
        'tenderer' AS level,
        tenderer.tenderer_id AS entity_id,
        count(*) AS processes,
        sum(tenderer.submitted) AS submitted,
        sum(tenderer.disqualified) AS disqualified
    FROM submitted_tenderers AS tenderer
    GROUP BY tenderer.tenderer_id
),
judged AS (
    SELECT
        counted.level AS level,
        counted.entity_id AS entity_id,
        counted.processes AS processes,
        counted.submitted AS submitted,
        counted.disqualified AS disqualified,
        CASE
            WHEN counted.level = 'tenderer' THEN counted.submitted < $minimum_submitted_bids
            WHEN $like_cardinal THEN counted.submitted < $minimum_contracting_processes
            ELSE counted.processes < $minimum_contracting_processes
        END AS is_too_few
    FROM counted
    WHERE counted.entity_id IS NOT NULL
)
SELECT
    judged.level AS level,
    judged.entity_id AS entity_id,
    judged.processes AS processes,
    CAST(judged.submitted AS BIGINT) AS submitted,
    CAST(judged.disqualified AS BIGINT) AS disqualified,
    judged.is_too_few AS is_too_few,
    CASE
        WHEN NOT judged.is_too_few
            THEN CAST(judged.disqualified AS DOUBLE) / CAST(judged.submitted AS DOUBLE)
    END AS disqualified_share
FROM judged
