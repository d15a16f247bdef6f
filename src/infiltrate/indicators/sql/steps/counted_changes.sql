/*
The changes of one kind that a register recorded in the years up to the day of the study: one row
per company. Reads `watched`, the one `event` that counts. Uses the settings `years` and `many`.
*/
WITH recorded AS (
    SELECT count(*) AS changes
    FROM company_events
    INNER JOIN watched
        ON watched.event = company_events.event
    CROSS JOIN study
    WHERE company_events.happened_on <= study.day
),
recent AS (
    SELECT
        company_events.company_id AS company_id,
        count(*) AS changes,
        max(company_events.happened_on) AS on_date,
        list_sort(array_agg(
            'company_events:' || company_events.company_id || '/' || company_events.event || '/'
            || CAST(company_events.happened_on AS VARCHAR)
        )) AS records
    FROM company_events
    INNER JOIN watched
        ON watched.event = company_events.event
    CROSS JOIN study
    WHERE company_events.happened_on <= study.day
        AND date_diff('day', company_events.happened_on, study.day) * 100 < $years * 36525
    GROUP BY company_events.company_id
)
SELECT
    company.company_id AS company_id,
    coalesce(recent.on_date, study.day) AS on_date,
    recent.records AS records,
    coalesce(recent.changes, 0) AS value,
    $many AS threshold,
    coalesce(recent.changes, 0) >= $many AS is_flag,
    CASE
        WHEN study.day IS NULL THEN 'day of the study not known'
        WHEN NOT company.in_registry THEN 'the company is not in the register'
        WHEN recorded.changes = 0 THEN 'the register gives no such changes'
    END AS obstacle
FROM unit_companies AS company
CROSS JOIN study
CROSS JOIN recorded
LEFT JOIN recent
    ON recent.company_id = company.company_id
