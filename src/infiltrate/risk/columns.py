"""Which columns a learner can use, and sums made in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

RARE = 10
"""A category of fewer companies is put together with other rare ones."""


def informative_columns(features: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the names of the numbers and of the categories that take two values or more."""
    varying = [name for name in features if features[name].nunique(dropna=False) > 1]
    numbers = [name for name in varying if pd.api.types.is_numeric_dtype(features[name])]
    numbers = [name for name in numbers if features[name].notna().any()]
    return numbers, [name for name in varying if name not in numbers]


def one_thread() -> threadpool_limits:
    """Let sums be made in one order, whatever the machine: the same bits on any number of cores."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
