/*
code: F07
title: Least capital allowed
level: company
definition: The share capital is no more than the least that the law asks of the legal form.
formula: >-
  times = share capital / legal minimum; flag if times <= limit.
why: Who sets up a company to be left behind puts no more into it than is asked.
sources:
  - "Jofre, Bosisio and Riccardi (2022), DATACROS: anomalies of companies with sanctioned owners"
  - "Transcrime (2024) for PoliS-Lombardia: indicators of anomaly"
ocp: []
needs:
  - companies.share_capital
  - companies.currency
  - companies.legal_form
  - companies.incorporated_on
  - minimum_capitals.amount
direction: "+"
unit: times the legal minimum
missing: >-
  The share capital, its currency or the legal form is not recorded, or `facts.minimum_capitals` has
  no minimum for that form and day.
exclusions:
  - Capital and legal minimum in different currencies are not compared.
assumptions:
  - >-
      The minimum is the one in force on the day of incorporation, or on the day of the study where
      that day is not recorded.
  - The capital is the one in the register today; legal forms are written as in the facts.
settings:
  limit:
    type: number
    default: 1
    unit: times the legal minimum
    minimum: 0.1
    maximum: 100
    description: A capital of this many times the minimum or less is flagged.
*/
WITH judged AS (
    SELECT
        company.company_id AS company_id,
        company.observed_on AS on_date,
        floors.times AS value,
        $limit AS threshold,
        floors.times <= $limit AS is_flag,
        'no more capital than asked' AS when_flag,
        'more capital than asked' AS when_clear,
        CAST([] AS VARCHAR[]) AS records,
        floors.obstacle AS obstacle
    FROM unit_companies AS company
    LEFT JOIN capital_floors AS floors
        ON floors.company_id = company.company_id
)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
