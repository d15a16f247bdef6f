"""How a company is owned: how deep, how wide, whether in circles."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csgraph

from infiltrate.ownership.stakes import Stakes


def measure_structures(stakes: Stakes) -> pd.DataFrame:
    """Measure what stands above each company.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.

    Returns
    -------
    pandas.DataFrame
        One row per owned company, sorted by ``company_id``: ``direct_owners``; ``levels``, the
        longest chain above it, a circle counted once; ``circle``, how many companies own each
        other in its circle (1: none); ``circle_above``, the same of the largest circle that it
        belongs to or that owns it; ``unknown_low``, ``unknown_high``, the part of it that no
        known owner directly holds.
    """
    n = len(stakes.units)
    links = stakes.matrix(np.ones(len(stakes.owner)))
    _, circle = csgraph.connected_components(links, connection="strong")
    sizes = np.bincount(circle, minlength=n)
    owner, company = circle[stakes.owner], circle[stakes.company]
    leads_on = owner != company
    owner, company = owner[leads_on], company[leads_on]
    levels = _raise(np.zeros(n, dtype=np.int64), owner, company, step=1)
    largest = _raise(sizes.astype(np.int64), owner, company, step=0)
    unknown_low, unknown_high = stakes.unknown()
    owned = np.unique(stakes.company)
    return pd.DataFrame(
        {
            "company_id": stakes.units[owned],
            "direct_owners": np.bincount(stakes.company, minlength=n)[owned],
            "levels": (levels[circle] + (sizes[circle] > 1))[owned],
            "circle": sizes[circle][owned],
            "circle_above": largest[circle][owned],
            "unknown_low": unknown_low[owned],
            "unknown_high": unknown_high[owned],
        }
    )


def _raise(values: np.ndarray, owner: np.ndarray, company: np.ndarray, step: int) -> np.ndarray:
    """Carry the largest value of owners down to what they own, adding a step each time."""
    while True:
        raised = values.copy()
        np.maximum.at(raised, company, values[owner] + step)
        if np.array_equal(raised, values):
            return values
        values = raised
