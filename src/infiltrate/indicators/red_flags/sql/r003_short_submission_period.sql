/*
code: R003
title: Short submission period
levels: [process]
definition: The submission period lasts fewer whole days than the threshold.
why: Too little time to prepare a bid favours the firm that knew of the tender beforehand.
sources:
  - Open Contracting Partnership, Red flags in public procurement (2024), R003
  - Open Contracting Partnership, Cardinal 0.0.8, R003
needs: [scoped_processes, method_days]
unit: days
missing: The start or the end of the period is not recorded or cannot be read.
exclusions:
  - A period that ends before it starts is a wrong date (flagged like Cardinal).
  - When one date has a time zone and the other has none, their distance is not known.
assumptions:
  - A date without a time is midnight; two dates without zones are in the same zone.
fences: []
settings:
  threshold:
    type: integer
    default: 15
    unit: days
    minimum: 0
    maximum: 3650
    description: A period of fewer whole days is flagged.
  procurement_methods:
    type: methods
    default: ""
    description: Only processes with one of these methods are judged; all when empty.
  procurement_method_details:
    type: days_by_method
    default: {}
    description: Days for single procedures in the publisher's words, instead of the threshold.
*/
WITH measured AS (
    SELECT
        process.process AS process,
        process.ocid AS ocid,
        CASE
            WHEN process.obstacle IS NOT NULL THEN process.obstacle
            WHEN
                $procurement_methods <> ''
                AND NOT coalesce(
                    list_contains(
                        string_split($procurement_methods, '|'), process.procurement_method
                    ),
                    FALSE
                )
                THEN 'method not judged'
            WHEN process.period_start IS NULL THEN 'start of the period not recorded'
            WHEN process.period_end IS NULL THEN 'end of the period not recorded'
            WHEN process.period_start_at IS NULL OR process.period_end_at IS NULL
                THEN 'a date cannot be read'
            WHEN
                $like_cardinal
                AND NOT (process.period_start_has_zone AND process.period_end_has_zone)
                THEN 'a date without time or zone'
            WHEN process.period_start_has_zone <> process.period_end_has_zone
                THEN 'only one of the dates has a time zone'
            WHEN NOT $like_cardinal AND process.period_end_at < process.period_start_at
                THEN 'the period ends before it starts'
        END AS obstacle,
        trunc(
            CAST(
                date_diff('microsecond', process.period_start_at, process.period_end_at) AS DOUBLE
            ) / CAST(86400000000 AS DOUBLE)
        ) AS days,
        CAST(coalesce(method.days, $threshold) AS DOUBLE) AS threshold
    FROM scoped_processes AS process
    LEFT JOIN method_days AS method ON process.procurement_method_details = method.method
)
SELECT
    'process' AS level,
    measured.ocid AS entity_id,
    measured.process AS process,
    coalesce(measured.obstacle IS NULL AND measured.days < measured.threshold, FALSE) AS is_flag,
    CASE
        WHEN measured.obstacle IS NOT NULL THEN 'not_computable'
        WHEN measured.days < measured.threshold THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN measured.obstacle IS NULL THEN measured.days END AS value,
    measured.threshold AS threshold,
    CAST(1 AS DOUBLE) AS output,
    CASE
        WHEN measured.obstacle IS NOT NULL THEN measured.obstacle
        WHEN measured.days < measured.threshold THEN 'short time to prepare a bid'
        ELSE 'enough time to prepare a bid'
    END AS detail,
    ['processes:' || measured.ocid] AS evidence
FROM measured
