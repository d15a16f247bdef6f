"""Which regressors say nothing of their own, and why: constant, absorbed, or a combination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# what is left of a column's variance below which nothing is left but rounding
_NOTHING = 1e-9


def find_collinear(
    rows: pd.DataFrame, regressors: Sequence[str], effects: Sequence[str] = ()
) -> dict[str, str]:
    """Find regressors that the others, the constant or the effects already tell.

    Parameters
    ----------
    rows : DataFrame
        Finite numbers in the columns of the regressors.
    regressors : sequence of str
        Columns in the order in which they are looked at: of two equal columns the later is found.
    effects : sequence of str
        Columns of the groups whose effects are absorbed; none: only a constant is.

    Returns
    -------
    dict
        For each regressor that is found, what it is, as the end of a sentence.
    """
    values = rows[list(regressors)].to_numpy(float)
    if not len(values) or not len(regressors):
        return {}
    centred = values - values.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    found = {
        name: "is the same in all rows"
        for name, width, column in zip(regressors, spread, values.T, strict=True)
        if width <= _NOTHING * max(1.0, np.abs(column).max())
    }
    within = take_out_effects(centred, rows, effects)
    # of the effects' making: a column that they explain whole is one that they absorb
    left = np.sqrt((within**2).mean(axis=0)) / np.where(spread > 0, spread, 1)
    for name, share in zip(regressors, left, strict=True):
        if name not in found and share <= np.sqrt(_NOTHING):
            found[name] = f"is told by the effects of {_join(effects)}"
    kept = [at for at, name in enumerate(regressors) if name not in found]
    return found | _find_combinations(within[:, kept], [regressors[at] for at in kept])


def take_out_effects(
    values: np.ndarray, rows: pd.DataFrame, effects: Sequence[str], weights: str = ""
) -> np.ndarray:
    """Return columns less the effects of groups; without effects, less their means.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Finite numbers.
    rows : DataFrame
        Has the columns of the effects, and of the weights.
    effects : sequence of str
        Columns whose groups have an effect each.
    weights : str
        Column of weights of rows; empty: all the same.
    """
    heavy = rows[weights].to_numpy(float) if weights else np.ones(len(rows))
    if not effects:
        return values - np.average(values, axis=0, weights=heavy)
    from pyfixest.estimation import demean

    groups = np.column_stack([pd.factorize(rows[name], sort=True)[0] for name in effects])
    within, _ = demean(np.array(values, float), groups.astype(np.uint64), heavy, tol=1e-10)
    return within


def _find_combinations(within: np.ndarray, names: Sequence[str]) -> dict[str, str]:
    """Sweep the columns in turn; what is left of a column after those before it is its own."""
    scale = np.sqrt((within**2).mean(axis=0))
    products = (within / scale).T @ (within / scale) / max(1, len(within))
    kept: list[int] = []
    found = {}
    for at, name in enumerate(names):
        weights = np.linalg.solve(products[np.ix_(kept, kept)], products[kept, at])
        if 1 - products[at, kept] @ weights <= _NOTHING:
            parts = [
                names[other]
                for other, weight in zip(kept, weights, strict=True)
                if abs(weight) > np.sqrt(_NOTHING)
            ]
            found[name] = f"is an exact combination of {_join(parts)}"
        else:
            kept.append(at)
    return found


def _join(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
