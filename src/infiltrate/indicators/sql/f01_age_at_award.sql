/*
code: F01
title: Young at first award
level: company
definition: The company was young when its first public contract was signed.
formula: >-
  days = first signature - incorporation; flag if days <= young_days.
why: A firm set up shortly before it wins may have been set up to win.
sources:
  - "DIGIWHIST, opentender.eu: new company, less than a year old"
ocp: []
needs: [companies.incorporated_on, contracts.signed_on]
direction: "+"
unit: days
missing: The day of incorporation, or any signed contract, is not recorded.
exclusions:
  - A contract signed before incorporation is taken as a wrong date or a takeover.
assumptions:
  - Contracts of a consortium are awards to its members.
  - The first contract is the first in the data; an earlier one can only lower the age.
settings:
  young_days:
    type: integer
    default: 365
    unit: days
    minimum: 1
    maximum: 3650
    description: An age of this many days or fewer is flagged.
*/
WITH awards AS (
    SELECT
        contracts.supplier_id AS company_id,
        contracts.signed_on AS signed_on,
        'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
        || contracts.supplier_id AS record
    FROM contracts
    WHERE contracts.signed_on IS NOT NULL
    UNION ALL
    SELECT
        consortia.company_id AS company_id,
        contracts.signed_on AS signed_on,
        'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
        || contracts.supplier_id AS record
    FROM contracts
    INNER JOIN consortia
        ON consortia.consortium_id = contracts.supplier_id
    WHERE contracts.signed_on IS NOT NULL
),
firsts AS (
    SELECT
        ranked.company_id AS company_id,
        ranked.signed_on AS signed_on,
        ranked.record AS record
    FROM (
        SELECT
            awards.company_id AS company_id,
            awards.signed_on AS signed_on,
            awards.record AS record,
            row_number() OVER (
                PARTITION BY awards.company_id ORDER BY awards.signed_on, awards.record
            ) AS place
        FROM awards
    ) AS ranked
    WHERE ranked.place = 1
),
judged AS (
    SELECT
        company.*,
        firsts.signed_on AS signed_on,
        firsts.record AS record,
        date_diff('day', company.incorporated_on, firsts.signed_on) AS days,
        CASE
            WHEN firsts.signed_on IS NULL THEN 'no signed contract in the data'
            WHEN company.incorporated_on IS NULL THEN 'day of incorporation not recorded'
            WHEN company.incorporated_on > firsts.signed_on
                THEN 'first contract signed before incorporation'
        END AS obstacle
    FROM unit_companies AS company
    LEFT JOIN firsts
        ON firsts.company_id = company.company_id
)
SELECT
    entity_id AS entity_id,
    CAST(NULL AS VARCHAR) AS buyer_id,
    company_id AS company_id,
    signed_on AS on_date,
    CASE
        WHEN obstacle IS NOT NULL THEN 'not_computable'
        WHEN days <= $young_days THEN 'flag'
        ELSE 'clear'
    END AS state,
    CASE WHEN obstacle IS NULL THEN CAST(days AS DOUBLE) END AS value,
    CAST($young_days AS DOUBLE) AS threshold,
    CASE
        WHEN obstacle IS NOT NULL THEN obstacle
        WHEN days <= $young_days THEN 'young at its first contract'
        ELSE 'established at its first contract'
    END AS detail,
    CASE
        WHEN record IS NULL THEN ['companies:' || entity_id]
        ELSE ['companies:' || entity_id, record]
    END AS evidence
FROM judged
