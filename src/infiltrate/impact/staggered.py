"""Estimators of effects by years since treatment when companies are treated at different times."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack
from scipy.sparse.linalg import cg, lsmr

from infiltrate.impact.curves import Curve, close_curve, cluster_scores
from infiltrate.impact.matching import MatchedPanel
from infiltrate.impact.projections import PROJECTIONS, fit_projections

SUN_ABRAHAM = "Sun and Abraham"
CALLAWAY = "Callaway and Sant'Anna"
GARDNER = "Gardner, two stages"
TWO_WAY = "two-way fixed effects (contrast only)"

# changes are taken within companies that have both years, and years long after treatment were
# left out: both are wanted
_KNOWN = re.compile("Unbalanced panel detected|.*cell.* could not be estimated")


def estimate_curve(matched: MatchedPanel, estimator: str, leads: int) -> Curve:
    """Estimate the effects of treatment by event time, from ``-leads`` on.

    All estimators but the contrast let effects differ between years of treatment and between
    years since, absorb effects of companies and of cells by year, and measure from the same year.

    Sun and Abraham (2021)
        One coefficient for each year of treatment and event time, averaged with the shares of
        treated rows (pyfixest).
    Callaway and Sant'Anna (2021)
        Each year of treatment against companies never treated (diff-diff), on outcomes less
        what the years did to the never-treated companies of the cell.
    Gardner (2022)
        Effects of companies and of cells by year from rows before treatment, taken away from all
        rows; the same numbers as the imputation of Borusyak, Jaravel and Spiess (2024). It has no
        year of reference, so no leads. The standard error carries the noise of the first stage.
    Local projections (Dube, Girardi, Jorda and Taylor 2025)
        Changes since the year of reference against companies not yet treated at the end of the
        change, each treated company against the mean of its cell: the form in which every treated
        company counts once.
    Two-way fixed effects
        One coefficient, which may weigh effects negatively; no curve.

    Notes
    -----
    pyfixest's own `did2s` builds dense matrices of all companies for its standard error, and its
    `lpdid` and `SaturatedEventStudy` take no effects of cells by year: its regressions are used,
    not these.
    """
    curve: Callable[[MatchedPanel, int], Curve] = {
        SUN_ABRAHAM: _fit_saturated,
        CALLAWAY: _fit_group_time,
        GARDNER: _fit_two_stages,
        PROJECTIONS: fit_projections,
        TWO_WAY: _fit_two_way,
    }[estimator]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        estimated = curve(matched, leads)
    notes = {str(one.message).split("\n")[0] for one in said if one.category is UserWarning}
    kept = sorted(note for note in notes if not _KNOWN.match(note))
    return replace(estimated, notes=(*estimated.notes, *kept))


def remove_effects(rows: pd.DataFrame) -> np.ndarray:
    """Return the outcome less effects of companies and of cells by year, from all rows."""
    design, _ = _dummies(rows)
    outcome = rows["outcome"].to_numpy()
    residual: np.ndarray = outcome - design @ _solve(design, outcome)
    return residual


def _fit_saturated(matched: MatchedPanel, leads: int) -> Curve:
    rows = matched.rows
    event_time = rows["event_time"].to_numpy()
    has_effect = (rows["cohort"].to_numpy() > 0) & (event_time != matched.reference)
    # one number for each year of treatment and event time, 0 for the rows of reference
    pair = np.where(has_effect, rows["cohort"] * 1000 + np.nan_to_num(event_time) + 500, 0)
    fit = _regress(
        "outcome ~ i(pair, ref=0) | unit + cell_year", rows.assign(pair=pair.astype(int))
    )
    pairs = np.array([int(name.split("::")[1]) for name in fit._coefnames])
    counts = pd.Series(pair).value_counts().reindex(pairs).to_numpy(float)
    of_pair = pairs % 1000 - 500
    times = np.array([t for t in np.unique(of_pair) if t >= -leads])
    shares = np.array([np.where(of_pair == t, counts, 0) for t in times])
    shares /= shares.sum(axis=1, keepdims=True)
    estimates, covariance = shares @ fit._beta_hat, shares @ fit._vcov @ shares.T
    return close_curve(SUN_ABRAHAM, matched, times, estimates, covariance)


def _fit_group_time(matched: MatchedPanel, leads: int) -> Curve:
    from diff_diff import CallawaySantAnna

    rows = matched.rows
    never = (rows["cohort"] == 0).to_numpy()
    design, units = _dummies(rows)
    effects = _solve(design[never], rows["outcome"].to_numpy()[never])
    effects[:units] = 0
    adjusted = rows.assign(outcome=rows["outcome"].to_numpy() - design @ effects)
    fit = CallawaySantAnna(
        estimation_method="reg",
        control_group="never_treated",
        base_period="universal",
        cluster="cluster",
        anticipation=matched.anticipation,
    ).fit(adjusted, outcome="outcome", unit="unit", time="year", first_treat="cohort")
    curve = fit.aggregate("event_study")
    labels = np.asarray(curve.vcov_index).astype(int)
    chosen = np.flatnonzero((labels >= -leads) & (labels <= matched.lags))
    times = labels[chosen]
    points = pd.Series(curve.att, index=np.asarray(curve.event_time).astype(int))
    covariance = np.asarray(curve.vcov)[np.ix_(chosen, chosen)]
    return close_curve(CALLAWAY, matched, times, points[times].to_numpy(), covariance)


def _fit_two_stages(matched: MatchedPanel, leads: int) -> Curve:
    rows = matched.rows
    treated = rows["treated"].to_numpy()
    outcome, event_time = rows["outcome"].to_numpy(), rows["event_time"].to_numpy()
    design, _ = _dummies(rows)
    before = design[~treated]
    residual = outcome - design @ _solve(before, outcome[~treated])
    times = np.unique(event_time[treated]).astype(int)
    is_time = (event_time[:, np.newaxis] == times) & treated[:, np.newaxis]
    weights = is_time / is_time.sum(axis=0)
    estimates = weights.T @ residual
    scores = weights * (residual[:, np.newaxis] - estimates)
    for j in range(len(times)):
        stage = before @ _solve_normal(before, design.T @ weights[:, j])
        scores[~treated, j] = -stage * residual[~treated]
    covariance = cluster_scores(scores, rows["cluster"].to_numpy())
    return close_curve(GARDNER, matched, times, estimates, covariance)


def _fit_two_way(matched: MatchedPanel, leads: int) -> Curve:
    rows = matched.rows.assign(treated=matched.rows["treated"].astype(float))
    fit = _regress("outcome ~ treated | unit + cell_year", rows)
    nothing = np.empty(0)
    return Curve(
        TWO_WAY,
        nothing.astype(int),
        nothing,
        np.empty((0, 0)),
        nothing,
        matched.reference,
        float(fit._beta_hat[0]),
        float(np.sqrt(fit._vcov[0, 0])),
    )


def _regress(formula: str, rows: pd.DataFrame) -> Any:
    from pyfixest import MapDemeaner, feols

    # which effect is taken out first changes between processes: the end must not show it
    demeaner = MapDemeaner(fixef_tol=1e-12)
    return feols(formula, rows, vcov={"CRV1": "cluster"}, fixef_rm="none", demeaner=demeaner)


def _dummies(rows: pd.DataFrame) -> tuple[csr_array, int]:
    """Return the dummies of companies, then of cells by year, and how many companies there are."""
    unit, cell_year = (pd.factorize(rows[name], sort=True)[0] for name in ("unit", "cell_year"))
    at, ones = np.arange(len(rows)), np.ones(len(rows))
    units = int(unit.max()) + 1
    of_unit = csr_array((ones, (at, unit)), (len(rows), units))
    of_year = csr_array((ones, (at, cell_year)), (len(rows), int(cell_year.max()) + 1))
    return csr_array(hstack([of_unit, of_year])), units


def _solve(design: csr_array, outcome: np.ndarray) -> np.ndarray:
    answer: np.ndarray = lsmr(design, outcome, atol=1e-12, btol=1e-12, maxiter=10_000)[0]
    return answer


def _solve_normal(design: csr_array, right: np.ndarray) -> np.ndarray:
    answer: np.ndarray = cg(design.T @ design, right, rtol=1e-10, maxiter=10_000)[0]
    return answer
