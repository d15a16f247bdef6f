"""Synthetic control: what an area's outcome would have been, from areas like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.comparative_case import ComparativeCase, prepare_comparison
from infiltrate.impact.conformal import ConformalIntervals, interval_by_years
from infiltrate.impact.ridge_augmented import fit_ridge_augmented
from infiltrate.impact.synthetic_did import fit_synthetic_did
from infiltrate.impact.synthetic_doubts import doubt_control
from infiltrate.impact.synthetic_fit import ControlFit, SearchSettings, fit_control
from infiltrate.impact.synthetic_placebos import (
    NAME,
    move_date,
    rank_placebos,
    run_placebos,
    vary_choices,
)

_FARTHEST = 1.0


@dataclass(frozen=True, eq=False)
class SyntheticControl:
    """A treated unit beside its synthetic control.

    Attributes
    ----------
    answer : ImpactAnswer
        Effects and findings.
    path : pandas.DataFrame
        One row per year: ``year``, ``observed``, ``synthetic``, ``augmented``, ``gap``, ``low``
        and ``high`` (conformal interval of the gap), ``is_fitted``, ``is_effect``.
    weights : pandas.DataFrame
        One row per donor, heaviest first: ``unit``, ``weight``, ``augmented``.
    balance : pandas.DataFrame
        One row per predictor: ``predictor``, ``weight``, ``treated``, ``synthetic``, ``donors``
        (their mean), in standard deviations.
    placebos : pandas.DataFrame
        One row per unit, largest ratio first: ``unit``, ``is_treated``, root mean squared errors
        ``before`` and ``after``, their ``ratio``.
    gaps : pandas.DataFrame
        One row per unit and year: ``unit``, ``is_treated``, ``year``, ``gap``.
    optima : pandas.DataFrame
        One row per optimum of the search, best first: ``error``, ``starts``, ``effect``.
    """

    answer: ImpactAnswer
    path: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: pd.DataFrame = field(default_factory=pd.DataFrame)
    balance: pd.DataFrame = field(default_factory=pd.DataFrame)
    placebos: pd.DataFrame = field(default_factory=pd.DataFrame)
    gaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    optima: pd.DataFrame = field(default_factory=pd.DataFrame)


def fit_synthetic_control(
    panel: pd.DataFrame,
    case: ComparativeCase,
    rng: np.random.Generator,
    *,
    interval: float = 0.95,
    settings: SearchSettings | None = None,
) -> SyntheticControl:
    """Compare one treated unit with the weighted mean of others that was like it before.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row per unit and year: the unit, the year, the outcome and predictors of `case`.
    case : ComparativeCase
        What is compared with what, and when.
    rng : numpy.random.Generator
        Draws starting values of the search and placebo units.
    interval : float
        Coverage of the conformal intervals.
    settings : SearchSettings, optional
        How the weights of predictors are found.

    Returns
    -------
    SyntheticControl
        No effects where the case is refused. The main effect has the conformal interval and p
        value; the rank of the treated unit among placebo units is an effect of its own.

    Raises
    ------
    ValueError
        Where the panel lacks a column.

    Notes
    -----
    Abadie, Diamond and Hainmueller (2010). Weights of predictors come from several starts
    (`predictor_weights`), since a single start may end in a wrong optimum; donors' weights are
    exact. Beside the answer stand: the ridge-augmented synthetic control (Ben-Michael, Feller and
    Rothstein 2021, pysyncon), the outcomes alone without predictors, predictors that may count
    for nothing, each donor of some weight left out, a false date at two thirds of the years before
    treatment, and (synthetic) differences in differences (`synthetic_did`).
    """
    settings = settings or SearchSettings()
    comparison, findings = prepare_comparison(panel, case)
    if comparison is None:
        return SyntheticControl(ImpactAnswer((), tuple(findings)))
    fit = fit_control(comparison, settings, int(rng.integers(2**31)))
    if fit.misfit > _FARTHEST:
        text = (
            "No weighted mean of the others comes near the treated unit before treatment: the "
            f"error is {fit.misfit:.1f} standard deviations between units."
        )
        refused = Finding("refused", "synthetic_control", text)
        return SyntheticControl(ImpactAnswer((), (*findings, refused)))
    augmented = fit_ridge_augmented(comparison)
    intervals = interval_by_years(comparison, interval)
    gaps = run_placebos(fit)
    placebos = rank_placebos(comparison, gaps)
    path = _describe_path(fit, comparison.gap(augmented), intervals)
    effects = [
        *_report(fit, intervals, path, placebos),
        comparison.report(
            "ridge-augmented synthetic control",
            float(comparison.gap(augmented)[comparison.is_effect].mean()),
        ),
        *vary_choices(fit),
        *move_date(panel, fit, interval),
    ]
    doubts = doubt_control(fit, effects, interval)
    beside = fit_synthetic_did(comparison, rng, interval=interval)
    return SyntheticControl(
        answer=ImpactAnswer((*effects, *beside.effects), (*findings, *doubts, *beside.findings)),
        path=path,
        weights=_describe_weights(fit, augmented),
        balance=_describe_balance(fit),
        placebos=placebos,
        gaps=gaps,
        optima=_describe_optima(fit),
    )


def _report(
    fit: ControlFit, intervals: ConformalIntervals, path: pd.DataFrame, placebos: pd.DataFrame
) -> Iterator[Effect]:
    """Yield the average effect, that of each year, and the rank among placebo units."""
    base = fit.comparison.report(NAME, fit.average)
    yield replace(base, low=intervals.low, high=intervals.high, p_value=intervals.p_value)
    for row in path[path["is_effect"]].itertuples():
        yield replace(
            base,
            term=str(row.year),
            estimate=float(row.gap),
            low=float(row.low),
            high=float(row.high),
            event_time=int(row.year) - fit.comparison.case.first_treated,
        )
    mine = float(placebos.loc[placebos["is_treated"], "ratio"].iloc[0])
    yield replace(
        base,
        term="error after over error before",
        estimate=mine,
        unit="ratio",
        p_value=float((placebos["ratio"] >= mine).mean()),
        sample="placebo units",
    )


def _describe_path(
    fit: ControlFit, augmented: np.ndarray, intervals: ConformalIntervals
) -> pd.DataFrame:
    comparison = fit.comparison
    observed = comparison.outcomes[comparison.case.treated].to_numpy(float)
    bounds = intervals.years.reindex(comparison.years)
    return pd.DataFrame(
        {
            "year": comparison.years,
            "observed": observed,
            "synthetic": observed - fit.gap,
            "augmented": observed - augmented,
            "gap": fit.gap,
            "low": bounds["low"].to_numpy(float),
            "high": bounds["high"].to_numpy(float),
            "is_fitted": comparison.is_fitted,
            "is_effect": comparison.is_effect,
        }
    )


def _describe_weights(fit: ControlFit, augmented: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {"unit": fit.comparison.donors, "weight": fit.best.donors, "augmented": augmented}
    )
    return table.sort_values(["weight", "unit"], ascending=[False, True], ignore_index=True)


def _describe_balance(fit: ControlFit) -> pd.DataFrame:
    predictors = fit.comparison.predictors
    donors = predictors[fit.comparison.donors].to_numpy(float)
    return pd.DataFrame(
        {
            "predictor": predictors.index.to_numpy(),
            "weight": fit.best.predictors,
            "treated": predictors[fit.comparison.case.treated].to_numpy(float),
            "synthetic": donors @ fit.best.donors,
            "donors": donors.mean(axis=1),
        }
    )


def _describe_optima(fit: ControlFit) -> pd.DataFrame:
    others = [replace(fit, optima=[one]) for one in fit.optima]
    return pd.DataFrame(
        {
            "error": [one.error for one in fit.optima],
            "starts": [one.starts for one in fit.optima],
            "effect": [one.average for one in others],
        }
    )
