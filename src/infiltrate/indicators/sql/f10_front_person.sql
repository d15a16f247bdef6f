/*
code: F10
on: false
title: Front person
level: company
definition: >-
  One person alone, unusually young or old for it, directs a company with the least capital allowed.
formula: >-
  flag if one director serves alone, of an age <= young or >= old, and share capital <= limit x legal
  minimum.
why: Names are borrowed from those who have little to lose, or do not know what they sign.
sources:
  - "The Economist on Crime&tech, as reported in El Sol de México: age of directors in commercial tools"
ocp: []
needs:
  - persons.birth_year
  - officers.role
  - officers.valid_from
  - officers.valid_to
  - companies.share_capital
  - companies.currency
  - companies.legal_form
  - companies.incorporated_on
  - minimum_capitals.amount
direction: "+"
unit: 1 if all three hold, else 0
missing: No director is on record, or what would decide is not.
exclusions:
  - Nothing but the year of birth is read of a person; nobody's age is shown.
assumptions:
  - >-
      Being young or old is no fault: the indicator is off unless an analyst turns it on, and says
      nothing without the other two signs.
  - The age is the one reached in the year of the study.
settings:
  roles:
    type: names
    values_of: officers.role
    default: director,sole_director,chair
    description: Roles that direct a company.
  young:
    type: integer
    default: 22
    unit: years
    minimum: 14
    maximum: 40
    description: This age or less is unusually young.
  old:
    type: integer
    default: 78
    unit: years
    minimum: 60
    maximum: 120
    description: This age or more is unusually old.
  limit:
    type: number
    default: 1
    unit: times the legal minimum
    minimum: 0.1
    maximum: 100
    description: A capital of this many times the minimum or less is minimal.
*/
WITH
/* directors: steps/directors.sql */
described AS (
    SELECT
        company.company_id AS company_id,
        study.day AS on_date,
        directors.directors AS directors,
        directors.record AS record,
        directors.directors = 1
        AND (year(study.day) - persons.birth_year <= $young
            OR year(study.day) - persons.birth_year >= $old)
        AND CASE WHEN floors.obstacle IS NULL THEN floors.times <= $limit END AS is_flag
    FROM unit_companies AS company
    CROSS JOIN study
    LEFT JOIN directors
        ON directors.company_id = company.company_id
    LEFT JOIN persons
        ON persons.person_id = directors.officer_id
    LEFT JOIN capital_floors AS floors
        ON floors.company_id = company.company_id
),
judged AS (
    SELECT
        described.*,
        CASE WHEN described.is_flag THEN 1 ELSE 0 END AS value,
        1 AS threshold,
        'signs of a front person' AS when_flag,
        'not all signs of a front person' AS when_clear,
        CASE WHEN described.record IS NOT NULL THEN [described.record] END AS records,
        CASE
            WHEN described.on_date IS NULL THEN 'day of the study not known'
            WHEN described.directors IS NULL THEN 'no director on record for the day'
            WHEN described.is_flag IS NULL THEN 'year of birth or least capital not known'
        END AS obstacle
    FROM described
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
