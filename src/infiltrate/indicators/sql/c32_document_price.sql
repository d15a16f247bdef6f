/*
code: C32
title: Costly tender documents
level: lot
definition: The tender documents cost a large share of what is to be bought.
formula: >-
  share = price of the documents / estimate; flag if share >= high_share.
why: >-
       A price for reading the call keeps away those who do not know that they will win.
sources:
  - Fazekas, Toth and King (2016), European Journal on Criminal Policy and Research 22
ocp: []
needs: [tenders.document_price, tenders.estimated_value, tenders.currency]
direction: "+"
unit: price as a share of the estimate
missing: The price of the documents or the estimate is not recorded.
exclusions: []
assumptions:
  - Price and estimate are in the currency of the row.
  - No limit is published that holds everywhere; the default is to be calibrated.
settings:
  high_share:
    type: number
    default: 0.001
    unit: share
    minimum: 1e-06
    maximum: 1
    description: A share this high or higher is flagged.
*/
WITH judged AS (
    SELECT
        lot.*,
        CAST(lot.document_price AS DOUBLE) / CAST(nullif(lot.estimated_value, 0) AS DOUBLE)
            AS share,
        CASE
            WHEN lot.document_price IS NULL THEN 'price of the documents not recorded'
            WHEN lot.document_price < 0 THEN 'price of the documents below zero'
            WHEN lot.estimated_value IS NULL OR lot.currency IS NULL THEN 'estimate not recorded'
            WHEN lot.estimated_value <= 0 THEN 'estimate not above zero'
        END AS obstacle
    FROM unit_lots AS lot
)
SELECT
    entity_id AS entity_id,
    buyer_id AS buyer_id,
    company_id AS company_id,
    on_date AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN share >= $high_share THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN share END AS value,
    CAST($high_share AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN share >= $high_share THEN 'the documents are dear'
        ELSE 'the documents are cheap or free'
    END AS detail,
    ['tenders:' || entity_id] AS evidence
FROM judged
