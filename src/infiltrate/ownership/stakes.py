"""Direct stakes as of a day: the graph that everything about owners starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from infiltrate.errors import CheckFailed, Problem
from infiltrate.tables.engine import Engine

Rights = Literal["economic", "voting"]

_OVERFULL = 1e-6
_RECORD = ("record_id", "source_id", "valid_from")

_QUERY = """
WITH held AS (
  SELECT owner_id, owner_kind, company_id, interest, share_low, share_high, source_id, valid_from,
         row_number() OVER (
           PARTITION BY owner_id, company_id, interest ORDER BY valid_from DESC, source_id ASC
         ) AS newest
  FROM ownership
  WHERE interest IN ('shares', 'votes')
    AND valid_from <= $day
    AND (valid_to IS NULL OR valid_to >= $day)
),
latest AS (
  SELECT owner_id, owner_kind, company_id, interest, share_low, share_high, source_id, valid_from,
         max(CASE WHEN interest = $preferred THEN 1 ELSE 0 END) OVER (
           PARTITION BY company_id
         ) AS has_preferred
  FROM held
  WHERE newest = 1 AND owner_id <> company_id
)
SELECT owner_id, owner_kind, company_id, share_low AS low, share_high AS high,
       'ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR) AS record_id,
       source_id, valid_from
FROM latest
WHERE interest = $preferred OR (has_preferred = 0 AND $with_stand_ins)
ORDER BY company_id, owner_id
"""


@dataclass(frozen=True, eq=False)
class Stakes:
    """Who directly holds which share of whom.

    Attributes
    ----------
    units : numpy.ndarray of str, shape (n,)
        Owners and companies, sorted; positions in all other arrays point here.
    kinds : numpy.ndarray of str, shape (n,)
        ``company`` for what is owned or owns as one, else the kind of the owner.
    owner, company : numpy.ndarray of int, shape (m,)
        The two ends of each stake.
    low, high : numpy.ndarray, shape (m,)
        Ends of the range of the share, from 0 to 1; equal when the register is exact. Where it
        says nothing, 0 and what the others leave.
    records : pandas.DataFrame
        What shows each stake, one row per stake: ``record_id``, ``source_id``, ``valid_from``.
    overfull : numpy.ndarray of str
        Companies whose least shares add up to more than the whole. Theirs are divided by the sum,
        and the upper ends stay as stated: the register contradicts itself about them.
    """

    units: np.ndarray
    kinds: np.ndarray
    owner: np.ndarray
    company: np.ndarray
    low: np.ndarray
    high: np.ndarray
    records: pd.DataFrame
    overfull: np.ndarray

    def matrix(self, shares: np.ndarray) -> sparse.csc_array:
        """Return shares as a matrix, shape (n, n): the row's owner in the column's company."""
        n = len(self.units)
        return sparse.csc_array((shares, (self.owner, self.company)), shape=(n, n))

    def positions(self, ids: np.ndarray) -> np.ndarray:
        """Return where units stand; those that are not there are left out."""
        place = np.searchsorted(self.units, ids)
        place = np.minimum(place, len(self.units) - 1)
        return place[self.units[place] == ids] if len(self.units) else np.zeros(0, dtype=int)

    def unknown(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest share of each unit that no known owner holds.

        Companies without any known owner have 1 and 1; all others, whom nobody owns, 0 and 0.
        """
        n = len(self.units)
        owned_low = np.bincount(self.company, weights=self.low, minlength=n)
        owned_high = np.bincount(self.company, weights=self.high, minlength=n)
        is_ownable = self.kinds == "company"
        least = np.where(is_ownable, np.clip(1 - owned_high, 0, 1), 0.0)
        greatest = np.where(is_ownable, np.clip(1 - owned_low, 0, 1), 0.0)
        return least, greatest


def read_stakes(
    engine: Engine, day: date, rights: Rights = "economic", *, stand_ins: bool = True
) -> Stakes:
    """Read the stakes that were held on a day.

    Parameters
    ----------
    engine : Engine
        Has ``ownership``; as of the same day when nothing later may be known.
    day : date
        Both ends of a period count as inside. Of several periods of one interest that overlap,
        the latest counts.
    rights : {'economic', 'voting'}
        ``shares`` or ``votes``.
    stand_ins : bool
        Whether the other right stands in at companies that have no stake of this one.
    """
    found = engine.frame(
        _QUERY,
        {
            "day": day,
            "preferred": "shares" if rights == "economic" else "votes",
            "with_stand_ins": stand_ins,
        },
    )
    return build_stakes(found)


def build_stakes(stakes: pd.DataFrame) -> Stakes:
    """Lay out stakes given as a frame.

    Parameters
    ----------
    stakes : pandas.DataFrame
        One row per owner and company: ``owner_id``, ``owner_kind``, ``company_id``, ``low``,
        ``high``. A missing end is open: low is then 0, high what the others leave. Further
        columns ``record_id``, ``source_id`` and ``valid_from`` say what shows the stake.

    Raises
    ------
    CheckFailed
        When a range is reversed, a share lies outside 0 to 1, or an owner appears twice in one
        company.
    """
    low = stakes["low"].fillna(0.0).to_numpy(dtype=float)
    stated_high = stakes["high"].to_numpy(dtype=float, na_value=np.nan)
    _check(stakes, low, stated_high)
    units, codes = np.unique(
        np.concatenate([stakes["owner_id"], stakes["company_id"]]).astype(str), return_inverse=True
    )
    owner, company = codes[: len(stakes)], codes[len(stakes) :]
    kinds = np.full(len(units), "company", dtype="<U16")
    kinds[owner] = stakes["owner_kind"].to_numpy(dtype=str)
    kinds[company] = "company"
    whole = np.bincount(company, weights=low, minlength=len(units))
    is_overfull = whole > 1 + _OVERFULL
    left = np.where(is_overfull, 1.0, 1 - whole)[company] + low * ~is_overfull[company]
    return Stakes(
        units=units,
        kinds=kinds,
        owner=owner,
        company=company,
        low=low / np.maximum(whole, 1)[company],
        high=np.maximum(np.fmin(stated_high, left), low),
        records=stakes.reindex(columns=list(_RECORD)).reset_index(drop=True),
        overfull=units[is_overfull],
    )


def _check(stakes: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> None:
    names = (stakes["owner_id"].astype(str) + " in " + stakes["company_id"].astype(str)).to_numpy()
    faults = {
        "the share lies outside 0 to 1": (low < 0) | (low > 1) | (high < 0) | (high > 1),
        "the range is reversed": low > high,
        "the stake is there twice": stakes.duplicated(["owner_id", "company_id"]).to_numpy(),
    }
    problems = [
        Problem(f"ownership: {name}", fault)
        for fault, rows in faults.items()
        for name in names[rows]
    ]
    if problems:
        raise CheckFailed("The stakes in companies cannot be used.", problems)
