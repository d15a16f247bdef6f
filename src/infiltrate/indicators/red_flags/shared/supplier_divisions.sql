/*
row: One row per supplier of active awards, with the kinds of goods that it supplies alone.
needs: [ocds_award_items, scoped_processes]
settings_of: R048
*/
WITH supplied AS (
    SELECT DISTINCT
        item.process AS process,
        item.supplier_id AS supplier_id,
        substr(item.classification_id, 1, $digits) AS division
    FROM ocds_award_items AS item
    INNER JOIN scoped_processes AS process ON item.process = process.process
    WHERE
        process.obstacle IS NULL
        AND item.status = 'active'
        AND item.supplier_id IS NOT NULL
        AND item.classification_id IS NOT NULL
),
counted AS (
    SELECT
        supplied.supplier_id AS supplier_id,
        count(DISTINCT supplied.process) AS processes,
        count(DISTINCT supplied.division) AS divisions
    FROM supplied
    GROUP BY supplied.supplier_id
)
SELECT
    counted.supplier_id AS supplier_id,
    counted.processes AS processes,
    counted.divisions AS divisions,
    CASE
        WHEN counted.processes >= $minimum_contracting_processes
            THEN CAST(counted.divisions AS DOUBLE)
    END AS judged_divisions
FROM counted
