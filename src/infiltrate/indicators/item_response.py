"""A two-parameter item response model of red flags: do they measure one thing, and how sharply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit, logsumexp

_NODES = 31
_FEWEST_UNITS = 200
_FEWEST_FLAGS = 20
_STEPS = 500
_TOLERANCE = 1e-6
_COLUMNS = (
    "indicator",
    "units",
    "flagged",
    "discrimination",
    "discrimination_error",
    "difficulty",
    "difficulty_error",
)


@dataclass(frozen=True, eq=False)
class _Scale:
    """Nodes of the latent risk and the logarithms of their weights."""

    nodes: np.ndarray
    log_weight: np.ndarray


@dataclass(frozen=True, eq=False)
class ItemResponse:
    """Item parameters of binary flags.

    Attributes
    ----------
    items : pandas.DataFrame
        One row per indicator, sorted: ``units`` that could be judged, ``flagged`` share,
        ``discrimination`` a (slope on the latent risk, standard normal), ``difficulty`` b (risk at
        which the flag is on half of the time), and their standard errors.
    log_likelihood : float
        Marginal log likelihood at the end; missing when nothing was fitted.
    reason : str
        What was done or why not, in a sentence.
    """

    items: pd.DataFrame
    log_likelihood: float
    reason: str


def fit_item_response(flags: pd.DataFrame) -> ItemResponse:
    r"""Fit a two-parameter logistic model to binary flags by marginal maximum likelihood.

    .. math:: P(x_{ij} = 1 \mid \theta_i) = 1 / (1 + \exp(-a_j (\theta_i - b_j)))

    with :math:`\theta` standard normal. Flags that cannot be judged are left out of a unit's
    likelihood (missing at random given the others).

    Parameters
    ----------
    flags : pandas.DataFrame, shape (n_units, n_flags)
        1 on, 0 clear, missing not computable. Flags with fewer than 20 units of either kind are
        left out.

    Notes
    -----
    Bock and Aitkin (1981, Psychometrika 46): EM over 31 Gauss-Hermite nodes, on patterns of
    flags with their counts; errors from the cross product of the patterns' scores. After Gnaldi
    and Del Sarto (2021): red flags are of several dimensions, and one whose slope is near zero or
    negative does not belong in a sum with the others. The sign of the scale is set so that most
    slopes are positive.
    """
    usable = [
        name
        for name in sorted(flags)
        if min((flags[name] == 1).sum(), (flags[name] == 0).sum()) >= _FEWEST_FLAGS
    ]
    if len(usable) < 3 or len(flags) < _FEWEST_UNITS:
        return _refuse(
            f"The model needs three flags that are on and clear in {_FEWEST_FLAGS} units each; "
            f"{len(usable)} are."
        )
    x, weight = _count_patterns(flags[usable])
    scale = _quadrature()
    slope, intercept = _fit(x, weight, scale)
    if np.sum(np.sign(slope)) < 0:
        slope = -slope
    covariance, log_likelihood = _measure_errors(x, weight, scale, slope, intercept)
    items = _tabulate(flags[usable], slope, intercept, covariance)
    return ItemResponse(
        items,
        log_likelihood,
        f"{len(usable)} flags on {len(flags):,} units. Slope: 1 is usual, below 0.5 a flag hardly "
        "goes with the others. Difficulty: how far from the mean risk, in standard deviations, "
        "half of the units are flagged. Errors take units as independent.",
    )


def fit_flags(flags: pd.DataFrame, wanted: bool) -> ItemResponse:
    """Fit the model when it is asked for."""
    if not wanted:
        return _refuse("Not fitted: turned off. Set choices.flags.item_response to true to fit it.")
    return fit_item_response(flags)


def tabulate_items(found: ItemResponse, titles: Mapping[str, str]) -> pd.DataFrame:
    """Return the items by slope, with parameters and their errors in one cell each."""
    rows = found.items.sort_values(["discrimination", "indicator"], ascending=[False, True])
    return pd.DataFrame(
        {
            "red flag": [titles.get(code, code) for code in rows["indicator"]],
            "units": rows["units"].to_numpy(),
            "on": [f"{share:.1%}" for share in rows["flagged"]],
            "slope": [
                f"{row.discrimination:.2f} ± {row.discrimination_error:.2f}"
                for row in rows.itertuples()
            ],
            "difficulty": [
                f"{row.difficulty:.2f} ± {row.difficulty_error:.2f}" for row in rows.itertuples()
            ],
        }
    )


def _refuse(reason: str) -> ItemResponse:
    types = {name: float for name in _COLUMNS[1:]} | {"indicator": str, "units": int}
    return ItemResponse(pd.DataFrame(columns=list(_COLUMNS)).astype(types), np.nan, reason)


def _quadrature() -> _Scale:
    """Return the nodes of a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return _Scale(nodes, np.log(weights / weights.sum()))


def _count_patterns(flags: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct rows (missing is nan) and how often each occurs."""
    coded = flags.fillna(-1).to_numpy().astype(np.int8)
    patterns, counts = np.unique(coded, axis=0, return_counts=True)
    seen = (patterns >= 0).any(axis=1)
    return np.where(patterns < 0, np.nan, patterns.astype(float))[seen], counts[seen].astype(float)


def _fit(x: np.ndarray, weight: np.ndarray, scale: _Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes and intercepts by EM, each M step one Newton step of a logistic regression."""
    seen, on = np.isfinite(x), np.nan_to_num(x)
    share = (weight @ on) / (weight @ seen)
    slope, intercept = np.full(x.shape[1], 1.0), np.log(share / (1 - share))
    # starting signs from how flags go together: a flag against the others begins downwards
    slope = slope * _starting_signs(on, seen, weight)
    for _ in range(_STEPS):
        posterior = _posterior(on, seen, scale, slope, intercept)[0] * weight[:, None]
        judged, flagged = seen.T @ posterior, on.T @ posterior
        before = np.r_[slope, intercept]
        slope, intercept = _step(scale.nodes, judged, flagged, slope, intercept)
        if np.abs(np.r_[slope, intercept] - before).max() < _TOLERANCE:
            break
    return slope, intercept


def _starting_signs(on: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mean = (weight @ on) / (weight @ seen)
    centred = np.where(seen, on - mean, 0.0)
    covariance = (centred * weight[:, None]).T @ centred
    leading = np.linalg.eigh(covariance)[1][:, -1]
    return np.where(leading * np.sign(leading.sum() or 1.0) < 0, -1.0, 1.0)


def _posterior(
    on: np.ndarray,
    seen: np.ndarray,
    scale: _Scale,
    slope: np.ndarray,
    intercept: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the posterior over nodes of each pattern, and its log likelihood."""
    line = np.outer(slope, scale.nodes) + intercept[:, None]
    joint = on @ log_expit(line) + (seen - on) @ log_expit(-line) + scale.log_weight
    total = logsumexp(joint, axis=1)
    return np.exp(joint - total[:, None]), total


def _step(
    nodes: np.ndarray,
    judged: np.ndarray,
    flagged: np.ndarray,
    slope: np.ndarray,
    intercept: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    chance = expit(np.outer(slope, nodes) + intercept[:, None])
    left, spread = flagged - judged * chance, judged * chance * (1 - chance)
    gradient = np.stack([left @ nodes, left.sum(axis=1)], axis=1)
    # a weak normal prior on the slope (sd 3) keeps items that split perfectly finite
    gradient[:, 0] -= slope / 9
    curve = np.empty((len(slope), 2, 2))
    curve[:, 0, 0], curve[:, 1, 1] = spread @ nodes**2 + 1 / 9, spread.sum(axis=1) + 1e-9
    curve[:, 0, 1] = curve[:, 1, 0] = spread @ nodes
    change = np.clip(np.linalg.solve(curve, gradient[:, :, None])[:, :, 0], -1, 1)
    return slope + change[:, 0], intercept + change[:, 1]


def _measure_errors(
    x: np.ndarray,
    weight: np.ndarray,
    scale: _Scale,
    slope: np.ndarray,
    intercept: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return the covariance of slopes and intercepts, and the log likelihood."""
    seen, on = np.isfinite(x), np.nan_to_num(x)
    nodes = scale.nodes
    posterior, likelihood = _posterior(on, seen, scale, slope, intercept)
    chance = expit(np.outer(slope, nodes) + intercept[:, None])
    by_slope = on * (posterior @ nodes)[:, None] - seen * (posterior @ (chance * nodes).T)
    by_intercept = on - seen * (posterior @ chance.T)
    scores = np.concatenate([by_slope, by_intercept], axis=1)
    information = (scores * weight[:, None]).T @ scores
    return np.linalg.pinv(information, hermitian=True), float(weight @ likelihood)


def _tabulate(
    flags: pd.DataFrame, slope: np.ndarray, intercept: np.ndarray, covariance: np.ndarray
) -> pd.DataFrame:
    count = len(slope)
    variance = np.diag(covariance)
    difficulty = -intercept / slope
    # delta method: b = -d / a
    both = np.diagonal(covariance, offset=count)
    by_a, by_d = intercept / slope**2, -1 / slope
    spread = by_a**2 * variance[:count] + by_d**2 * variance[count:] + 2 * by_a * by_d * both
    return pd.DataFrame(
        {
            "indicator": list(flags),
            "units": flags.notna().sum().to_numpy(),
            "flagged": flags.mean().to_numpy(),
            "discrimination": slope,
            "discrimination_error": np.sqrt(variance[:count]),
            "difficulty": difficulty,
            "difficulty_error": np.sqrt(np.maximum(spread, 0)),
        },
        columns=list(_COLUMNS),
    )
