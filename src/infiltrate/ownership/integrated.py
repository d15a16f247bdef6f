"""Integrated ownership: direct and indirect shares together, cycles included."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.ownership.shares import NOBODY_KNOWN, OwnerShares, integrate_shares
from infiltrate.ownership.stakes import Stakes

UNKNOWN_OWNER = "unknown"
"""Stands for whoever holds what no known owner does."""


def integrate_ownership(stakes: Stakes, companies: np.ndarray | None = None) -> pd.DataFrame:
    r"""Compute the integrated share of every direct and indirect owner in companies.

    With :math:`A` the direct shares and :math:`L = (I - A)^{-1}`, the integrated share of i in j
    is the sum over all chains from i to j that do not return to i,

    .. math:: y_{ij} = (L_{ij} - [i = j]) / L_{ii}

    (Brioschi, Buzzacchi and Colombo 1989, https://doi.org/10.1016/0378-4266(89)90023-9; Chapelle
    and Szafarz 2005, https://doi.org/10.1016/j.physa.2005.02.006). A share grows with every direct
    share, so the least and the greatest direct shares give the ends of its range.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    companies : numpy.ndarray of str, optional
        Companies to compute owners of; every owned one when left out.

    Returns
    -------
    pandas.DataFrame
        One row per owner and company, sorted: ``owner_id``, ``owner_kind``, ``company_id``,
        ``low``, ``high`` (from 0 to 1) and ``steps``, the number of stakes in the shortest chain.
        `UNKNOWN_OWNER` is one of the owners, wherever a part may belong to nobody known; it has
        no number of steps.

    Notes
    -----
    The shares of owners whom nobody owns, the unknown one included, add up to 1 where the register
    is exact. Those of companies in between are theirs as well as their owners', so they do not add
    up with them. Where upper ends form a cycle that could own itself entirely, the end is 1.
    """
    wanted = None if companies is None else stakes.positions(np.unique(companies))
    return name_shares(stakes, integrate_shares(stakes, wanted))


def name_shares(stakes: Stakes, shares: OwnerShares) -> pd.DataFrame:
    """Put ids in the place of positions; see `integrate_ownership` for the columns."""
    is_known = shares.owner != NOBODY_KNOWN
    found = pd.DataFrame(
        {
            "owner_id": np.where(is_known, stakes.units[shares.owner], UNKNOWN_OWNER)
            if len(stakes.units)
            else np.zeros(0, dtype=str),
            "owner_kind": np.where(is_known, stakes.kinds[shares.owner], "unknown").astype(str)
            if len(stakes.units)
            else np.zeros(0, dtype=str),
            "company_id": stakes.units[shares.company],
            "low": shares.low,
            "high": shares.high,
            "steps": pd.array(np.where(is_known, shares.steps, 0), dtype="Int64"),
        }
    )
    found.loc[~is_known, "steps"] = pd.NA
    return found.sort_values(["company_id", "owner_id"], ignore_index=True)
