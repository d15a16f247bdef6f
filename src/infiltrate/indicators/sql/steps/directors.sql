/*
Who directs each company on the day of the study: one row per company with a director on record.
`record` proves one of several, the first by term of office, so that no pseudonym decides which;
`officer_id` means something only where there is one. Uses the setting `roles`.
*/
WITH serving AS (
    SELECT
        serving_officers.company_id AS company_id,
        serving_officers.officer_id AS officer_id,
        serving_officers.record AS record,
        row_number() OVER (
            PARTITION BY serving_officers.company_id
            ORDER BY serving_officers.term, serving_officers.record
        ) AS place
    FROM serving_officers
    WHERE list_contains(string_split($roles, ','), serving_officers.role)
)
SELECT
    serving.company_id AS company_id,
    count(DISTINCT serving.officer_id) AS directors,
    min(serving.officer_id) AS officer_id,
    min(CASE WHEN serving.place = 1 THEN serving.record END) AS record
FROM serving
GROUP BY serving.company_id
