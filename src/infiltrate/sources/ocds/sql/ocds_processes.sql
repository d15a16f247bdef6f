/*
row: One row per contracting process (one compiled release).
reads:
  - ocid
  - buyer.id
  - tender.id
  - tender.status
  - tender.procurementMethod
  - tender.procurementMethodDetails
  - tender.numberOfTenderers JSON
  - tender.procuringEntity.id
  - tender.tenderPeriod.startDate
  - tender.tenderPeriod.endDate
  - awards[].id
  - bids.details[].id
*/
WITH read AS (
    SELECT
        release.process AS process,
        release.ocid AS ocid,
        release.buyer.id AS buyer_id,
        release.tender.procuringEntity.id AS procuring_entity_id,
        release.tender.id AS tender_id,
        release.tender.status AS tender_status,
        release.tender.procurementMethod AS procurement_method,
        release.tender.procurementMethodDetails AS procurement_method_details,
        release.tender.numberOfTenderers AS number_of_tenderers,
        upper(release.tender.tenderPeriod.startDate) AS period_start,
        upper(release.tender.tenderPeriod.endDate) AS period_end,
        release.awards IS NOT NULL AS has_awards,
        release.bids.details IS NOT NULL AS has_bids
    FROM ocds_releases AS release
),
zoned AS (
    SELECT
        read.*,
        length(read.period_start) >= 20 AND (
            substr(read.period_start, -1) = 'Z' OR substr(read.period_start, -6, 1) IN ('+', '-')
        ) AS period_start_has_zone,
        length(read.period_end) >= 20 AND (
            substr(read.period_end, -1) = 'Z' OR substr(read.period_end, -6, 1) IN ('+', '-')
        ) AS period_end_has_zone
    FROM read
)
SELECT
    zoned.process AS process,
    zoned.ocid AS ocid,
    zoned.buyer_id AS buyer_id,
    zoned.procuring_entity_id AS procuring_entity_id,
    zoned.tender_id AS tender_id,
    zoned.tender_status AS tender_status,
    zoned.procurement_method AS procurement_method,
    zoned.procurement_method_details AS procurement_method_details,
    zoned.number_of_tenderers AS number_of_tenderers,
    zoned.period_start AS period_start,
    zoned.period_end AS period_end,
    CASE
        WHEN zoned.period_start_has_zone
            THEN make_timestamp(epoch_us(TRY_CAST(zoned.period_start AS TIMESTAMPTZ)))
        ELSE TRY_CAST(zoned.period_start AS TIMESTAMP)
    END AS period_start_at,
    CASE
        WHEN zoned.period_end_has_zone
            THEN make_timestamp(epoch_us(TRY_CAST(zoned.period_end AS TIMESTAMPTZ)))
        ELSE TRY_CAST(zoned.period_end AS TIMESTAMP)
    END AS period_end_at,
    zoned.period_start_has_zone AS period_start_has_zone,
    zoned.period_end_has_zone AS period_end_has_zone,
    zoned.has_awards AS has_awards,
    zoned.has_bids AS has_bids
FROM zoned
