/*
row: One row per contracting process (one compiled release).
reads:
  - ocid
  - tag JSON
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
    release.tender.tenderPeriod.startDate AS period_start,
    release.tender.tenderPeriod.endDate AS period_end,
    CASE
        WHEN regexp_matches(upper(release.tender.tenderPeriod.startDate), {zoned})
            THEN TRY_CAST(upper(release.tender.tenderPeriod.startDate) AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
        ELSE TRY_CAST(upper(release.tender.tenderPeriod.startDate) AS TIMESTAMP)
    END AS period_start_at,
    CASE
        WHEN regexp_matches(upper(release.tender.tenderPeriod.endDate), {zoned})
            THEN TRY_CAST(upper(release.tender.tenderPeriod.endDate) AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
        ELSE TRY_CAST(upper(release.tender.tenderPeriod.endDate) AS TIMESTAMP)
    END AS period_end_at,
    regexp_matches(upper(release.tender.tenderPeriod.startDate), {zoned}) AS period_start_has_zone,
    regexp_matches(upper(release.tender.tenderPeriod.endDate), {zoned}) AS period_end_has_zone,
    release.awards IS NOT NULL AS has_awards,
    release.bids.details IS NOT NULL AS has_bids
FROM ocds_releases AS release
