/*
code: F11
title: Unusually complex ownership
level: company
definition: >-
              More owners stand above the company, in longer chains, than above companies of its
              sector and size.
formula: >-
  z = (owners + levels - median of peers) / (1.4826 times their median absolute deviation); flag if
  z >= limit. Where more than half of the peers are alike, the mean absolute deviation times 1.2533
  stands for the denominator.
why: Layers without a purpose in the business hide who owns and who pays.
sources:
  - "Jofre, Bosisio and Riccardi (2024): anomalous complexity against peers, project DATACROS"
  - "Iglewicz and Hoaglin (1993): robust z"
ocp: []
needs:
  - ownership.valid_from
  - ownership.valid_to
  - ownership.share_low
  - ownership.share_high
  - companies.sector_id
  - sectors.section
  - accounts.employees
  - accounts.assets
  - accounts.revenue
  - accounts.year_end_on
  - accounts.filed_on
direction: "+"
unit: robust standard deviations
missing: No owner is on record, or fewer peers than least have one.
exclusions:
  - Companies without an owner on record are no peers.
assumptions:
  - >-
      Size is that of the latest account: classes of employees (10, 50, 250), else quarters of
      assets, else quarters of revenue, each in its currency; companies without accounts are peers
      of each other.
  - A stake of any size counts, also one whose size is not on record.
  - Interests other than shares and votes, such as a right to appoint, are no stakes.
settings:
  limit:
    type: number
    default: 2
    unit: robust standard deviations
    minimum: 0
    maximum: 100
    description: A score of this much or more is flagged.
  least:
    type: integer
    default: 20
    unit: companies
    minimum: 2
    maximum: 100000
    description: Fewest peers, itself included.
*/
WITH latest AS (
    SELECT
        ranked.company_id AS company_id,
        ranked.employees AS employees,
        ranked.assets AS assets,
        ranked.revenue AS revenue,
        ranked.currency AS currency
    FROM (
        SELECT
            accounts.company_id AS company_id,
            accounts.employees AS employees,
            accounts.assets AS assets,
            accounts.revenue AS revenue,
            accounts.currency AS currency,
            row_number() OVER (
                PARTITION BY accounts.company_id ORDER BY accounts.year_end_on DESC, accounts.filed_on ASC
            ) AS place
        FROM accounts
        CROSS JOIN study
        WHERE study.day IS NULL
            OR coalesce(accounts.filed_on, accounts.year_end_on) <= study.day
    ) AS ranked
    WHERE ranked.place = 1
),
measured AS (
    SELECT
        company.entity_id AS entity_id,
        coalesce(sectors.section, 'unknown') AS section,
        CASE
            WHEN latest.employees >= 0 THEN 'employees'
            WHEN latest.assets > 0 THEN 'assets ' || latest.currency
            WHEN latest.revenue > 0 THEN 'revenue ' || latest.currency
            ELSE 'unknown'
        END AS measure,
        latest.employees AS employees,
        CASE WHEN latest.assets > 0 THEN latest.assets ELSE latest.revenue END AS amount,
        structure.owners + structure.levels AS complexity
    FROM unit_companies AS company
    INNER JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
    LEFT JOIN sectors
        ON sectors.sector_id = company.sector_id
    LEFT JOIN latest
        ON latest.company_id = company.company_id
    WHERE structure.owners > 0
),
sized AS (
    SELECT
        measured.entity_id AS entity_id,
        measured.section AS section,
        measured.measure AS measure,
        measured.complexity AS value,
        CASE
            WHEN measured.measure = 'unknown' THEN 0
            WHEN measured.measure <> 'employees' THEN CAST(floor(
                4 * (row_number() OVER (
                    PARTITION BY measured.measure ORDER BY measured.amount, measured.entity_id
                ) - 1) / count(*) OVER (PARTITION BY measured.measure)
            ) AS BIGINT)
            WHEN measured.employees < 10 THEN 0
            WHEN measured.employees < 50 THEN 1
            WHEN measured.employees < 250 THEN 2
            ELSE 3
        END AS size_class
    FROM measured
),
centred AS (
    SELECT
        sized.entity_id AS entity_id,
        sized.section AS section,
        sized.measure AS measure,
        sized.size_class AS size_class,
        CAST(sized.value AS DOUBLE) AS value,
        centre.peers AS peers,
        centre.median AS median,
        abs(CAST(sized.value AS DOUBLE) - centre.median) AS deviation
    FROM sized
    INNER JOIN (
        SELECT
            sized.section AS section,
            sized.measure AS measure,
            sized.size_class AS size_class,
            count(*) AS peers,
            median(CAST(sized.value AS DOUBLE)) AS median
        FROM sized
        GROUP BY sized.section, sized.measure, sized.size_class
    ) AS centre
        ON centre.section = sized.section
        AND centre.measure = sized.measure
        AND centre.size_class = sized.size_class
),
scored AS (
    SELECT
        centred.entity_id AS entity_id,
        centred.peers AS peers,
        CASE
            WHEN spread.median_deviation > 0
                THEN (centred.value - centred.median)
                    / (CAST(1.4826 AS DOUBLE) * spread.median_deviation)
            WHEN spread.mean_deviation > 0
                THEN (centred.value - centred.median)
                    / (CAST(1.2533 AS DOUBLE) * spread.mean_deviation)
            ELSE CAST(0 AS DOUBLE)
        END AS score
    FROM centred
    INNER JOIN (
        SELECT
            centred.section AS section,
            centred.measure AS measure,
            centred.size_class AS size_class,
            median(centred.deviation) AS median_deviation,
            CAST(sum(CAST(centred.deviation AS DECIMAL(28, 6))) AS DOUBLE)
            / CAST(count(*) AS DOUBLE) AS mean_deviation
        FROM centred
        GROUP BY centred.section, centred.measure, centred.size_class
    ) AS spread
        ON spread.section = centred.section
        AND spread.measure = centred.measure
        AND spread.size_class = centred.size_class
),
judged AS (
    SELECT
        company.company_id AS company_id,
        structure.on_date AS on_date,
        scored.score AS value,
        $limit AS threshold,
        scored.score >= $limit AS is_flag,
        'ownership more complex than that of peers' AS when_flag,
        'ownership as complex as that of peers' AS when_clear,
        structure.longest_chain AS records,
        CASE
            WHEN coalesce(structure.owners, 0) = 0 THEN 'no owner on record'
            WHEN scored.peers < $least THEN 'too few peers'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN ownership_structures AS structure
        ON structure.company_id = company.company_id
    LEFT JOIN scored
        ON scored.entity_id = company.entity_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
