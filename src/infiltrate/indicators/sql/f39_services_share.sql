/*
code: F39
title: Low cost of services
level: company
definition: >-
  The cost of purchased services over revenue is unusually low for companies of the same sector,
  size and year.
formula: >-
  ratio = services / revenue; score = (ratio - median of the peers) / (1.4826 x median absolute
  deviation); flag if score <= -limit.
why: >-
  Firms of the mafia were found to buy fewer services than others of their kind.
sources:
  - "Ravenda, Argilés-Bosch and Valencia-Silva (2015): firms confiscated from the mafia"
ocp: []
needs:
  - accounts.services
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
        account.services AS above,
        account.revenue AS below,
        account.records AS proof
    FROM account_years AS account
),
/* account_verdicts: steps/account_verdicts.sql */
judged AS (SELECT account_verdicts.* FROM account_verdicts)
/* at last company_verdicts: steps/company_verdicts.sql */
SELECT company_verdicts.* FROM company_verdicts
