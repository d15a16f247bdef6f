/*
code: F37
title: Thin payroll
level: company
definition: >-
  Personnel cost over revenue is unusually low for companies of the same sector, size and year.
formula: >-
  ratio = personnel / revenue; score = (ratio - median of the peers) / (1.4826 x median absolute
  deviation); flag if score <= -limit.
why: >-
  A shell sells without staff, and irregular labour is in no accounts.
sources:
  - "Ravenda, Argilés-Bosch and Valencia-Silva (2015): firms confiscated from the mafia"
  - >-
      Bianchi, Marra, Masciandaro and Pecchiari (2022), The Accounting Review: firms
      connected to crime
ocp: []
needs:
  - accounts.personnel
  - accounts.revenue
  - accounts.assets
  - accounts.year_end_on
  - accounts.filed_on
  - companies.sector_id
  - sectors.section
direction: "-"
unit: robust standard deviations from the median of the peers
missing: >-
  No accounts of the last three years were filed by the day of the study, an item is not in the
  last ones, what is divided by is not above zero, or there are too few peers.
exclusions:
  - Accounts filed after the day of the study, or ended more than three years before it.
assumptions:
  - >-
      Peers are companies of the same division, or else section, or else of all sectors,
      with accounts of the same year and currency and as many digits of total assets.
settings:
  limit:
    type: number
    default: 2
    unit: robust standard deviations
    minimum: 0.5
    maximum: 20
    description: A score this far from the median of the peers, or farther, is flagged.
  side:
    type: string
    values: [high, low, both]
    default: low
    description: Which side is flagged; the sign differs between countries.
  fewest_peers:
    type: integer
    default: 20
    unit: companies
    minimum: 3
    maximum: 10000
    description: Companies that a group of peers must have, the company itself included.
*/
WITH measured AS (
    SELECT
        account.*,
        account.personnel AS above,
        account.revenue AS below,
        account.records AS proof
    FROM account_years AS account
),
/* account_verdicts: steps/account_verdicts.sql */
judged AS (SELECT account_verdicts.* FROM account_verdicts)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
