/*
row: One row per contracting process, with what keeps it out of every red flag.
needs: [ocds_processes]
*/
SELECT
    process.process AS process,
    process.ocid AS ocid,
    process.buyer_id AS buyer_id,
    process.procuring_entity_id AS procuring_entity_id,
    process.procurement_method AS procurement_method,
    process.procurement_method_details AS procurement_method_details,
    process.number_of_tenderers AS number_of_tenderers,
    process.period_start AS period_start,
    process.period_end AS period_end,
    process.period_start_at AS period_start_at,
    process.period_end_at AS period_end_at,
    process.period_start_has_zone AS period_start_has_zone,
    process.period_end_has_zone AS period_end_has_zone,
    process.has_awards AS has_awards,
    process.has_bids AS has_bids,
    CASE
        WHEN process.tender_status = 'cancelled' THEN 'tender cancelled'
        WHEN
            list_contains(
                string_split($excluded_methods, '|'), process.procurement_method_details
            )
            THEN 'procedure excluded by the settings'
    END AS obstacle,
    CASE
        WHEN $price_methods <> ''
            THEN coalesce(
                list_contains(
                    string_split($price_methods, '|'), process.procurement_method_details
                ),
                FALSE
            )
        ELSE NOT coalesce(
            list_contains(string_split($no_price_methods, '|'), process.procurement_method_details),
            FALSE
        )
    END AS compares_prices
FROM ocds_processes AS process
