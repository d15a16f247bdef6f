"""Effects that instruments do not reject, however weak they are: Anderson and Rubin's set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from infiltrate.impact.panel_estimators import correct_errors

# angles at which the statistic is looked at; it is a ratio of two polynomials of low degree
_ANGLES = 4001


@dataclass(frozen=True)
class ReducedForm:
    """Coefficients of outcome and endogenous regressor on instruments made orthonormal.

    Attributes
    ----------
    outcome, endogenous : array of shape (instruments,)
        Coefficients.
    covariance : array of shape (2, instruments, 2, instruments)
        Of both, robust to clusters as the standard errors are, corrected likewise.
    freedom : float
        Degrees of freedom.
    """

    outcome: np.ndarray
    endogenous: np.ndarray
    covariance: np.ndarray
    freedom: float

    @property
    def effective_f(self) -> float:
        """First-stage F of Montiel Olea and Pflueger (2013), robust to clusters."""
        return float(self.endogenous @ self.endogenous / np.trace(self.covariance[1, :, 1]))

    def statistic(self, effect: float) -> float:
        """Return Anderson and Rubin's F statistic of an effect; infinite effects are allowed."""
        if np.isinf(effect):
            gap, spread = self.endogenous, self.covariance[1, :, 1]
        else:
            gap = self.outcome - effect * self.endogenous
            cross = self.covariance[0, :, 1]
            spread = (
                self.covariance[0, :, 0]
                - effect * (cross + cross.T)
                + effect**2 * self.covariance[1, :, 1]
            )
        return float(gap @ np.linalg.solve(spread, gap)) / len(gap)

    def p_value(self, effect: float) -> float:
        """Return the p value of an effect."""
        from scipy.stats import f

        return float(f.sf(self.statistic(effect), len(self.outcome), self.freedom))


def estimate_reduced_form(
    within: np.ndarray,
    instruments: np.ndarray,
    rows: pd.DataFrame,
    *,
    parameters: int,
    effects: Sequence[str],
    cluster: Sequence[str],
) -> ReducedForm:
    """Regress outcome and endogenous regressor on instruments.

    Parameters
    ----------
    within : array of shape (rows, 2)
        Outcome and endogenous regressor, less effects and controls.
    instruments : array of shape (rows, instruments)
        The same of the instruments.
    rows : DataFrame
        Has the columns of effects and clusters.
    parameters : int
        Instruments and controls.
    effects, cluster : sequence of str
        As in `correct_errors`.
    """
    basis, _ = np.linalg.qr(instruments)
    coefficients = basis.T @ within
    residuals = within - basis @ coefficients
    scores = (residuals[:, :, None] * basis[:, None, :]).reshape(len(within), -1)
    spread = sum_scores(scores, [rows[name] for name in cluster])
    factor, freedom = correct_errors(rows, parameters, effects, cluster)
    count = basis.shape[1]
    return ReducedForm(
        coefficients[:, 0],
        coefficients[:, 1],
        (spread * factor).reshape(2, count, 2, count),
        freedom,
    )


def sum_scores(scores: np.ndarray, clusters: Sequence[pd.Series]) -> np.ndarray:
    """Return the products of scores summed by clusters; by two columns the rows in both once."""
    if not clusters:
        return scores.T @ scores
    codes = [pd.factorize(names)[0] for names in clusters]
    if len(codes) == 2:
        codes.append(codes[0] * (codes[1].max() + 1) + codes[1])
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for sign, code in zip((1, 1, -1), codes, strict=False):
        sums = pd.DataFrame(scores).groupby(code).sum().to_numpy()
        total += sign * sums.T @ sums
    return total


def invert_anderson_rubin(form: ReducedForm, coverage: float) -> tuple[tuple[float, float], ...]:
    """Find the effects that Anderson and Rubin's test does not reject.

    Parameters
    ----------
    form : ReducedForm
        Of the instruments.
    coverage : float
        Of the set.

    Returns
    -------
    tuple of (float, float)
        Intervals in order, whose limits may be infinite. None: every effect is rejected, as when
        the instruments contradict each other. Two: the instruments are too weak to tell large
        effects apart, and reject only some in between.
    """
    from scipy.optimize import brentq
    from scipy.stats import f

    limit = float(f.ppf(coverage, len(form.outcome), form.freedom))
    # the line of effects is bent to a circle: infinity is one point of it, and is looked at too
    squares = form.endogenous @ form.endogenous
    middle = form.outcome @ form.endogenous / squares
    gap = form.outcome - middle * form.endogenous
    width = np.sqrt((np.trace(form.covariance[0, :, 0]) + gap @ gap) / squares)

    def effect(angle: float) -> float:
        return np.inf if abs(angle) >= np.pi / 2 else float(middle + width * np.tan(angle))

    def above(angle: float) -> float:
        return form.statistic(effect(angle)) - limit

    angles = np.linspace(-np.pi / 2, np.pi / 2, _ANGLES)
    heights = np.array([above(angle) for angle in angles])
    edges = [
        effect(brentq(above, angles[at], angles[at + 1], xtol=1e-14))
        for at in np.flatnonzero(np.sign(heights[1:]) != np.sign(heights[:-1]))
    ]
    ends = [-np.inf, *edges, np.inf]
    inside = heights[0] <= 0
    return tuple(
        (low, high) for at, (low, high) in enumerate(pairwise(ends)) if (at % 2 == 0) == inside
    )
