"""Synthetic control: what an area's outcome would have been, from areas like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.comparative_case import (
    ComparativeCase,
    Comparison,
    Predictor,
    prepare_comparison,
)
from infiltrate.impact.conformal import interval_by_years
from infiltrate.impact.predictor_weights import Optimum, Problem, fit_outcomes, search_optima
from infiltrate.impact.ridge_augmented import fit_ridge_augmented

_DESIGN = "synthetic_control"
_NAME = "synthetic control"
_POOR = 0.25
_USED = 0.01
_ALIKE = 0.1
_ONE_UNIT = 0.5
_ALONE = "outcomes alone"
_FREE = "predictors may count for nothing"
_UNRESTRICTED = 1e-8
_PLACEBO_STARTS = 3


@dataclass(frozen=True)
class SearchSettings:
    """How the weights of predictors are found.

    Attributes
    ----------
    starts : int
        Starting values of the search for the treated unit.
    least : float
        No predictor counts less than this share of the one that counts most. Without a least
        share the search switches predictors off, and then fits the outcomes of few years alone.
    """

    starts: int = 8
    least: float = 1e-3


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
        Draws starting values of the search.
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
    for nothing, each donor of some weight left out, and a false date at two thirds of the years
    before treatment.
    """
    settings = settings or SearchSettings()
    comparison, findings = prepare_comparison(panel, case)
    if comparison is None:
        return SyntheticControl(ImpactAnswer((), tuple(findings)))
    starts = int(rng.integers(2**31))
    optima = _search(comparison, settings, starts)
    best = optima[0]
    gap = _gap(comparison, best.donors)
    poor = _measure_misfit(comparison, gap)
    if poor > 1:
        text = (
            "No weighted mean of the others comes near the treated unit before treatment: the "
            f"error is {poor:.1f} standard deviations between units."
        )
        return SyntheticControl(ImpactAnswer((), (*findings, Finding("refused", _DESIGN, text))))
    augmented, augmented_gap = fit_ridge_augmented(comparison)
    intervals = interval_by_years(comparison, interval)
    gaps = _run_placebos(comparison, settings, starts, gap)
    placebos = _rank(comparison, gaps)
    path = _describe_path(comparison, gap, augmented_gap, intervals.years)
    effects = [
        _report(comparison, gap, low=intervals.low, high=intervals.high, p_value=intervals.p_value),
        *_report_years(comparison, path),
        _report_rank(comparison, placebos),
        _report(comparison, augmented_gap, estimator="ridge-augmented synthetic control"),
        *_vary(panel, comparison, settings, starts, best, interval),
    ]
    chosen = pd.DataFrame(
        {
            "error": [one.error for one in optima],
            "starts": [one.starts for one in optima],
            "effect": [_average(comparison, _gap(comparison, one.donors)) for one in optima],
        }
    )
    doubts = _doubt(comparison, gap, poor, effects, intervals.p_value, interval)
    return SyntheticControl(
        answer=ImpactAnswer(tuple(effects), (*findings, *doubts)),
        path=path,
        weights=_describe_weights(comparison, best, augmented),
        balance=_describe_balance(comparison, best),
        placebos=placebos,
        gaps=gaps,
        optima=chosen,
    )


def _search(comparison: Comparison, settings: SearchSettings, seed: int) -> list[Optimum]:
    problem = _pose(comparison)
    if not len(problem.target):
        donors = fit_outcomes(problem)
        return [Optimum(np.empty(0), donors, problem.measure_error(donors), 1)]
    # every unit's search starts alike, so that the order of units changes nothing
    return search_optima(problem, settings.least, settings.starts, np.random.default_rng(seed))


def _pose(comparison: Comparison) -> Problem:
    treated, donors = comparison.case.treated, comparison.donors
    fitted = comparison.outcomes[comparison.is_fitted]
    return Problem(
        comparison.predictors[donors].to_numpy(float),
        comparison.predictors[treated].to_numpy(float),
        fitted[donors].to_numpy(float),
        fitted[treated].to_numpy(float),
    )


def _gap(comparison: Comparison, donors: np.ndarray) -> np.ndarray:
    outcomes = comparison.outcomes
    synthetic = outcomes[comparison.donors].to_numpy(float) @ donors
    return outcomes[comparison.case.treated].to_numpy(float) - synthetic


def _average(comparison: Comparison, gap: np.ndarray) -> float:
    return float(gap[comparison.is_effect].mean())


def _measure_misfit(comparison: Comparison, gap: np.ndarray) -> float:
    """Return the error in fitted years in standard deviations between units."""
    fitted = comparison.outcomes[comparison.is_fitted]
    spread = float(np.sqrt(fitted.var(axis=1, ddof=0).mean()))
    return float(np.sqrt((gap[comparison.is_fitted] ** 2).mean())) / (spread or 1.0)


def _run_placebos(
    comparison: Comparison, settings: SearchSettings, seed: int, gap: np.ndarray
) -> pd.DataFrame:
    """Return the gaps of the treated unit, and of every donor as if it were treated."""
    quick = replace(settings, starts=min(settings.starts, _PLACEBO_STARTS))
    parts = [_list_gaps(comparison, gap, is_treated=True)]
    for donor in comparison.donors:
        other = _recast(comparison, donor, [one for one in comparison.donors if one != donor])
        best = _search(other, quick, seed)[0]
        parts.append(_list_gaps(other, _gap(other, best.donors), is_treated=False))
    return pd.concat(parts).sort_values(["unit", "year"], ignore_index=True)


def _recast(comparison: Comparison, treated: str, donors: list[str]) -> Comparison:
    units = [treated, *donors]
    return Comparison(
        replace(comparison.case, treated=treated),
        comparison.outcomes[units],
        comparison.predictors[units],
    )


def _list_gaps(comparison: Comparison, gap: np.ndarray, *, is_treated: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": comparison.case.treated,
            "is_treated": is_treated,
            "year": comparison.years,
            "gap": gap,
        }
    )


def _rank(comparison: Comparison, gaps: pd.DataFrame) -> pd.DataFrame:
    squares = gaps.assign(square=gaps["gap"] ** 2)
    root = {
        name: np.sqrt(
            squares[squares["year"].isin(comparison.years[chosen])]
            .groupby(["unit", "is_treated"])["square"]
            .mean()
        )
        for name, chosen in (("before", comparison.is_fitted), ("after", comparison.is_effect))
    }
    table = pd.DataFrame(root).reset_index()
    floor = 1e-9 * float(np.abs(comparison.outcomes.to_numpy(float)).max())
    table["ratio"] = table["after"] / table["before"].clip(lower=floor)
    return table.sort_values(["ratio", "unit"], ascending=[False, True], ignore_index=True)


def _report(
    comparison: Comparison,
    gap: np.ndarray,
    *,
    estimator: str = _NAME,
    sample: str = "main",
    low: float = float("nan"),
    high: float = float("nan"),
    p_value: float = float("nan"),
) -> Effect:
    return Effect(
        design=_DESIGN,
        estimator=estimator,
        outcome=comparison.case.outcome,
        term="average",
        estimate=_average(comparison, gap),
        low=low,
        high=high,
        p_value=p_value,
        unit=comparison.case.measured_in,
        rows=int(comparison.outcomes.size),
        units=comparison.outcomes.shape[1],
        treated=1,
        sample=sample,
    )


def _report_years(comparison: Comparison, path: pd.DataFrame) -> Iterator[Effect]:
    base = _report(comparison, path["gap"].to_numpy(float))
    for row in path[path["is_effect"]].itertuples():
        yield replace(
            base,
            term=str(row.year),
            estimate=float(row.gap),
            low=float(row.low),
            high=float(row.high),
            event_time=int(row.year) - comparison.case.first_treated,
        )


def _report_rank(comparison: Comparison, placebos: pd.DataFrame) -> Effect:
    mine = float(placebos.loc[placebos["is_treated"], "ratio"].iloc[0])
    return replace(
        _report(comparison, np.zeros(len(comparison.years))),
        term="error after over error before",
        estimate=mine,
        unit="ratio",
        p_value=float((placebos["ratio"] >= mine).mean()),
        sample="placebo units",
    )


def _vary(
    panel: pd.DataFrame,
    comparison: Comparison,
    settings: SearchSettings,
    seed: int,
    best: Optimum,
    interval: float,
) -> Iterator[Effect]:
    """Yield what other choices would have given."""
    if len(comparison.predictors):
        alone = fit_outcomes(_pose(comparison))
        yield _report(comparison, _gap(comparison, alone), sample=_ALONE)
        free = _search(
            comparison, replace(settings, least=_UNRESTRICTED, starts=3 * settings.starts), seed
        )[0]
        gap = _gap(comparison, free.donors)
        yield _report(comparison, gap, sample=_FREE)
    if len(comparison.donors) > 2:
        for donor, weight in zip(comparison.donors, best.donors, strict=True):
            if weight > _USED:
                rest = [one for one in comparison.donors if one != donor]
                other = _recast(comparison, comparison.case.treated, rest)
                gap = _gap(other, _search(other, settings, seed)[0].donors)
                yield _report(other, gap, sample=f"without {donor}")
    yield from _move_date(panel, comparison, settings, seed, interval)


def _move_date(
    panel: pd.DataFrame,
    comparison: Comparison,
    settings: SearchSettings,
    seed: int,
    interval: float,
) -> Iterator[Effect]:
    """Yield the effect of a false date, from the years before the treatment alone."""
    case = comparison.case
    before = comparison.years[~comparison.is_treated]
    from_start = before[before >= comparison.years[comparison.is_fitted][0]]
    false = int(from_start[int(np.ceil(2 * len(from_start) / 3)) - 1]) + 1
    cut = tuple(
        Predictor(part.column, part.first, min(part.last, false - 1))
        for part in case.predictors
        if part.first < false
    )
    placebo = replace(case, first_treated=false, predictors=cut, effect=None)
    early = panel[panel[case.time] < case.first_treated]
    other, _ = prepare_comparison(early, placebo)
    if other is None:
        return
    gap = _gap(other, _search(other, settings, seed)[0].donors)
    found = interval_by_years(other, interval, yearly=False)
    ends = {"low": found.low, "high": found.high, "p_value": found.p_value}
    yield _report(other, gap, sample=f"placebo date {false}", **ends)


def _doubt(
    comparison: Comparison,
    gap: np.ndarray,
    poor: float,
    effects: list[Effect],
    p_value: float,
    interval: float,
) -> Iterator[Finding]:
    """Yield what a reader must know before the numbers."""
    if poor > _POOR:
        yield _warn(
            f"The synthetic control misses the treated unit before treatment by {poor:.2f} "
            f"standard deviations between units; {_POOR} is the most that is taken as alike."
        )
    count = len(comparison.donors) + 1
    if 1 / count > 1 - interval:
        yield _warn(
            f"With {count - 1} units to compare with no rank can have a p value below "
            f"{1 / count:.2f}."
        )
    before, after = int((~comparison.is_treated).sum()), int(comparison.is_effect.sum())
    if 2 * after > before:
        yield _warn(
            f"The effect spans {after} years and {before} lie before it: the conformal interval "
            "of the average is weak, those of single years are better."
        )
    if 1 / (before + 1) > 1 - interval:
        yield _warn(
            f"With {before} years before treatment no year's effect has a bounded interval at "
            f"{100 * interval:.0f} %."
        )
    main = _average(comparison, gap)
    for effect in effects:
        moved = abs(effect.estimate - main)
        if effect.sample in (_ALONE, _FREE) and moved > _ALIKE * abs(main):
            yield _warn(
                f"The average effect is {effect.estimate:.3g} in place of {main:.3g} "
                f"({effect.sample}): it hangs on how much predictors count."
            )
        if effect.sample.startswith("without ") and moved > _ONE_UNIT * abs(main):
            yield _warn(
                f"{effect.sample.capitalize()} the average effect is {effect.estimate:.3g} in "
                f"place of {main:.3g}: it hangs on one unit."
            )
        if effect.sample.startswith("placebo date") and effect.p_value <= 1 - interval:
            yield _warn(
                f"At a {effect.sample} an effect of {effect.estimate:.3g} is found where there "
                f"can be none (p {effect.p_value:.3f})."
            )


def _describe_path(
    comparison: Comparison, gap: np.ndarray, augmented: np.ndarray, years: pd.DataFrame
) -> pd.DataFrame:
    observed = comparison.outcomes[comparison.case.treated].to_numpy(float)
    bounds = years.reindex(comparison.years)
    return pd.DataFrame(
        {
            "year": comparison.years,
            "observed": observed,
            "synthetic": observed - gap,
            "augmented": observed - augmented,
            "gap": gap,
            "low": bounds["low"].to_numpy(float),
            "high": bounds["high"].to_numpy(float),
            "is_fitted": comparison.is_fitted,
            "is_effect": comparison.is_effect,
        }
    )


def _describe_weights(comparison: Comparison, best: Optimum, augmented: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame({"unit": comparison.donors, "weight": best.donors, "augmented": augmented})
    return table.sort_values(["weight", "unit"], ascending=[False, True], ignore_index=True)


def _describe_balance(comparison: Comparison, best: Optimum) -> pd.DataFrame:
    predictors = comparison.predictors
    donors = predictors[comparison.donors].to_numpy(float)
    return pd.DataFrame(
        {
            "predictor": predictors.index.to_numpy(),
            "weight": best.predictors,
            "treated": predictors[comparison.case.treated].to_numpy(float),
            "synthetic": donors @ best.donors,
            "donors": donors.mean(axis=1),
        }
    )


def _warn(text: str) -> Finding:
    return Finding("warning", _DESIGN, text)
