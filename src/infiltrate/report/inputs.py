"""What the report asks of the frames it is handed."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from infiltrate.errors import Problem, SchemaError


def require_columns(frame: pd.DataFrame, columns: Iterable[str], where: str) -> pd.DataFrame:
    """Return the frame if it has the columns, or say which are absent.

    Raises
    ------
    SchemaError
        When a column is absent; every absent one is named.
    """
    present = [str(name) for name in frame.columns]
    problems = [
        Problem(
            where,
            f"column '{name}' is absent",
            allowed=f"the frame has {', '.join(present) or 'no columns'}",
            fix=f"Add '{name}' to the query behind this figure or table.",
        )
        for name in columns
        if name not in present
    ]
    if problems:
        raise SchemaError(f"{where} was given a frame it cannot show.", problems)
    return frame
