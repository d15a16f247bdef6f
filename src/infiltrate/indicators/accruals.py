"""Accruals that a firm's own year does not explain: residuals of Jones's model by sector and year.

The model of aggregate accruals is the one of Jones (1991) as modified by Dechow, Sloan and Sweeney
(1995), without a constant; that of revenue accruals follows Stubben (2010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.tables.engine import Engine

FEWEST_FIRMS = 20
"""Companies that a sector must have in a year; with fewer, those of the wider sector are taken."""

MODELS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "aggregate": ("aggregate_accruals", ("inverse_assets", "cash_revenue", "fixed_assets")),
        "revenue": ("receivables", ("inverse_assets", "revenue")),
        "expense": ("expense_accruals", ("inverse_assets", "costs", "fixed_assets")),
    }
)
"""What is explained, and by what, by model; columns of ``accrual_inputs``."""

_SCHEMA = pa.schema(
    [
        ("company_id", pa.string()),
        ("year_end_on", pa.date32()),
        *((name, pa.float64()) for name in MODELS),
    ]
)
_DECIMALS = 9
_SECTORS = ("division", "section", "all_sectors")
# so few of the values may lie beyond: one firm with tiny assets else bends the whole sector
_TAIL = 0.01


def fit_accruals(engine: Engine) -> pa.Table:
    """Fit the models to the accounts that an engine holds.

    Parameters
    ----------
    engine : Engine
        With the relation ``accrual_inputs``.

    Returns
    -------
    pyarrow.Table
        One row per company and financial year, sorted by ``company_id`` and ``year_end_on``: the
        residuals ``aggregate``, ``revenue`` and ``expense``, as shares of total assets a year
        before; missing where too few companies are alike, or regressors do not vary.
    """
    inputs = engine.frame(
        "SELECT accrual_inputs.* FROM accrual_inputs "
        "ORDER BY accrual_inputs.company_id, accrual_inputs.year_end_on"
    )
    residuals = {name: _explain(inputs, *model) for name, model in MODELS.items()}
    columns = {
        "company_id": inputs["company_id"].astype(object),
        "year_end_on": pd.to_datetime(inputs["year_end_on"]).dt.date,
        **residuals,
    }
    return pa.Table.from_pandas(pd.DataFrame(columns), _SCHEMA, preserve_index=False)


def fit_residuals(explained: np.ndarray, regressors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return what is left of a variable after least squares within each group, no constant.

    Parameters
    ----------
    explained : numpy.ndarray, shape (n,)
        The variable.
    regressors : numpy.ndarray, shape (n, k)
        What explains it.
    groups : numpy.ndarray of int, shape (n,)
        Group of each row; negative for rows that are left out.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Residuals; missing in rows left out, in groups of fewer than `FEWEST_FIRMS`, and where
        the regressors of a group are collinear. The order of rows changes no digit.
    """
    residuals = np.full(len(explained), np.nan)
    keys = [*regressors.T, explained, groups]
    order = np.lexsort(keys)
    order = order[groups[order] >= 0]
    _, starts = np.unique(groups[order], return_index=True)
    for rows in np.split(order, starts[1:]):
        if len(rows) >= FEWEST_FIRMS:
            residuals[rows] = _left_over(explained[rows], regressors[rows])
    return residuals


def _left_over(explained: np.ndarray, regressors: np.ndarray) -> np.ndarray:
    """Return the residuals of one group, or missing ones where its regressors are collinear."""
    scale = np.abs(regressors).max(axis=0)
    if (scale == 0).any():
        return np.full(len(explained), np.nan)
    coefficients, _, rank, _ = np.linalg.lstsq(regressors / scale, explained, rcond=None)
    if rank < regressors.shape[1]:
        return np.full(len(explained), np.nan)
    return explained - (regressors / scale) @ coefficients


def _explain(inputs: pd.DataFrame, explained: str, by: Sequence[str]) -> np.ndarray:
    """Fit one model in the narrowest sector with enough companies in the year, else a wider one."""
    sectors = inputs.assign(all_sectors="all")
    columns = np.column_stack([inputs[name].to_numpy(float) for name in (explained, *by)])
    left = np.full(len(inputs), np.nan)
    for name in _SECTORS:
        groups = sectors.groupby([name, "account_year"], dropna=True).ngroup().to_numpy()
        cut = _winsorise(columns, groups)
        found = fit_residuals(cut[:, 0], cut[:, 1:], groups)
        left = np.where(np.isnan(left), found, left)
    return np.asarray(left.round(_DECIMALS))


def _winsorise(columns: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Draw the lowest and highest hundredth of each column and group in to where they begin."""
    known = groups >= 0
    ranges = pd.DataFrame(columns[known]).groupby(groups[known])
    low, high = ranges.quantile(_TAIL), ranges.quantile(1 - _TAIL)
    cut = columns.copy()
    place = low.index.get_indexer(groups[known])
    cut[known] = np.clip(columns[known], low.to_numpy()[place], high.to_numpy()[place])
    return cut
