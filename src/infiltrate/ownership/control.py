"""Control: who decides in a company, alone or through companies that are controlled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from infiltrate.ownership.stakes import Stakes

_ROUNDING = 1e-9


def find_control(stakes: Stakes, threshold: float = 0.5) -> pd.DataFrame:
    """Find every pair of a controller and a company controlled.

    A controls B when the votes in B of A and of all companies that A controls are together more
    than the threshold; at 0.5 at most one owner can control a company that way (the definition
    of Gottlob and Pieris 2015, http://ijcai.org/Abstract/15/405, for chains of any form,
    cycles included).

    Parameters
    ----------
    stakes : Stakes
        Voting rights of one day.
    threshold : float
        Share that must be exceeded.

    Returns
    -------
    pandas.DataFrame
        One row per controller and company, sorted: ``controller_id``, ``controller_kind``,
        ``company_id`` and ``certainty``: ``certain`` when the least votes are enough, ``possible``
        when only the greatest are.
    """
    certain = _close(stakes.matrix(stakes.low).tocsr(), threshold)
    possible = _close(stakes.matrix(stakes.high).tocsr(), threshold)
    both = (possible.astype(np.int8) + certain.astype(np.int8)).tocoo()
    found = pd.DataFrame(
        {
            "controller_id": stakes.units[both.row],
            "controller_kind": stakes.kinds[both.row],
            "company_id": stakes.units[both.col],
            "certainty": np.where(both.data == 2, "certain", "possible"),
        }
    )
    return found.sort_values(["company_id", "controller_id"], ignore_index=True)


def _close(votes: sparse.csr_array, threshold: float) -> sparse.csr_array:
    """Add controlled companies until none is left to add, shape (n, n)."""
    n = votes.shape[0]
    controls = sparse.csr_array((n, n), dtype=bool)
    while True:
        joint = (votes + controls.astype(float) @ votes).tocoo()
        enough = (joint.data > threshold + _ROUNDING) & (joint.row != joint.col)
        grown = sparse.csr_array(
            (np.ones(int(enough.sum()), dtype=bool), (joint.row[enough], joint.col[enough])),
            shape=(n, n),
        )
        if grown.nnz == controls.nnz:
            return controls
        controls = grown
