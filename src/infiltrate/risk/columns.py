"""Which columns a learner can use, which companies it learns from, sums made in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

RARE = 10
"""A category of fewer companies is put together with other rare ones."""


def informative_columns(features: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the names of the numbers and of the categories that tell companies apart.

    Left out are columns with one value and columns that repeat one further left.
    """
    varying = [name for name in features if features[name].nunique(dropna=False) > 1]
    seen: set[bytes] = set()
    distinct = []
    for name in varying:
        content = pd.util.hash_pandas_object(features[name], index=False).to_numpy().tobytes()
        if content not in seen:
            distinct.append(name)
        seen.add(content)
    numbers = [name for name in distinct if pd.api.types.is_numeric_dtype(features[name])]
    return numbers, [name for name in distinct if name not in numbers]


def thin_unlisted(
    is_listed: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw unlisted companies to stand for all of them.

    Returns
    -------
    ndarray of int, ndarray of float
        Positions kept, rising, all listed companies among them; for how many each stands.
    """
    unlisted = np.flatnonzero(~is_listed)
    if len(unlisted) <= most:
        return np.arange(len(is_listed)), np.ones(len(is_listed))
    drawn = rng.choice(unlisted, most, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(is_listed), drawn]))
    return rows, np.where(is_listed[rows], 1.0, len(unlisted) / most)


def one_thread() -> threadpool_limits:
    """Let sums be made in one order, whatever the machine: the same bits on any number of cores."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
