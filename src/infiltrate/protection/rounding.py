"""Rounded counts: each to its nearest multiple, or all of a table together so that they add up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from infiltrate.params.choices import DisclosureChoices

_SECONDS = 30.0


def round_counts(counts: np.ndarray, base: int) -> np.ndarray:
    """Round counts to the nearest multiple of ``base``, halves up."""
    return (np.asarray(counts, dtype=np.int64) + base // 2) // base * base


def round_count(count: int, base: int) -> int:
    """Round one count to the nearest multiple of ``base``, halves up."""
    return int(count + base // 2) // base * base


def say_rounding(rules: DisclosureChoices) -> str:
    """Say how published counts are rounded, and whether they add up."""
    if rules.round_to == 1:
        return "Counts are exact."
    if rules.rounding == "controlled":
        return (
            f"Counts are rounded to multiples of {rules.round_to} together, so that they add up; "
            f"each lies less than {rules.round_to} from the true one."
        )
    return (
        f"Counts are rounded to {rules.round_to}, each by itself: they need not add up, and each "
        f"lies at most {rules.round_to // 2} from the true one."
    )


def round_outwards(low: float, high: float, base: int) -> tuple[int, int]:
    """Round the ends of an interval to multiples of ``base``, away from its middle."""
    return math.floor(low / base) * base, math.ceil(high / base) * base


@dataclass(frozen=True, eq=False)
class RoundedTable:
    """Counts rounded together.

    Attributes
    ----------
    counts : numpy.ndarray of int, shape (n_cells,)
        Multiples of the base, each less than one base from the count.
    largest_gap : int
        By how much a whole differs from the sum of its parts at most; 0 when all add up.
    """

    counts: np.ndarray
    largest_gap: int


def round_additively(counts: np.ndarray, equations: sparse.csr_array, base: int) -> RoundedTable:
    """Round every count down or up to a multiple so that the table still adds up.

    Zero-restricted controlled rounding (Cox 1987, https://doi.org/10.1080/01621459.1987.10478456)
    by integer programming: a multiple of the base stays, and of all the ways to round the others
    it takes one nearest to the counts. Tables of more than two dimensions need not have any; then
    each count is rounded to its nearest multiple, and how far sums are off is said.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (n_cells,)
        True counts.
    equations : scipy.sparse.csr_array, shape (n_equations, n_cells)
        1 for each part, -1 for the whole they add up to.
    base : int
        What counts become multiples of.
    """
    below = np.asarray(counts, dtype=np.int64) // base
    rest = counts - below * base
    rounded = round_counts(counts, base)
    if (rest > 0).any() and equations.shape[0] and (equations @ rounded).any():
        missing = -np.asarray(equations @ below, dtype=float)
        answer = milp(
            (base - 2 * rest).astype(float),
            integrality=np.ones(len(counts)),
            bounds=Bounds(0, (rest > 0).astype(float)),
            constraints=LinearConstraint(equations, missing, missing),
            options={"time_limit": _SECONDS},
        )
        if answer.x is not None:
            rounded = (below + np.rint(answer.x).astype(np.int64)) * base
    gaps = np.abs(equations @ rounded) if equations.shape[0] else np.zeros(1)
    return RoundedTable(rounded, int(gaps.max(initial=0)))
