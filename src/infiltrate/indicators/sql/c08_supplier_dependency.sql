/*
code: C08
title: Supplier depends on buyer
level: relation
definition: One buyer gives a supplier a large share of its public contracts of a year.
formula: >-
  share = paid by the buyer / paid by all to the supplier in the year; flag if share >= high_share.
why: A firm that lives on one buyer may owe its contracts to ties with that buyer.
sources:
  - Government Transparency Institute, ProACT (2022), buyer's share of supplier-years with more than 4 contracts
ocp: []
needs: [contracts.value, contracts.currency, contracts.signed_on, exchange_rates.rate]
direction: "+"
unit: share of the year's contract value
missing: A contract of the relation has no amount, currency or signing date.
exclusions:
  - Suppliers with too few contracts in the year are not computable.
  - Amounts in more than one currency are compared only at dated exchange rates.
  - Suppliers that are natural persons are never scored.
assumptions:
  - A year is a calendar year of signature; the unit is dated by its last day.
  - A contract is a row of contracts (contract, lot and supplier), its value the supplier's part.
  - A consortium is a supplier of its own; its members are not credited.
settings:
  more_than:
    type: integer
    default: 4
    unit: contracts
    minimum: 0
    maximum: 1000
    description: Only suppliers with more contracts than this in the year are compared.
  high_share:
    type: number
    default: 0.5
    unit: share
    minimum: 0.01
    maximum: 1
    description: A share this high or higher is flagged.
  priced_share:
    type: number
    default: 0.8
    unit: share
    minimum: 0
    maximum: 1
    description: Lowest share of the year's contracts that must have an amount.
*/
WITH totals AS (
    SELECT
        relation.company_id AS company_id,
        relation.signed_year AS signed_year,
        CAST(sum(relation.contracts) AS BIGINT) AS contracts,
        CAST(sum(relation.priced_contracts) AS BIGINT) AS priced_contracts,
        sum(relation.amount) AS amount,
        CASE
            WHEN count(relation.study_amount) = count(relation.amount)
                THEN sum(relation.study_amount)
        END AS study_amount,
        min(relation.first_currency) AS first_currency,
        max(relation.last_currency) AS last_currency
    FROM unit_relations AS relation
    WHERE relation.signed_year IS NOT NULL
    GROUP BY relation.company_id, relation.signed_year
),
judged AS (
    SELECT
        relation.*,
        CASE
            WHEN totals.first_currency = totals.last_currency
                THEN CAST(relation.amount AS DOUBLE) / CAST(totals.amount AS DOUBLE)
            ELSE CAST(relation.study_amount AS DOUBLE) / CAST(totals.study_amount AS DOUBLE)
        END AS share,
        CASE
            WHEN relation.supplier_kind = 'natural_person'
                THEN 'the supplier is a natural person'
            WHEN relation.signed_year IS NULL THEN 'day of signature not recorded'
            WHEN totals.contracts <= $more_than THEN 'too few contracts in the year'
            WHEN relation.priced_contracts < relation.contracts
                THEN 'amount not recorded for every contract of the relation'
            WHEN totals.first_currency <> totals.last_currency AND totals.study_amount IS NULL
                THEN 'amounts in more than one currency without an exchange rate'
            WHEN CAST(totals.priced_contracts AS DOUBLE)
                < $priced_share * CAST(totals.contracts AS DOUBLE)
                THEN 'amount not recorded for too many contracts of the year'
        END AS obstacle
    FROM unit_relations AS relation
    LEFT JOIN totals
        ON totals.company_id = relation.company_id
        AND totals.signed_year = relation.signed_year
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
        WHEN share >= $high_share THEN 'the buyer gives a large share of the year of the supplier'
        ELSE 'the buyer gives a small share of the year of the supplier'
    END AS detail,
    evidence AS evidence
FROM judged
