"""Associations that were planted in synthetic countries, and what an analyst finds of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import beta, t

from infiltrate.impact.area_measures import AreaMeasures
from infiltrate.impact.cell_regression import CellDesign, regress_cells
from infiltrate.impact.drivers import ALONE, Drivers, fit_drivers
from infiltrate.params.choices import PrevalenceChoices
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.estimators import read_detection_priors
from infiltrate.prevalence.joint_detection import estimate_joint_detection
from infiltrate.synth import SyntheticCountry, simulate_tables
from infiltrate.validation.country import EFFORT_MEASURES, view_country

DRIVERS = ("gdp_per_head_thousand", "unemployment_pct")
"""Measures of areas that a synthetic country makes from the effect of the region."""

OF_TRUE_SHARES = "fractional logit of true shares"
"""What the same regression finds where infiltration is known."""

COLUMNS = (
    *("scenario", "seed", "term", "estimator", "sample", "estimate", "low", "high", "firms"),
)
TEXT = ("scenario", "term", "estimator", "sample")
"""Columns of words."""

_DRAWS = 400


def recover_drivers(
    scenario: str, firms: int, seed: int, choices: PrevalenceChoices
) -> pd.DataFrame:
    """Draw a country, estimate infiltrated firms by cell, and regress them on one driver at a time.

    Parameters
    ----------
    scenario : str
        Card of the country.
    firms : int
        Active firms.
    seed : int
        Of the country and, in streams of their own, of the estimators.
    choices : PrevalenceChoices
        Priors of the joint detection model, whose pattern over cells is that of the pool.

    Returns
    -------
    pandas.DataFrame
        One row per driver, estimator and sample (``main``: with measures of effort), in log-odds
        per unit of the logarithm of the measure: ``scenario``, ``seed``, ``term``, ``estimator``,
        ``sample``, ``estimate``, ``low``, ``high``, ``firms``. Where cells are refused, only those
        of true shares.
    """
    country = simulate_tables(scenario, firms, seed)
    cells = _draw_cells(country, choices)
    measures = _read_measures(country)
    parts = [_regress_truth(country, measures)]
    for place, name in enumerate(DRIVERS if len(cells) else ()):
        chosen = AreaMeasures(measures[[name]], measures[list(EFFORT_MEASURES)])
        rng = np.random.default_rng([seed, 3, place])
        parts.append(_per_log_unit(fit_drivers(cells, chosen, ImpactChoices(), rng)))
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(scenario=scenario, seed=seed, firms=firms)[list(COLUMNS)]


def find_planted(scenario: str, firms: int, seeds: Iterable[int]) -> pd.DataFrame:
    """Average over countries what the regression finds of true shares: the planted association.

    Returns
    -------
    pandas.DataFrame
        One row per ``term`` and ``sample``: ``planted``, and ``error``, its standard error.
    """
    found = []
    for seed in seeds:
        country = simulate_tables(scenario, firms, seed)
        found.append(_regress_truth(country, _read_measures(country)))
    groups = pd.concat(found).groupby(["term", "sample"])["estimate"]
    return groups.agg(planted="mean", error="sem").reset_index()


def summarise_drivers(rows: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Hold estimates against what was planted.

    Returns
    -------
    pandas.DataFrame
        One row per term, sample and estimator: ``countries``, ``planted``, ``estimate`` (mean),
        ``bias`` (share of what was planted), ``coverage`` of the intervals with ``coverage_low``
        and ``coverage_high`` (95 %, Clopper and Pearson), ``width`` (median).
    """
    joined = rows.merge(planted, on=["term", "sample"])
    joined["covered"] = joined["planted"].between(joined["low"], joined["high"])
    joined["width"] = joined["high"] - joined["low"]
    table = (
        joined.groupby(["term", "sample", "estimator"])
        .agg(
            countries=("seed", "nunique"),
            planted=("planted", "mean"),
            estimate=("estimate", "mean"),
            coverage=("covered", "mean"),
            width=("width", "median"),
        )
        .reset_index()
    )
    hits, count = table["coverage"] * table["countries"], table["countries"]
    low = beta.ppf(0.025, hits, count - hits + 1)
    high = beta.ppf(0.975, hits + 1, count - hits)
    return table.assign(
        bias=table["estimate"] / table["planted"] - 1,
        coverage_low=np.where(hits > 0, low, 0.0),
        coverage_high=np.where(hits < count, high, 1.0),
    )


def _draw_cells(country: SyntheticCountry, choices: PrevalenceChoices) -> pd.DataFrame:
    """Return draws as a study writes them, of the estimator that gives the pool its pattern."""
    view = view_country(country)
    lists, evidence = view.lists, view.evidence
    data = build_detection_data(
        lists, evidence.signs, dict.fromkeys(lists.list_ids, evidence.reach), evidence.cluster
    )
    rng = np.random.default_rng([country.seed, 1])
    priors = read_detection_priors(lists, choices)
    posterior = estimate_joint_detection(data, priors, rng, _DRAWS, with_checks=False)
    cells = posterior.cells.rename(columns={"section": "sector_id"})
    named = lists.companies[lists.listed.any(axis=1)].groupby(["section", "area_id"]).size()
    keys = pd.MultiIndex.from_frame(cells[["sector_id", "area_id"]])
    cells = cells.assign(listed=named.reindex(keys, fill_value=0).to_numpy())
    count = len(posterior.draws)
    return pd.concat([cells] * count or [cells.head(0)], ignore_index=True).assign(
        draw=np.repeat(np.arange(count), len(cells)), infiltrated=posterior.draws.ravel()
    )


def _read_measures(country: SyntheticCountry) -> pd.DataFrame:
    means = country.area_years.groupby(["area", "measure"])["value"].mean().unstack()
    return np.log(means).rename_axis("area_id")


def _regress_truth(country: SyntheticCountry, measures: pd.DataFrame) -> pd.DataFrame:
    firms = country.firms.assign(infiltrated=country.infiltrated)
    groups = firms.groupby(["section", "region"])["infiltrated"]
    cells = groups.agg(firms="size", infiltrated="sum").reset_index()
    area = measures.index.get_indexer(cells["region"])
    sector = np.unique(cells["section"].astype(str), return_inverse=True)[1]
    count = cells["firms"].to_numpy(dtype=float)
    shares = cells["infiltrated"].to_numpy() / count
    rows = []
    for name in DRIVERS:
        for sample, effort in (("main", list(EFFORT_MEASURES)), ("without effort", [])):
            values = measures[[name, *effort]].to_numpy()
            design = CellDesign(count, area, sector, values - values.mean(axis=0))
            coefficients, variances = regress_cells(shares, design)
            reach = t(design.degrees).ppf(0.975) * np.sqrt(variances[0])
            rows.append(
                {
                    "term": name,
                    "estimator": OF_TRUE_SHARES,
                    "sample": sample,
                    "estimate": coefficients[0],
                    "low": coefficients[0] - reach,
                    "high": coefficients[0] + reach,
                }
            )
    return pd.DataFrame(rows)


def _per_log_unit(found: Drivers) -> pd.DataFrame:
    rows = [
        {
            "term": effect.term,
            "estimator": effect.estimator,
            "sample": effect.sample,
            "estimate": effect.estimate / found.spread[effect.term],
            "low": effect.low / found.spread[effect.term],
            "high": effect.high / found.spread[effect.term],
        }
        for effect in found.answer.effects
        if effect.term in DRIVERS and effect.sample != ALONE
    ]
    return pd.DataFrame(rows)
