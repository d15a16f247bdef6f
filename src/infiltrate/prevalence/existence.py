"""Whether the maximum-likelihood estimate of a log-linear model exists, and is the only one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from infiltrate.prevalence.poisson_models import ModelSpace

_ZERO = 1e-9


@dataclass(frozen=True)
class Existence:
    """What the two conditions of Chan, Silverman and Vincent (2021) say of one model.

    Attributes
    ----------
    exists : bool
        Whether the likelihood has a maximum, interactions at minus infinity allowed.
    is_identified : bool
        Whether it has only one.
    """

    exists: bool
    is_identified: bool


def check_existence(space: ModelSpace, counts: np.ndarray, model: np.ndarray) -> Existence:
    r"""Check one model of one table by linear programming.

    With A the transposed design and t the observed totals of its parameters, the estimate exists
    when some table x with A x = t has every cell positive: the largest s with
    :math:`x_\omega \ge s` is above zero (Fienberg and Rinaldo 2012,
    https://doi.org/10.1214/12-AOS986).

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (R,)
        The table; each list and exposure group must have an entry.
    model : numpy.ndarray of bool, shape (n_pairs,)
        Interactions in the model; those of lists that share nobody are minus infinity.
    """
    interactions = space.design[:, space.n_fixed :]
    is_empty = model & (counts @ interactions <= 0)
    rows = ~(interactions[:, is_empty] > 0).any(axis=1)
    columns = np.concatenate([np.ones(space.n_fixed, dtype=bool), model & ~is_empty])
    X = space.design[rows][:, columns]
    totals = counts[rows] @ X
    R, P = X.shape
    answer = linprog(
        c=np.append(np.zeros(R), -1.0),
        A_eq=np.hstack([X.T, np.zeros((P, 1))]),
        b_eq=totals,
        A_ub=np.hstack([-np.eye(R), np.ones((R, 1))]),
        b_ub=np.zeros(R),
        bounds=[(0, None)] * R + [(0, 1)],
        method="highs",
    )
    exists = bool(answer.status == 0 and -answer.fun > _ZERO * max(1.0, counts.sum()))
    return Existence(exists, bool(np.linalg.matrix_rank(X) == P))
