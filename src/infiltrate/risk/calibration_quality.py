"""How well probabilities agree with what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.risk.exact_interval import clopper_pearson

_BINS = 10
_EDGE = 1e-6


@dataclass(frozen=True)
class CalibrationQuality:
    """How probabilities compare with outcomes; None where the data cannot say.

    Attributes
    ----------
    slope : float or None
        Coefficient of a logistic regression of the outcome on the log-odds stated (Cox 1958);
        1 is perfect, below 1 the probabilities are too far apart.
    intercept : float or None
        Log-odds to be added to all of them to meet the number of outcomes; 0 is perfect.
    expected_error : float
        Mean distance between what is stated and what happened, over ten groups of equal size
        in order of the probability stated (expected calibration error).
    brier : float
        Mean squared distance between probability and outcome (Brier 1950).
    n_units, n_events : int
        Units judged, and those of them where it happened.
    """

    slope: float | None
    intercept: float | None
    expected_error: float
    brier: float
    n_units: int
    n_events: int


def measure_calibration(probability: np.ndarray, happened: np.ndarray) -> CalibrationQuality:
    """Compare probabilities with outcomes.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        From 0 to 1. Those nearer than a millionth to an end count as a millionth from it in
        slope and intercept.
    happened : ndarray of bool, shape (n,)

    Raises
    ------
    ValueError
        When there is no unit or a probability is missing or outside 0 to 1.
    """
    stated, outcome = np.asarray(probability, float), np.asarray(happened, bool)
    if not len(stated) or not ((stated >= 0) & (stated <= 1)).all():
        raise ValueError("Probabilities must be from 0 to 1, none missing, and there must be one.")
    slope, intercept = _slope_and_intercept(stated, outcome)
    table = reliability(stated, outcome)
    distance = (table["probability"] - table["share"]).abs()
    return CalibrationQuality(
        slope=slope,
        intercept=intercept,
        expected_error=float((distance * table["n_units"]).sum() / len(stated)),
        brier=float(np.mean((stated - outcome) ** 2)),
        n_units=len(stated),
        n_events=int(outcome.sum()),
    )


def reliability(probability: np.ndarray, happened: np.ndarray, bins: int = _BINS) -> pd.DataFrame:
    """Compare what was stated with what happened, in groups of equal size.

    Returns
    -------
    DataFrame
        One row per group, by rising probability; units with the same probability are never
        parted: ``probability`` (mean stated), ``share`` (where it happened), ``low`` and
        ``high`` (95 % of Clopper and Pearson 1934), ``n_units``, ``n_events``.
    """
    place = pd.Series(np.asarray(probability, float)).rank(method="average")
    group = np.minimum(((place - 0.5) / len(place) * bins).astype(int), bins - 1)
    units = pd.DataFrame({"group": group, "stated": probability, "event": happened})
    table = units.groupby("group").agg(
        probability=("stated", "mean"), n_units=("event", "size"), n_events=("event", "sum")
    )
    n_units, n_events = table["n_units"].to_numpy(), table["n_events"].to_numpy(int)
    low, high = clopper_pearson(n_events, n_units, 0.025)
    return pd.DataFrame(
        {
            "probability": table["probability"],
            "share": n_events / n_units,
            "low": low,
            "high": high,
            "n_units": n_units,
            "n_events": n_events,
        }
    ).reset_index(drop=True)


def _slope_and_intercept(
    stated: np.ndarray, outcome: np.ndarray
) -> tuple[float | None, float | None]:
    from scipy.optimize import brentq
    from scipy.special import expit, logit
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(outcome)) < 2:
        return None, None
    log_odds = logit(np.clip(stated, _EDGE, 1 - _EDGE))
    events = outcome.sum()
    shift = brentq(lambda shift: expit(log_odds + shift).sum() - events, -50, 50)
    if np.ptp(log_odds) == 0:
        return None, float(shift)
    curve = LogisticRegression(C=np.inf, solver="newton-cholesky", max_iter=200)
    return float(curve.fit(log_odds[:, None], outcome).coef_[0, 0]), float(shift)
