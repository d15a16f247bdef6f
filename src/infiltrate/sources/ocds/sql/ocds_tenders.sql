/*
row: One row per contracting process, with what its tender says in words, dates and values.
reads:
  - ocid
  - date
  - buyer.id
  - buyer.name
  - tender.id
  - tender.title
  - tender.status
  - tender.procurementMethod
  - tender.procurementMethodDetails
  - tender.mainProcurementCategory
  - tender.awardCriteria
  - tender.datePublished
  - tender.numberOfTenderers JSON
  - tender.value.amount JSON
  - tender.value.currency
  - tender.procuringEntity.id
  - tender.procuringEntity.name
  - tender.tenderPeriod.startDate
  - tender.tenderPeriod.endDate
*/
SELECT
    release.process AS process,
    release.ocid AS ocid,
    TRY_CAST(substr(release.date, 1, 10) AS DATE) AS released_on,
    release.buyer.id AS buyer_id,
    release.buyer.name AS buyer_name,
    release.tender.procuringEntity.id AS procuring_entity_id,
    release.tender.procuringEntity.name AS procuring_entity_name,
    release.tender.id AS tender_id,
    release.tender.title AS title,
    release.tender.status AS status,
    release.tender.procurementMethod AS procurement_method,
    release.tender.procurementMethodDetails AS procurement_method_details,
    release.tender.mainProcurementCategory AS main_category,
    release.tender.awardCriteria AS award_criteria,
    TRY_CAST(substr(release.tender.datePublished, 1, 10) AS DATE) AS published_on,
    TRY_CAST(substr(release.tender.tenderPeriod.startDate, 1, 10) AS DATE) AS period_start_on,
    TRY_CAST(substr(release.tender.tenderPeriod.endDate, 1, 10) AS DATE) AS period_end_on,
    TRY_CAST(TRY_CAST(trim(release.tender.numberOfTenderers, '"') AS DOUBLE) AS BIGINT)
        AS number_of_tenderers,
    CASE
        WHEN isfinite(TRY_CAST(trim(release.tender.value.amount, '"') AS DOUBLE))
            THEN TRY_CAST(trim(release.tender.value.amount, '"') AS DOUBLE)
    END AS amount,
    release.tender.value.currency AS currency
FROM ocds_releases AS release
