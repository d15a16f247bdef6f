"""Which regressors say nothing of their own, and why: constant, absorbed, or a combination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# what is left of a column's variance below which nothing is left but rounding
_NOTHING = 1e-9
_TOLERANCE = 1e-9


def find_collinear(
    rows: pd.DataFrame,
    regressors: Sequence[str],
    effects: Sequence[str] = (),
    outcome: str = "",
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
    outcome : str
        A further column that is only found where it is constant or absorbed.

    Returns
    -------
    dict
        For each regressor that is found, and the outcome, what it is, as the end of a sentence.
    """
    names = [*regressors, *([outcome] if outcome else [])]
    values = rows[names].to_numpy(float)
    if not len(values) or not names:
        return {}
    centred = values - values.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    found = {
        name: "is the same in all rows"
        for name, width, column in zip(names, spread, values.T, strict=True)
        if width <= _NOTHING * max(1.0, np.abs(column).max())
    }
    within = take_out_effects(centred, rows, effects)
    # of the effects' making: a column that they explain whole is one that they absorb
    left = np.sqrt((within**2).mean(axis=0)) / np.where(spread > 0, spread, 1)
    for name, share in zip(names, left, strict=True):
        if name not in found and share <= np.sqrt(_NOTHING):
            found[name] = f"is told by the effects of {_join(effects)}"
    kept = [at for at, name in enumerate(regressors) if name not in found]
    return found | _find_combinations(within[:, kept], [names[at] for at in kept])


def take_out_effects(values: np.ndarray, rows: pd.DataFrame, effects: Sequence[str]) -> np.ndarray:
    """Return columns less the effects of groups; without effects, less their means.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Finite numbers.
    rows : DataFrame
        Has the columns of the effects.
    effects : sequence of str
        Columns whose groups have an effect each.
    """
    if not effects:
        return values - values.mean(axis=0)
    from pyfixest.estimation import demean

    groups = np.column_stack([pd.factorize(rows[name], sort=True)[0] for name in effects])
    within, _ = demean(
        np.array(values, float), groups.astype(np.uint64), np.ones(len(rows)), tol=_TOLERANCE
    )
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
