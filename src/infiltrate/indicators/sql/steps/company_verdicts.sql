/*
What an indicator of companies says: one row per company. Reads `judged`: `company_id`, `on_date`,
`obstacle` (why it is not computable), `is_flag`, `value`, `threshold`, the reasons `when_flag` and
`when_clear`, and `records` (proof beside the company itself; may be missing).
*/
SELECT
    judged.company_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    judged.company_id AS company_id,
    judged.on_date AS on_date,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN 'not_computable'
        WHEN judged.is_flag THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN judged.obstacle IS NULL THEN CAST(judged.value AS DOUBLE) END AS value,
    CAST(judged.threshold AS DOUBLE) AS threshold,
    CASE
        WHEN judged.obstacle IS NOT NULL THEN judged.obstacle
        WHEN judged.is_flag THEN judged.when_flag
        ELSE judged.when_clear
    END AS detail,
    list_sort(list_concat(
        ['companies:' || judged.company_id], coalesce(judged.records, CAST([] AS VARCHAR[]))
    )) AS evidence
FROM judged
