/*
code: R018
title: Single bid received
levels: [process]
definition: Exactly one tenderer bid in a procedure that was open to several.
why: Without competition the price is the bidder's; others may have been kept out or bought off.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R018
  - Open Contracting Partnership, Cardinal 0.0.8, R018
needs: [scoped_processes, submitted_tenderers]
unit: tenderers
missing: Neither the number of tenderers nor a bid with its tenderer is recorded.
exclusions:
  - Methods that are not open to several bidders are not judged.
assumptions:
  - Where the number of tenderers is missing, tenderers of submitted bids are counted.
fences: []
settings:
  procurement_methods:
    type: methods
    default: open|selective
    description: Methods that are open to several bidders.
  count_bids:
    type: boolean
    default: true
    description: Whether tenderers of bids are counted where their number is missing.
*/
WITH counted AS (
    SELECT
        tenderer.process AS process,
        count(*) AS tenderers
    FROM submitted_tenderers AS tenderer
    WHERE $count_bids AND NOT $like_cardinal
    GROUP BY tenderer.process
),
stated AS (
    SELECT
        process.process AS process,
        process.ocid AS ocid,
        process.obstacle AS obstacle,
        process.procurement_method AS procurement_method,
        CASE
            WHEN NOT $like_cardinal
                THEN TRY_CAST(TRY_CAST(trim(process.number_of_tenderers, '"') AS DOUBLE) AS BIGINT)
            WHEN
                process.number_of_tenderers NOT LIKE '"%'
                AND process.number_of_tenderers NOT LIKE '%.%'
                THEN TRY_CAST(process.number_of_tenderers AS BIGINT)
        END AS tenderers
    FROM scoped_processes AS process
),
measured AS (
    SELECT
        stated.process AS process,
        stated.ocid AS ocid,
        stated.tenderers IS NULL AS is_counted,
        coalesce(stated.tenderers, counted.tenderers) AS tenderers,
        CASE
            WHEN stated.obstacle IS NOT NULL THEN stated.obstacle
            WHEN
                $procurement_methods <> ''
                AND NOT coalesce(
                    list_contains(
                        string_split($procurement_methods, '|'), stated.procurement_method
                    ),
                    FALSE
                )
                THEN 'method not judged'
            WHEN stated.tenderers IS NULL AND counted.tenderers IS NULL
                THEN 'number of tenderers not recorded'
            WHEN coalesce(stated.tenderers, counted.tenderers) < 1
                THEN 'no tenderer'
        END AS obstacle
    FROM stated
    LEFT JOIN counted ON stated.process = counted.process
)
SELECT
    'process' AS level,
    measured.ocid AS entity_id,
    measured.process AS process,
    coalesce(measured.obstacle IS NULL AND measured.tenderers = 1, FALSE) AS is_flag,
    CASE
        WHEN measured.obstacle IS NOT NULL THEN 'not_computable'
        WHEN measured.tenderers = 1 THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN measured.obstacle IS NULL THEN CAST(measured.tenderers AS DOUBLE) END AS value,
    CAST(1 AS DOUBLE) AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
        WHEN measured.tenderers = 1 AND measured.is_counted THEN 'one tenderer among the bids'
        WHEN measured.tenderers = 1 THEN 'one tenderer'
        ELSE 'several tenderers'
    END AS detail,
    ['processes:' || measured.ocid] AS evidence
FROM measured
