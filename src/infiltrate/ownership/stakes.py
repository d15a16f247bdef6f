"""Direct stakes as of a day: the graph that everything about owners starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from infiltrate.errors import CheckFailed, Problem
from infiltrate.tables.engine import Engine

Rights = Literal["economic", "voting"]

UNKNOWN_KIND = "unknown"

_OVERFULL = 1e-6
_STAKE = ("owner_id", "owner_kind", "company_id", "low", "high")
_RECORD = ("record_id", "source_id", "valid_from")

_QUERY = """
WITH stated AS (
  SELECT owner_id AS owner_id, owner_kind AS owner_kind, company_id AS company_id,
         interest AS interest, source_id AS source_id, valid_from AS valid_from,
         coalesce(share_low BETWEEN 0 AND 1 AND coalesce(share_high, 1) BETWEEN share_low AND 1,
                  share_high BETWEEN 0 AND 1, FALSE) AS is_share,
         share_low AS share_low, share_high AS share_high,
         row_number() OVER (
           PARTITION BY owner_id, company_id, interest ORDER BY valid_from DESC, source_id ASC
         ) AS newest
  FROM ownership
  WHERE interest IN ('shares', 'votes')
    AND valid_from <= $day
    AND (valid_to IS NULL OR valid_to >= $day)
    AND owner_id <> company_id
),
latest AS (
  SELECT owner_id AS owner_id, owner_kind AS owner_kind, company_id AS company_id,
         interest AS interest, source_id AS source_id, valid_from AS valid_from,
         CASE WHEN is_share THEN share_low END AS low,
         CASE WHEN is_share THEN share_high END AS high,
         max(CASE WHEN interest = $preferred THEN 1 ELSE 0 END) OVER (
           PARTITION BY company_id
         ) AS has_preferred
  FROM stated
  WHERE newest = 1
)
SELECT owner_id AS owner_id, owner_kind AS owner_kind, company_id AS company_id, low AS low,
       high AS high,
       'ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR) AS record_id,
       source_id AS source_id, valid_from AS valid_from
FROM latest
WHERE interest = $preferred OR (has_preferred = 0 AND $with_stand_ins)
"""


@dataclass(frozen=True, eq=False)
class Stakes:
    """Who directly holds which share of whom.

    Attributes
    ----------
    units : numpy.ndarray of str, shape (n,)
        Owners and companies, sorted; positions in all other arrays point here.
    kinds : numpy.ndarray of str, shape (n,)
        ``company`` for what is owned or owns as one, else the kind of the owner; ``unknown``
        when the register says nothing of it or more than one thing.
    owner, company : numpy.ndarray of int, shape (m,)
        The two ends of each stake; stakes are sorted by company and owner.
    low, high : numpy.ndarray, shape (m,)
        Ends of the range of the share, from 0 to 1; equal when the register is exact. Where it
        says nothing, 0 and what the others leave.
    records : pandas.DataFrame
        What shows each stake, one row per stake: ``record_id``, ``source_id``, ``valid_from``.
    is_stated : numpy.ndarray of bool, shape (m,)
        Whether the register says anything of the size of the stake.
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
    is_stated: np.ndarray
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
        the latest counts. A share outside 0 to 1 or a reversed range is taken as not stated, and
        nobody counts as an owner of itself.
    rights : {'economic', 'voting'}
        ``shares`` or ``votes``.
    stand_ins : bool
        Whether the other right stands in at companies that have no stake of this one.
    """
    found = engine.query(
        _QUERY,
        {
            "day": day,
            "preferred": "shares" if rights == "economic" else "votes",
            "with_stand_ins": stand_ins,
        },
    )
    return _lay_out(found)


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
        When a range is reversed, a share lies outside 0 to 1, somebody owns itself, or an owner
        appears twice in one company.
    """
    whole = stakes.reindex(columns=[*_STAKE, *_RECORD])
    return _lay_out(pa.Table.from_pandas(whole, preserve_index=False))


def align_stakes(first: Stakes, second: Stakes) -> tuple[Stakes, Stakes]:
    """Return both with the units of either, so that positions mean the same in both."""
    if first.units is second.units or np.array_equal(first.units, second.units):
        return first, second
    units = np.union1d(first.units, second.units)
    places = [np.searchsorted(units, stakes.units) for stakes in (first, second)]
    kinds = np.full(len(units), "", dtype=object)
    for stakes, place in zip((first, second), places, strict=True):
        is_free = (kinds[place] == "") | (stakes.kinds == "company")
        kinds[place[is_free]] = stakes.kinds[is_free]
    aligned = [
        replace(
            stakes,
            units=units,
            kinds=kinds,
            owner=place[stakes.owner].astype(np.int32),
            company=place[stakes.company].astype(np.int32),
        )
        for stakes, place in zip((first, second), places, strict=True)
    ]
    return aligned[0], aligned[1]


def _lay_out(stakes: pa.Table) -> Stakes:
    units, owner, company = _number_units(stakes["owner_id"], stakes["company_id"])
    order = np.lexsort((owner, company))
    stakes, owner, company = stakes.take(order), owner[order], company[order]
    stated_low, stated_high = (
        stakes[end].cast(pa.float64()).to_numpy(zero_copy_only=False) for end in ("low", "high")
    )
    is_stated = ~(np.isnan(stated_low) & np.isnan(stated_high))
    low = np.nan_to_num(stated_low, nan=0.0)
    _check(units, owner, company, low, stated_high)
    kinds = _find_kinds(owner, stakes["owner_kind"], len(units))
    kinds[company] = "company"
    whole = np.bincount(company, weights=low, minlength=len(units))
    is_overfull = whole > 1 + _OVERFULL
    left = np.where(is_overfull, 1.0, 1 - whole)[company] + low * ~is_overfull[company]
    records = stakes.select(list(_RECORD)).to_pandas(types_mapper=_keep_text_small)
    return Stakes(
        units=units,
        kinds=kinds,
        owner=owner,
        company=company,
        low=low / np.maximum(whole, 1)[company],
        high=np.maximum(np.fmin(stated_high, left), low),
        records=records,
        is_stated=is_stated,
        overfull=units[is_overfull],
    )


def _find_kinds(owner: np.ndarray, owner_kind: pa.ChunkedArray, n: int) -> np.ndarray:
    """Return what each owner is said to be; unknown where the register contradicts itself."""
    names, kind = _encode(owner_kind)
    is_said = names[kind] != UNKNOWN_KIND
    owner, kind = owner[is_said], kind[is_said]
    least, greatest = np.full(n, len(names)), np.full(n, -1)
    np.minimum.at(least, owner, kind)
    np.maximum.at(greatest, owner, kind)
    return np.where(least == greatest, np.append(names, "")[least], UNKNOWN_KIND)


def _number_units(
    owner: pa.ChunkedArray, company: pa.ChunkedArray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sorted ids, and both ends of each stake as places among them."""
    text = pa.large_string()
    both = [*owner.cast(text).chunks, *company.cast(text).chunks]
    names, codes = _encode(pa.chunked_array(both, text))
    units = names.astype(str)
    order = np.argsort(units)
    rank = np.empty(len(units), dtype=np.int32)
    rank[order] = np.arange(len(units), dtype=np.int32)
    codes = rank[codes]
    return units[order], codes[: len(owner)], codes[len(owner) :]


def _encode(values: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values, and the place of each value among them."""
    encoded = pc.dictionary_encode(values.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    names = encoded.dictionary.to_numpy(zero_copy_only=False)
    return names, encoded.indices.to_numpy()


def _keep_text_small(kind: pa.DataType) -> pd.ArrowDtype | None:
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return pd.ArrowDtype(kind) if is_text else None


def _check(
    units: np.ndarray, owner: np.ndarray, company: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    same = (np.diff(owner, prepend=-1) == 0) & (np.diff(company, prepend=-1) == 0)
    faults = {
        "the share lies outside 0 to 1": (low < 0) | (low > 1) | (high < 0) | (high > 1),
        "the range is reversed": low > high,
        "the owner is the company itself": owner == company,
        "the stake is there twice": same,
    }
    problems = [
        Problem(f"ownership: {units[owner[row]]} in {units[company[row]]}", fault)
        for fault, rows in faults.items()
        for row in np.flatnonzero(rows)
    ]
    if problems:
        raise CheckFailed("The stakes in companies cannot be used.", problems)
