/*
How far a ratio of a company's last accounts lies from its peers, in robust standard deviations:
(ratio - median) / (1.4826 times the median absolute deviation); one row per company. Reads
`measured`, one row of `account_years` with `above`, `below` (what is divided by what) and `proof`.
Peers have accounts of the same year, currency and size in the same division; where fewer than
`fewest_peers` have the ratio, in the same section, and else in all sectors. Uses the settings
`limit`, `fewest_peers` and `side`.
*/
WITH ratios AS (
    SELECT
        measured.company_id AS company_id,
        measured.place AS place,
        measured.division AS division,
        measured.section AS section,
        measured.currency || ', ' || CAST(measured.account_year AS VARCHAR) || ', '
            || measured.size_class AS class,
        measured.above / measured.below AS ratio
    FROM measured
    WHERE measured.above IS NOT NULL AND measured.below > 0
),
grouped AS (
    SELECT ratios.*, 1 AS breadth, ratios.division AS sector
    FROM ratios
    WHERE ratios.division IS NOT NULL
    UNION ALL
    SELECT ratios.*, 2 AS breadth, ratios.section AS sector
    FROM ratios
    WHERE ratios.section IS NOT NULL
    UNION ALL
    SELECT ratios.*, 3 AS breadth, 'all' AS sector
    FROM ratios
),
medians AS (
    SELECT
        grouped.breadth AS breadth,
        grouped.sector AS sector,
        grouped.class AS class,
        median(grouped.ratio) AS middle
    FROM grouped
    GROUP BY grouped.breadth, grouped.sector, grouped.class
    HAVING count(*) >= $fewest_peers
),
spreads AS (
    SELECT
        grouped.breadth AS breadth,
        grouped.sector AS sector,
        grouped.class AS class,
        min(medians.middle) AS middle,
        median(abs(grouped.ratio - medians.middle)) AS spread
    FROM grouped
    INNER JOIN medians
        ON medians.breadth = grouped.breadth
        AND medians.sector = grouped.sector
        AND medians.class = grouped.class
    GROUP BY grouped.breadth, grouped.sector, grouped.class
),
compared AS (
    SELECT
        grouped.company_id AS company_id,
        grouped.breadth AS breadth,
        spreads.spread AS spread,
        (grouped.ratio - spreads.middle)
            / (CAST(14826 AS DOUBLE) / CAST(10000 AS DOUBLE)
                * nullif(spreads.spread, CAST(0 AS DOUBLE))) AS score,
        row_number() OVER (
            PARTITION BY grouped.company_id
            ORDER BY grouped.breadth, grouped.company_id
        ) AS choice
    FROM grouped
    INNER JOIN spreads
        ON spreads.breadth = grouped.breadth
        AND spreads.sector = grouped.sector
        AND spreads.class = grouped.class
    WHERE grouped.place = 1
),
scored AS (
    SELECT
        company.company_id AS company_id,
        measured.on_date AS on_date,
        measured.proof AS records,
        compared.score AS value,
        $limit AS threshold,
        coalesce($side <> 'low' AND compared.score >= $limit, FALSE) AS is_high,
        coalesce($side <> 'high' AND compared.score <= -$limit, FALSE) AS is_low,
        CASE compared.breadth
            WHEN 1 THEN ' its peers of the division, size and year'
            WHEN 2 THEN ' its peers of the section, size and year, for want of more in the division'
            ELSE ' its peers of the size and year in all sectors, for want of more in its own'
        END AS peers,
        CASE
            WHEN study.day IS NULL THEN 'day of the study not known'
            WHEN measured.company_id IS NULL THEN 'no accounts of the last three years known'
            WHEN measured.above IS NULL OR measured.below IS NULL
                THEN 'what is compared is not in the accounts'
            WHEN measured.below <= 0 THEN 'what is divided by is not above zero'
            WHEN compared.company_id IS NULL THEN 'too few peers'
            WHEN compared.spread = 0 THEN 'most peers are alike'
        END AS obstacle
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN measured
        ON measured.company_id = company.company_id
        AND measured.place = 1
    LEFT JOIN compared
        ON compared.company_id = company.company_id
        AND compared.choice = 1
)
SELECT
    scored.*,
    scored.is_high OR scored.is_low AS is_flag,
    CASE WHEN scored.is_high THEN 'above' ELSE 'below' END || scored.peers AS when_flag,
    'like' || scored.peers AS when_clear
FROM scored
