/*
code: C33
title: Missing key fields
level: lot
definition: Many of ten key fields that the source publishes elsewhere are empty for this lot.
formula: >-
  share = empty fields / fields that the source publishes; flag if share >= many_share.
why: What is not published cannot be checked; gaps made by one buyer are its own choice.
sources:
  - Government Transparency Institute, ProACT (2022), transparency indicators
ocp: []
needs:
  - tenders.title
  - tenders.product_code
  - tenders.category
  - tenders.procedure
  - tenders.call_published_on
  - tenders.deadline_on
  - tenders.award_on
  - tenders.estimated_value
  - tenders.criteria
  - tenders.area_id
  - tenders.is_cancelled
direction: "+"
unit: share of the fields the source publishes
missing: The source publishes too few of the ten fields for a gap to mean anything.
exclusions:
  - Fields that the source leaves empty for every lot are its own gap and do not count.
  - Cancelled lots are not computable, as they have no award.
assumptions:
  - All ten fields weigh the same.
settings:
  many_share:
    type: number
    default: 0.4
    unit: share
    minimum: 0.01
    maximum: 1
    description: A share this high or higher is flagged.
  at_least_fields:
    type: integer
    default: 3
    unit: fields
    minimum: 1
    maximum: 10
    description: Fields a source must publish for its lots to be computable.
*/
WITH published AS (
    SELECT
        tenders.source_id AS source_id,
        max(CASE WHEN tenders.title IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.product_code IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.category IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.procedure IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.call_published_on IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.deadline_on IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.award_on IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.estimated_value IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.criteria IS NOT NULL THEN 1 ELSE 0 END)
        + max(CASE WHEN tenders.area_id IS NOT NULL THEN 1 ELSE 0 END) AS fields
    FROM tenders
    GROUP BY tenders.source_id
),
counted AS (
    SELECT
        lot.*,
        published.fields AS fields,
        CASE WHEN lot.title IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.product_code IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.category IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.procedure IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.call_published_on IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.deadline_on IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.award_on IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.estimated_value IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.criteria IS NOT NULL THEN 1 ELSE 0 END
        + CASE WHEN lot.area_id IS NOT NULL THEN 1 ELSE 0 END AS present
    FROM unit_lots AS lot
    INNER JOIN published
        ON published.source_id = lot.source_id
),
judged AS (
    SELECT
        counted.*,
        CAST(counted.fields - counted.present AS DOUBLE)
            / CAST(nullif(counted.fields, 0) AS DOUBLE) AS share,
        CASE
            WHEN counted.is_cancelled THEN 'the lot was cancelled'
            WHEN counted.fields < $at_least_fields THEN 'the source publishes too few fields'
        END AS obstacle
    FROM counted
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= $many_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($many_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share >= $many_share THEN 'many key fields are missing'
        WHEN share > 0 THEN 'few key fields are missing'
        ELSE 'no key field is missing'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
