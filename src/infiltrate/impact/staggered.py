"""Estimators of effects by years since treatment when companies are treated at different times."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack
from scipy.sparse.linalg import cg, lsmr

from infiltrate.impact.matching import MatchedPanel

SUN_ABRAHAM = "Sun and Abraham"
CALLAWAY = "Callaway and Sant'Anna"
GARDNER = "Gardner, two stages"
PROJECTIONS = "local projections, reweighted"
TWO_WAY = "two-way fixed effects (contrast only)"

# changes are taken within companies that have both years, and years long after treatment were
# left out: both are wanted
_KNOWN = re.compile("Unbalanced panel detected|.*cell.* could not be estimated")


@dataclass(frozen=True, eq=False)
class Curve:
    """Effects of one estimator by event time.

    Attributes
    ----------
    estimator : str
        One of the names of this module.
    event_times : numpy.ndarray of int, shape (n_times,)
        Years since treatment, rising, without the year of reference.
    estimates : numpy.ndarray of float, shape (n_times,)
        In units of the outcome.
    covariance : numpy.ndarray of float, shape (n_times, n_times)
        Of the estimates, clustered, times G / (G - 1) for G clusters at least.
    weights : numpy.ndarray of float, shape (n_times,)
        Of the average: from event time 0 on the shares of each event time in the rows of treated
        companies, the same for every estimator; 0 before.
    reference : int
        Event time that effects are measured from.
    average, average_error : float
        Average with these weights and its standard error.
    notes : tuple of str
        What the library warned of.
    """

    estimator: str
    event_times: np.ndarray
    estimates: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    reference: int
    average: float
    average_error: float
    notes: tuple[str, ...] = ()


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
        PROJECTIONS: _fit_projections,
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
    return _close(SUN_ABRAHAM, matched, times, estimates, covariance)


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
    return _close(CALLAWAY, matched, times, points[times].to_numpy(), covariance)


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
    covariance = _cluster_scores(scores, rows["cluster"].to_numpy())
    return _close(GARDNER, matched, times, estimates, covariance)


def _fit_projections(matched: MatchedPanel, leads: int) -> Curve:
    changes = _stack_changes(matched, leads)
    treated = changes["is_treated"].to_numpy()
    event_time, excess = changes["event_time"].to_numpy(), changes["excess"].to_numpy()
    times = np.unique(event_time)
    is_time = (event_time[:, np.newaxis] == times) & treated[:, np.newaxis]
    counts = is_time.sum(axis=0)
    estimates = (is_time * excess[:, np.newaxis]).sum(axis=0) / counts
    # a control is taken away from each treated company of its group in equal shares
    centred = np.where(treated, excess - estimates[np.searchsorted(times, event_time)], -excess)
    scores = np.zeros((len(changes), len(times)))
    position = np.searchsorted(times, event_time)
    scores[np.arange(len(changes)), position] = changes["weight"] * centred / counts[position]
    covariance = _cluster_scores(scores, changes["cluster"].to_numpy())
    return _close(PROJECTIONS, matched, times, estimates, covariance)


def _stack_changes(matched: MatchedPanel, leads: int) -> pd.DataFrame:
    """Return one row per company, year of treatment in its cell and event time.

    ``excess`` is the change since the year of reference less the mean change of controls of the
    same cell and years, ``weight`` how many treated companies the row stands for: 1 for these.
    """
    rows = matched.rows
    first = int(rows["year"].min())
    years = int(rows["year"].max()) - first + 1
    values = np.full((int(rows["unit"].max()) + 1, years), np.nan)
    values[rows["unit"], rows["year"] - first] = rows["outcome"]
    units = rows.drop_duplicates("unit")[["unit", "cell", "cohort", "cluster"]]
    starts = units.loc[units["cohort"] > 0, ["cell", "cohort"]].drop_duplicates()
    pairs = starts.rename(columns={"cohort": "start"}).merge(units, on="cell")
    unit, start = pairs["unit"].to_numpy(), pairs["start"].to_numpy()
    cohort = np.where(pairs["cohort"] == 0, np.iinfo(np.int32).max, pairs["cohort"])
    parts = []
    for time in (t for t in range(-leads, matched.lags + 1) if t != matched.reference):
        end, base = start + time - first, start + matched.reference - first
        inside = (end >= 0) & (end < years) & (base >= 0) & (base < years)
        waits = cohort - matched.anticipation > start + max(time, matched.reference)
        used = inside & ((cohort == start) | waits)
        change = values[unit[used], end[used]] - values[unit[used], base[used]]
        parts.append(
            pairs[used].assign(event_time=time, change=change, is_treated=(cohort == start)[used])
        )
    changes = pd.concat(parts, ignore_index=True).dropna(subset="change")
    is_treated = changes["is_treated"]
    keys = [changes[name] for name in ("cell", "start", "event_time")]
    treated = is_treated.groupby(keys).transform("sum")
    controls = (~is_treated).groupby(keys).transform("sum")
    usual = changes["change"].mask(is_treated).groupby(keys).transform("mean")
    changes = changes.assign(
        excess=changes["change"] - usual,
        weight=np.where(is_treated, 1.0, treated / controls.where(controls > 0)),
    )
    return changes[(treated > 0) & (controls > 0)]


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
    from pyfixest.estimation import feols

    return feols(formula, rows, vcov={"CRV1": "cluster"}, fixef_rm="none")


def _close(
    estimator: str,
    matched: MatchedPanel,
    times: np.ndarray,
    estimates: np.ndarray,
    covariance: np.ndarray,
) -> Curve:
    rows = matched.rows["event_time"]
    counts = rows[rows >= 0].value_counts()
    lost = sorted(set(counts.index.astype(int)) - set(times.tolist()))
    note = f"no effect can be estimated for year {', '.join(map(str, lost))} of treatment"
    weights = counts.reindex(times, fill_value=0).to_numpy(float)
    weights /= weights.sum() if weights.any() else np.nan
    return Curve(
        estimator,
        times,
        estimates,
        covariance,
        weights,
        matched.reference,
        float(weights @ estimates),
        float(np.sqrt(weights @ covariance @ weights)),
        (note,) if lost else (),
    )


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


def _cluster_scores(scores: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    sums = pd.DataFrame(scores).groupby(cluster).sum().to_numpy()
    covariance: np.ndarray = sums.T @ sums * len(sums) / (len(sums) - 1)
    return covariance
