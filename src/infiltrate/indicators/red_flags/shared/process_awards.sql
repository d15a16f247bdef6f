/*
row: One row per process in scope, with the state of its awards.
needs: [ocds_awards, scoped_processes]
*/
WITH counted AS (
    SELECT
        award.process AS process,
        sum(CASE WHEN award.status = 'active' THEN 1 ELSE 0 END) AS active,
        sum(
            CASE WHEN award.status NOT IN ('active', 'cancelled', 'unsuccessful') THEN 1 ELSE 0 END
        ) AS undecided,
        max(CASE WHEN award.status = 'active' THEN coalesce(award.suppliers, 0) END) AS suppliers,
        max(CASE WHEN award.status = 'active' THEN award.supplier_id END) AS supplier_id
    FROM ocds_awards AS award
    GROUP BY award.process
),
joined AS (
    SELECT
        process.process AS process,
        process.ocid AS ocid,
        process.compares_prices AS compares_prices,
        process.obstacle AS obstacle,
        process.period_end AS period_end,
        process.period_end_at AS period_end_at,
        process.period_end_has_zone AS period_end_has_zone,
        coalesce(counted.active, 0) AS active,
        counted.supplier_id AS supplier_id,
        CASE
            WHEN process.obstacle IS NOT NULL THEN process.obstacle
            WHEN NOT process.has_awards THEN 'no awards recorded'
            WHEN NOT process.has_bids THEN 'no bids recorded'
            WHEN counted.undecided > 0 THEN 'an award is not final'
        END AS obstacle_to_final,
        CASE
            WHEN coalesce(counted.active, 0) <> 1 THEN 'not exactly one active award'
            WHEN counted.suppliers <> 1 THEN 'award to several suppliers or to none'
            WHEN counted.supplier_id IS NULL THEN 'supplier without an identifier'
        END AS obstacle_to_single
    FROM scoped_processes AS process
    LEFT JOIN counted ON process.process = counted.process
)
SELECT
    joined.process AS process,
    joined.ocid AS ocid,
    joined.compares_prices AS compares_prices,
    joined.obstacle AS obstacle,
    joined.period_end AS period_end,
    joined.period_end_at AS period_end_at,
    joined.period_end_has_zone AS period_end_has_zone,
    joined.active AS active,
    joined.obstacle_to_final AS obstacle_to_final,
    coalesce(joined.obstacle_to_final, joined.obstacle_to_single) AS obstacle_to_winner,
    CASE
        WHEN joined.obstacle_to_final IS NULL AND joined.obstacle_to_single IS NULL
            THEN joined.supplier_id
    END AS winner_id
FROM joined
