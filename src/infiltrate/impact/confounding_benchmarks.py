"""How strong what was seen is, as a measure of how strong what was not seen may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.impact.collinearity import take_out_effects
from infiltrate.impact.panel_estimators import correct_errors
from infiltrate.impact.panel_model import PanelModel


def measure_regressors(within: np.ndarray, model: PanelModel) -> dict[str, tuple[float, float]]:
    """Measure each further regressor.

    Parameters
    ----------
    within : array of shape (rows, 1 + regressors)
        Outcome and regressors of the model, the treatment first, less its effects.
    model : PanelModel
        The model.

    Returns
    -------
    dict
        By regressor, the share of the treatment's variance that it tells beyond the others, and
        that of the outcome's beyond treatment and others.
    """
    shares = {}
    for at, name in enumerate(model.regressors[1:], start=2):
        others = [other for other in range(2, within.shape[1]) if other != at]
        shares[name] = (
            _share(within, 1, at, others),
            _share(within, 0, at, [1, *others]),
        )
    return shares


def measure_effects(
    within: np.ndarray, rows: pd.DataFrame, model: PanelModel, plainer: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Measure what the model's effects tell beyond those of a plainer model.

    Parameters
    ----------
    within : array of shape (rows, 1 + regressors)
        As in `measure_regressors`.
    rows : DataFrame
        The rows.
    model : PanelModel
        The model.
    plainer : sequence of str
        Effects of the plainer model.

    Returns
    -------
    dict
        As in `measure_regressors`, of all groups together, less what so many tell by chance.
    """
    names = [model.outcome, *model.regressors]
    plain = take_out_effects(rows[names].to_numpy(), rows, plainer)
    count = len(model.regressors)
    _, freedom = correct_errors(rows, count, model.effects, ())
    _, plain_freedom = correct_errors(rows, count, plainer, ())
    left = [_sum_squares(part, 1, range(2, count + 1)) for part in (within, plain)]
    unexplained = [_sum_squares(part, 0, range(1, count + 1)) for part in (within, plain)]
    chance = plain_freedom / freedom
    by = " and ".join(name for name in model.effects if name not in plainer)
    shares = [max(0.0, 1 - full / less * chance) for full, less in (left, unexplained)]
    return {f"the effects of {by}": (shares[0], shares[1])}


def _sum_squares(columns: np.ndarray, explained: int, by: Sequence[int]) -> float:
    outcome, regressors = columns[:, explained], columns[:, list(by)]
    fitted = regressors @ np.linalg.lstsq(regressors, outcome, rcond=None)[0]
    return float(((outcome - fitted) ** 2).sum())


def _share(within: np.ndarray, explained: int, by: int, given: Sequence[int]) -> float:
    """Return the partial R squared of two columns given others."""
    columns = within[:, [explained, by]]
    if given:
        known = within[:, list(given)]
        columns = columns - known @ np.linalg.lstsq(known, columns, rcond=None)[0]
    products = columns.T @ columns
    return float(products[0, 1] ** 2 / (products[0, 0] * products[1, 1]))
