"""The exact convex combination of columns that comes nearest to a target."""

from __future__ import annotations

import numpy as np


def fit_simplex(
    columns: np.ndarray, target: np.ndarray, importance: np.ndarray | None = None
) -> np.ndarray:
    """Return the weights, none below zero and adding up to one, that come nearest to a target.

    Parameters
    ----------
    columns : numpy.ndarray of float, shape (n_rows, n_columns)
        What is combined.
    target : numpy.ndarray of float, shape (n_rows,)
        What is to be met.
    importance : numpy.ndarray of float, shape (n_rows,), optional
        Weight of each row's squared difference; equal weights otherwise.

    Returns
    -------
    numpy.ndarray of float, shape (n_columns,)

    Notes
    -----
    With weights that add up to one, target less combination is a combination of the differences D
    between the target and the columns. The least ``|D u|^2 + (sum(u) - 1)^2`` over u of at least
    zero lies on the ray through the answer, so one non-negative least squares (Lawson and Hanson
    1974) divided by its sum is exact: there is no tolerance at which to stop too early.
    """
    from scipy.optimize import nnls

    if columns.shape[1] == 1:
        return np.ones(1)
    differences = columns - target[:, None]
    if importance is not None:
        differences = np.sqrt(importance)[:, None] * differences
    scale = float(np.sqrt(np.mean(differences**2)))
    if scale > 0:
        differences = differences / scale
    stacked = np.vstack([differences, np.ones(columns.shape[1])])
    found, _ = nnls(stacked, np.append(np.zeros(len(target)), 1.0))
    return found / found.sum()
