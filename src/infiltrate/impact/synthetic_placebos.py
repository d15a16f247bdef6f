"""What a synthetic control finds where nothing happened, and what other choices would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect
from infiltrate.impact.comparative_case import Comparison, Predictor, prepare_comparison
from infiltrate.impact.conformal import interval_by_years
from infiltrate.impact.synthetic_fit import ControlFit, fit_control

ALONE = "outcomes alone"
FREE = "predictors may count for nothing"
NAME = "synthetic control"

_PLACEBO_STARTS = 3
_USED = 0.01
_UNRESTRICTED = 1e-8


def run_placebos(fit: ControlFit) -> pd.DataFrame:
    """Return the gaps of the treated unit, and of every donor as if it had been treated.

    Returns
    -------
    pandas.DataFrame
        One row per unit and year, sorted: ``unit``, ``is_treated``, ``year``, ``gap``. The
        treated unit is no donor of the others.
    """
    quick = replace(fit.settings, starts=min(fit.settings.starts, _PLACEBO_STARTS))
    comparison = fit.comparison
    parts = [_list_gaps(fit, is_treated=True)]
    for donor in comparison.donors:
        others = [one for one in comparison.donors if one != donor]
        placebo = comparison.select([donor, *others], treated=donor)
        parts.append(_list_gaps(fit_control(placebo, quick, fit.seed), is_treated=False))
    return pd.concat(parts).sort_values(["unit", "year"], ignore_index=True)


def rank_placebos(comparison: Comparison, gaps: pd.DataFrame) -> pd.DataFrame:
    """Return errors before and after and their ratio, one row per unit, largest ratio first."""
    squares = gaps.assign(square=gaps["gap"] ** 2)
    roots = {
        name: np.sqrt(
            squares[squares["year"].isin(comparison.years[chosen])]
            .groupby(["unit", "is_treated"])["square"]
            .mean()
        )
        for name, chosen in (("before", comparison.is_fitted), ("after", comparison.is_effect))
    }
    table = pd.DataFrame(roots).reset_index()
    # a unit that is met exactly before would have a ratio without end
    floor = 1e-9 * float(np.abs(comparison.outcomes.to_numpy(float)).max())
    table["ratio"] = table["after"] / table["before"].clip(lower=floor)
    return table.sort_values(["ratio", "unit"], ascending=[False, True], ignore_index=True)


def vary_choices(fit: ControlFit) -> Iterator[Effect]:
    """Yield the average effect by other weights of predictors and without each donor of weight."""
    if len(fit.comparison.predictors):
        yield _report(fit.ignore_predictors(), ALONE)
        free = replace(fit.settings, least=_UNRESTRICTED, starts=3 * fit.settings.starts)
        yield _report(fit_control(fit.comparison, free, fit.seed), FREE)
    if len(fit.comparison.donors) > 2:
        for donor, weight in zip(fit.comparison.donors, fit.best.donors, strict=True):
            if weight > _USED:
                yield _report(fit.leave_out(donor), f"without {donor}")


def move_date(panel: pd.DataFrame, fit: ControlFit, interval: float) -> Iterator[Effect]:
    """Yield the effect of a false date, from the years before the treatment alone.

    The false date lies after two thirds of the years from the first fitted one to the treatment.
    Nothing is yielded where too few years are left.
    """
    case, comparison = fit.comparison.case, fit.comparison
    before = comparison.years[~comparison.is_treated]
    open_years = before[before >= comparison.years[comparison.is_fitted][0]]
    false = int(open_years[int(np.ceil(2 * len(open_years) / 3)) - 1]) + 1
    predictors = tuple(
        Predictor(part.column, part.first, min(part.last, false - 1))
        for part in case.predictors
        if part.first < false
    )
    early = panel[panel[case.time] < case.first_treated]
    placebo, _ = prepare_comparison(
        early, replace(case, first_treated=false, predictors=predictors, effect=None)
    )
    if placebo is None:
        return
    found = interval_by_years(placebo, interval, yearly=False)
    yield replace(
        _report(fit_control(placebo, fit.settings, fit.seed), f"placebo date {false}"),
        low=found.low,
        high=found.high,
        p_value=found.p_value,
    )


def _report(fit: ControlFit, sample: str) -> Effect:
    return replace(fit.comparison.report(NAME, fit.average), sample=sample)


def _list_gaps(fit: ControlFit, *, is_treated: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": fit.comparison.case.treated,
            "is_treated": is_treated,
            "year": fit.comparison.years,
            "gap": fit.gap,
        }
    )
