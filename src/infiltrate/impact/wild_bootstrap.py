"""Inference with few clusters: the wild cluster bootstrap with the null imposed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.collinearity import take_out_effects
from infiltrate.impact.panel_model import PanelModel

_DRAWS = 4999
_DRAWS_OF_MANY_ROWS = 999
_MANY_ROWS = 50_000
_MOST_ROWS = 1_000_000
_MOST_LEVELS = 200


@dataclass(frozen=True)
class Inference:
    """Of one coefficient: p value of its being zero, and the values that are not rejected."""

    p_value: float
    low: float
    high: float


def bootstrap_wild_clusters(
    rows: pd.DataFrame, model: PanelModel, rng: np.random.Generator
) -> tuple[Inference, ...]:
    """Test the coefficients of a least squares regression with few clusters.

    Cameron, Gelbach and Miller (2008): residuals under the null have their signs dealt out anew by
    cluster, all ways where there are at most 12 clusters (9 with more than 50,000 rows). Of G
    clusters, two ways of 2 to the G are what is seen, so that 5 clusters never give a p value
    below 0.0625, nor an interval of 95 % with bounds. Effects that are nested in the clusters are
    taken out; levels of the others become columns.

    Parameters
    ----------
    rows : DataFrame
        As `check_panel` returns them.
    model : PanelModel
        Least squares with one column of clusters.
    rng : Generator
        Deals the signs where not all ways are tried.

    Returns
    -------
    tuple of Inference
        In the order of the regressors. Limits are the values that the test does not reject.

    Raises
    ------
    ArithmeticError
        When there are more than a million rows, or effects that are not nested in the clusters
        have more than 200 levels.
    """
    from diff_diff import wild_bootstrap_se

    if len(rows) > _MOST_ROWS:
        raise ArithmeticError(f"it would take too long with {len(rows):,} rows")
    cluster = model.cluster[0]
    nested = [name for name in model.effects if rows.groupby(name)[cluster].nunique().max() == 1]
    others = [name for name in model.effects if name not in nested]
    if sum(rows[name].nunique() for name in others) > _MOST_LEVELS:
        raise ArithmeticError(
            f"effects of {' and '.join(others)} have more than {_MOST_LEVELS} levels"
        )
    levels = [pd.get_dummies(rows[name], drop_first=True, dtype=float) for name in others]
    columns = [rows[[model.outcome, *model.regressors]], *levels]
    values = np.column_stack([part.to_numpy(float) for part in columns])
    if nested:
        within = take_out_effects(values, rows, nested)
    else:
        within = np.column_stack([values, np.ones(len(rows))])
    codes = _number_clusters(rows, model.outcome, cluster)
    draws = _DRAWS if len(rows) <= _MANY_ROWS else _DRAWS_OF_MANY_ROWS
    ways = 2 ** (codes.max() + 1)
    # dealt out in all ways, two of them are what is seen; the library does not count them
    same = 2 / ways if ways <= draws else 0.0
    level = 1 - model.coverage - same
    seed = int(rng.integers(2**31))
    found = []
    for at in range(len(model.regressors)):
        with warnings.catch_warnings():
            # fewer than five clusters is a finding of the checks already
            warnings.simplefilter("ignore", UserWarning)
            tested = wild_bootstrap_se(
                within[:, 1:],
                within[:, 0],
                within[:, 0],
                codes,
                at,
                n_bootstrap=draws,
                alpha=max(level, same),
                seed=seed,
            )
        p_value = np.floor(tested.p_value * ways + 1e-6) / ways + same if same else tested.p_value
        if level > 0:
            found.append(Inference(float(p_value), tested.ci_lower, tested.ci_upper))
        else:
            found.append(Inference(float(p_value), -np.inf, np.inf))
    return tuple(found)


def _number_clusters(rows: pd.DataFrame, outcome: str, cluster: str) -> np.ndarray:
    """Give clusters numbers by what is in them, so that their names move no draw."""
    means = rows.groupby(cluster)[outcome].agg(["mean", "size"])
    order = means.sort_values(["mean", "size"]).index
    return rows[cluster].map(pd.Series(np.arange(len(order)), order)).to_numpy(int)
