"""How a company is owned: how deep, how wide, whether in circles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.ownership.levels import order_levels
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
    found = order_levels(stakes.owner, stakes.company, n)
    unknown_low, unknown_high = stakes.unknown()
    owned = np.unique(stakes.company)
    return pd.DataFrame(
        {
            "company_id": stakes.units[owned],
            "direct_owners": np.bincount(stakes.company, minlength=n)[owned],
            "levels": (found.level + (found.size > 1))[owned].astype(np.int64),
            "circle": found.size[owned],
            "circle_above": found.largest[owned],
            "unknown_low": unknown_low[owned],
            "unknown_high": unknown_high[owned],
        }
    )
