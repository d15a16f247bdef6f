"""What was known of each company on a day, as columns a model can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.errors import CheckFailed, Problem
from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.compute import compute_indicators
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.area_effort import average_effort
from infiltrate.prevalence.evidence import read_figures
from infiltrate.risk.activity import open_activity
from infiltrate.risk.peers import class_sizes, see_among_peers
from infiltrate.risk.roles import EFFORT, is_declared
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import Engine, open_engine
from infiltrate.tables.store import TableStore

# The lists of known companies are what is predicted: no feature may see them.
_LISTS = ("list_entries", "list_mentions")
_TABLES = tuple(name for name in sorted(TABLES) if name not in _LISTS)
_FIGURES = (
    *("companies", "accounts", "officers", "ownership", "contracts", "tenders", "bids"),
    *("consortia", "areas", "area_years"),
)
_DECIMALS = 9
_EFFORT_YEARS = 5
# Figures that the counts and the indicators give already.
_GIVEN_ALREADY = ("log_age", "contract_value", "companies_at_address")
# Buyers, markets and areas are no companies, and the list rate of an area is made of the lists.
_LEVELS = ("lot", "contract", "relation", "company")

_COUNTS = """
SELECT
    active.company_id AS company_id,
    bids.bids AS bids,
    bids.wins AS wins,
    CASE WHEN recorded.contracts > 0 THEN coalesce(contracts.contracts, 0) END AS contracts,
    buyers.buyers AS buyers,
    contracts.value AS value,
    CASE
        WHEN companies.incorporated_on <= $as_of
        THEN date_diff('day', companies.incorporated_on, $as_of) / CAST(365.25 AS DOUBLE)
    END AS age_years,
    trim(companies.legal_form) AS legal_form,
    sectors.section AS sector_section,
    companies.area_id AS area
FROM active_companies AS active
INNER JOIN companies AS companies ON companies.company_id = active.company_id
LEFT JOIN sectors AS sectors ON sectors.sector_id = companies.sector_id
LEFT JOIN (
    SELECT
        company_bids.company_id AS company_id,
        count(*) AS bids,
        sum(CASE
            WHEN company_bids.is_winner THEN 1 WHEN NOT company_bids.is_winner THEN 0
        END) AS wins
    FROM company_bids AS company_bids
    GROUP BY company_bids.company_id
) AS bids ON bids.company_id = active.company_id
LEFT JOIN (
    SELECT
        company_contracts.company_id AS company_id,
        count(*) AS contracts,
        CAST(sum(
            CAST(company_contracts.value / company_contracts.members AS DECIMAL(28, 10))
        ) AS DOUBLE) AS value
    FROM company_contracts AS company_contracts
    GROUP BY company_contracts.company_id
) AS contracts ON contracts.company_id = active.company_id
LEFT JOIN (
    SELECT deals.company_id AS company_id, count(DISTINCT deals.buyer_id) AS buyers
    FROM (
        SELECT company_bids.company_id AS company_id, company_bids.buyer_id AS buyer_id
        FROM company_bids AS company_bids
        UNION ALL
        SELECT company_contracts.company_id AS company_id, company_contracts.buyer_id AS buyer_id
        FROM company_contracts AS company_contracts
    ) AS deals
    GROUP BY deals.company_id
) AS buyers ON buyers.company_id = active.company_id
CROSS JOIN (
    SELECT count(*) AS contracts FROM company_contracts AS company_contracts
) AS recorded
ORDER BY company_id
"""
_NUMBERS = ("bids", "wins", "contracts", "buyers", "age_years")
_CATEGORIES = ("legal_form", "sector_section", "area")

# One row per company and unit judged by an indicator: the company itself, the lots it won, its
# contracts, its years with a buyer.
_UNITS = """
SELECT results.company_id AS company_id, results.indicator AS indicator, results.state AS state,
    results.value AS value
FROM indicator_results AS results
WHERE results.level = 'company'
UNION ALL
SELECT bids.company_id AS company_id, results.indicator AS indicator, results.state AS state,
    results.value AS value
FROM indicator_results AS results
INNER JOIN company_bids AS bids
    ON results.entity_id = bids.tender_id || '/' || bids.lot_id AND bids.is_winner
WHERE results.level = 'lot'
UNION ALL
SELECT contracts.company_id AS company_id, results.indicator AS indicator,
    results.state AS state, results.value AS value
FROM indicator_results AS results
INNER JOIN company_contracts AS contracts
    ON results.entity_id
        = contracts.contract_id || '/' || contracts.lot_id || '/' || contracts.supplier_id
WHERE results.level = 'contract'
UNION ALL
SELECT parties.company_id AS company_id, results.indicator AS indicator,
    results.state AS state, results.value AS value
FROM indicator_results AS results
INNER JOIN parties AS parties ON parties.party_id = results.company_id
WHERE results.level = 'relation'
"""

_AGGREGATES = f"""
SELECT
    units.company_id AS company_id,
    units.indicator AS indicator,
    avg(CASE
        WHEN units.state = 'flag' THEN CAST(1 AS DOUBLE)
        WHEN units.state = 'clear' THEN CAST(0 AS DOUBLE)
    END) AS flagged_share,
    avg(CASE
        WHEN units.state = 'not_computable' THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE)
    END) AS unknown_share,
    avg(units.value) AS mean
FROM ({_UNITS}) AS units
INNER JOIN active_companies AS active ON active.company_id = units.company_id
GROUP BY units.company_id, units.indicator
ORDER BY indicator, company_id
"""

_CONTINUOUS = """
SELECT results.indicator AS indicator
FROM indicator_results AS results
WHERE results.value NOT IN (0, 1)
GROUP BY results.indicator
ORDER BY indicator
"""


@dataclass(frozen=True, eq=False)
class CompanyFeatures:
    """What was known of companies on a day; both indexed and sorted by ``company_id``.

    Attributes
    ----------
    features : DataFrame
        See `build_features`.
    size_class : Series of str
        See `peers.class_sizes`.
    """

    features: pd.DataFrame
    size_class: pd.Series


def build_features(store: TableStore, params: StudyParams, as_of: date) -> CompanyFeatures:
    """Describe every company that bid or contracted by a day, from what was known on that day.

    Only companies: natural persons and consortia are never described, what a consortium did
    counts for its members. The lists of known firms, and what the police or the courts did, are
    no features. Every column is one of those declared in `roles`, which say what it is for.

    Parameters
    ----------
    store : TableStore
        Canonical tables.
    params : StudyParams
        Currency, indicators and their settings, measures of effort.
    as_of : date
        Rows and values dated later do not exist.

    Returns
    -------
    CompanyFeatures
        One row per company. Numbers are missing, never zero, when unknown: ``bids``, ``wins``,
        ``contracts``, ``buyers``, ``log_value`` (natural logarithm of 1 + the value contracted,
        study's currency only), ``age_years``; figures of accounts, officers, owners and bids, and
        what helps authorities find a firm (`prevalence.evidence.FirmFigures`; ``effort_<measure>``
        is the mean of five years in the company's area); per indicator ``<code>_flagged_share``
        (among its units that could be judged; of an indicator of companies the state itself, 1
        flagged, 0 clear), ``<code>_unknown_share`` (units that could not; only where there are
        several) and, when it is not a yes or no, ``<code>_mean``; of every continuous sign
        ``<name>_among_peers`` (`peers.see_among_peers`). Categories are text, ``missing`` when
        unknown: ``legal_form``, ``sector_section``, ``area``.

    Raises
    ------
    CheckFailed
        When a column is made that is not declared.
    """
    with open_engine(params.choices.engine) as engine:
        open_activity(store, engine, params, as_of, _TABLES)
        counts = _count(engine, as_of)
        engine.register("indicator_results", _compute(engine, params, as_of))
        aggregates = engine.frame(_AGGREGATES)
        continuous = engine.frame(_CONTINUOUS)["indicator"].tolist()
    figures, size_class = _read_figures(store, params, as_of, counts["area"])
    wide = _widen(aggregates, continuous).reindex(counts.index)
    features = pd.concat([counts, figures, wide], axis=1)
    features = pd.concat([features, see_among_peers(features, size_class)], axis=1)
    _check_declared(features)
    return CompanyFeatures(features, size_class)


def stack_features(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the features of several days under one another; a column one day lacks is missing."""
    stacked = pd.concat(frames)
    texts = [name for name in stacked if not pd.api.types.is_numeric_dtype(stacked[name])]
    return stacked.assign(
        **{name: stacked[name].astype(object).fillna("missing") for name in texts}
    )


def _count(engine: Engine, as_of: date) -> pd.DataFrame:
    query = _COUNTS.replace("$as_of", f"DATE '{as_of.isoformat()}'")
    frame = engine.frame(query).set_index("company_id")
    numbers = frame[list(_NUMBERS)].astype("float64")
    numbers.insert(4, "log_value", np.log1p(frame["value"].astype("float64").clip(lower=0)))
    texts = frame[list(_CATEGORIES)].astype(object)
    texts["legal_form"] = texts["legal_form"].str.upper()  # engines differ on letters such as ß
    return pd.concat([numbers.round(_DECIMALS), texts.where(texts.notna(), "missing")], axis=1)


def _read_figures(
    store: TableStore, params: StudyParams, as_of: date, area: pd.Series
) -> tuple[pd.DataFrame, pd.Series]:
    companies = area.index.to_series()
    measures = params.choices.prevalence.effort_measures
    years = (as_of.year - _EFFORT_YEARS, as_of.year)
    # what the estimates read is read on DuckDB, whatever engine the study has
    with open_engine(params.choices.engine.model_copy(update={"name": "duckdb"})) as engine:
        open_as_of(store, engine, as_of, _FIGURES)
        figures = read_figures(engine, as_of, params.currency, companies)
        effort = average_effort(engine, as_of, area, measures, years).add_prefix(EFFORT)
    signs = figures.signs.drop(columns=list(_GIVEN_ALREADY))
    return (
        pd.concat([signs, figures.reach, effort], axis=1).astype("float64").round(_DECIMALS),
        class_sizes(figures.size),
    )


def _check_declared(features: pd.DataFrame) -> None:
    problems = [
        Problem(f"feature {name}", "is not declared", "a feature declared in infiltrate.risk.roles")
        for name in features
        if not is_declared(name)
    ]
    if problems:
        raise CheckFailed("Companies would be ranked by what nobody declared.", problems)


def _widen(aggregates: pd.DataFrame, continuous: list[str]) -> pd.DataFrame:
    indicators = sorted(aggregates["indicator"].unique())
    columns = [f"{code}_flagged_share" for code in indicators]
    several = [code for code in indicators if load_catalogue()[code].level != "company"]
    columns += [f"{code}_unknown_share" for code in several]
    columns += [f"{code}_mean" for code in continuous]
    long = aggregates.melt(id_vars=["company_id", "indicator"], var_name="part")
    wide = long.assign(column=long["indicator"] + "_" + long["part"]).pivot(
        index="company_id", columns="column", values="value"
    )
    return wide.reindex(columns=sorted(columns)).astype("float64").round(_DECIMALS)


def _compute(engine: Engine, params: StudyParams, as_of: date) -> pa.Table:
    needed = ["indicator", "level", "entity_id", "company_id", "state", "value"]
    return compute_indicators(engine, params, _LEVELS, day=as_of).select(needed)
