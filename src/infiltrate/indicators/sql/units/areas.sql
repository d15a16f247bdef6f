/*
Units of level area: one row per area of the country; what is measured of it names its own year.
*/
SELECT
    areas.area_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    CAST(NULL AS VARCHAR) AS company_id,
    CAST(NULL AS DATE) AS on_date,
    areas.area_id AS area_id,
    areas.level AS area_level
FROM areas
