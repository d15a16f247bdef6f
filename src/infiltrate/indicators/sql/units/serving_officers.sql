/*
Roles held on the day of the study: one row per company, officer, role and first day. Terms order
them as no pseudonym does.
*/
SELECT
    officers.company_id AS company_id,
    officers.officer_id AS officer_id,
    officers.role AS role,
    officers.role || '/' || CAST(officers.valid_from AS VARCHAR) AS term,
    'officers:' || officers.company_id || '/' || officers.officer_id || '/' || officers.role
    || '/' || CAST(officers.valid_from AS VARCHAR) AS record
FROM officers
CROSS JOIN study
WHERE officers.valid_from <= study.day
    AND coalesce(officers.valid_to, make_date(9999, 12, 31)) >= study.day
