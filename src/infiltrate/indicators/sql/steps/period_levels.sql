/*
The level of risk that a country's cut-offs give a period: one row per lot. Reads `measured`, one
row per lot with its `component` of the cut-offs, its `source_id` and its `days`, which may be
missing. `periods` counts the days that the source of the lot publishes; `cut_offs_from` is missing
where no cut-offs are in force. Uses the settings `stated_in` and `count_missing`.
*/
WITH published AS (
    SELECT measured.source_id AS source_id, count(measured.days) AS periods
    FROM measured
    GROUP BY measured.source_id
),
levels AS (
    SELECT
        risk_levels.component AS component,
        risk_levels.low AS low,
        risk_levels.high AS high,
        risk_levels.is_missing AS is_missing,
        risk_levels.level AS level,
        risk_levels.valid_from AS valid_from,
        coalesce(risk_levels.valid_to, make_date(9999, 12, 31)) AS valid_to
    FROM risk_levels
    WHERE risk_levels.stated_in = $stated_in
),
in_force AS (
    SELECT
        levels.component AS component,
        levels.valid_from AS valid_from,
        levels.valid_to AS valid_to
    FROM levels
    GROUP BY levels.component, levels.valid_from, levels.valid_to
)
SELECT
    lot.entity_id AS entity_id,
    lot.buyer_id AS buyer_id,
    lot.company_id AS company_id,
    lot.on_date AS on_date,
    lot.days AS days,
    published.periods AS periods,
    in_force.valid_from AS cut_offs_from,
    CASE WHEN lot.days IS NULL THEN missing.level ELSE by_days.level END AS level
FROM measured AS lot
INNER JOIN published
    ON published.source_id = lot.source_id
LEFT JOIN in_force
    ON in_force.component = lot.component
    AND in_force.valid_from <= coalesce(lot.on_date, make_date(9999, 12, 31))
    AND in_force.valid_to >= coalesce(lot.on_date, make_date(9999, 12, 31))
LEFT JOIN levels AS by_days
    ON by_days.component = in_force.component
    AND by_days.valid_from = in_force.valid_from
    AND lot.days >= by_days.low
    AND (by_days.high IS NULL OR lot.days <= by_days.high)
LEFT JOIN levels AS missing
    ON missing.component = in_force.component
    AND missing.valid_from = in_force.valid_from
    AND missing.is_missing
    AND $count_missing
