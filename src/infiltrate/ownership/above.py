"""Owners above companies: counted, the nearest found, and the chain to it named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from infiltrate.ownership.chains import find_shortest_chains
from infiltrate.ownership.shares import (
    NOBODY_KNOWN,
    OwnerShares,
    find_units_above,
    integrate_shares,
)
from infiltrate.ownership.stakes import Stakes

_SHARE_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Chains:
    """Records of chains: ``company`` (a position, sorted) and ``record``, from the company up."""

    company: np.ndarray
    record: pa.Array

    def keep(self, is_kept: np.ndarray) -> Chains:
        """Return the chains of companies of which a mask over units says so."""
        kept = is_kept[self.company]
        return Chains(self.company[kept], self.record.filter(pa.array(kept)))

    def join(self, other: Chains) -> Chains:
        """Return the chains of both; no company is in both."""
        company = np.concatenate([self.company, other.company])
        order = np.argsort(company, kind="stable")
        record = pa.concat_arrays([self.record, other.record.cast(self.record.type)])
        return Chains(company[order], record.take(pa.array(order)))

    def lay_out(self, companies: np.ndarray) -> pa.Array:
        """Return one list for each of the companies, sorted positions that include all here."""
        length = np.bincount(np.searchsorted(companies, self.company), minlength=len(companies))
        ends = np.append(0, np.cumsum(length)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), self.record.cast(pa.string()))


class OwnersAbove:
    """Integrated shares of one day, asked about chosen owners of every company.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    companies : numpy.ndarray of int, optional
        Positions of the companies asked about; every owned one when left out.
    """

    def __init__(self, stakes: Stakes, companies: np.ndarray | None = None) -> None:
        self.stakes = stakes
        # chains pass through companies that are not asked about
        above = None if companies is None else find_units_above(stakes, companies)
        self.shares: OwnerShares = integrate_shares(stakes, above)
        self.companies = np.unique(stakes.company if companies is None else companies)
        self.is_asked = np.zeros(len(stakes.units), dtype=bool)
        self.is_asked[self.companies] = True
        self.is_known = self.shares.owner != NOBODY_KNOWN
        self.kind = np.full(len(self.shares.owner), "", dtype=object)
        self.kind[self.is_known] = stakes.kinds[self.shares.owner[self.is_known]]
        self._n = len(stakes.units)

    def find(self, owner: np.ndarray, company: np.ndarray) -> np.ndarray:
        """Return where pairs stand among the shares; their number for those that do not."""
        wide = np.int64(self._n + 1)
        keys = self.shares.company * wide + self.shares.owner + 1
        wanted = company * wide + owner + 1
        at = np.searchsorted(keys, wanted)
        at[np.append(keys, -1)[at] != wanted] = len(keys)
        return at

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """Count the chosen owners of each company."""
        return np.bincount(self.shares.company[chosen], minlength=self._n)[self.companies]

    def greatest(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return the greatest value among the chosen owners of each company, 0 without any."""
        found = np.zeros(self._n)
        np.maximum.at(found, self.shares.company[chosen], values[chosen])
        return found[self.companies]

    def nearest(self, chosen: np.ndarray, *, farthest: bool = False) -> np.ndarray:
        """Return the place of the nearest chosen owner of each company that has one.

        Of several equally near the one that may have most is taken, so that the order of
        pseudonyms, which another key changes, seldom decides.
        """
        places = np.flatnonzero(chosen & self.is_known & self.is_asked[self.shares.company])
        steps = self.shares.steps[places] * (-1 if farthest else 1)
        least = -self.shares.high[places].round(_SHARE_DECIMALS)
        owner, company = self.shares.owner[places], self.shares.company[places]
        order = places[np.lexsort((owner, least, steps, company))]
        return order[np.flatnonzero(np.diff(self.shares.company[order], prepend=-1))]

    def chains(self, places: np.ndarray) -> Chains:
        """Return the shortest chain of each pair, one for each company."""
        return self.name_chains(self.shares.owner[places], self.shares.company[places])

    def name_chains(self, owner: np.ndarray, company: np.ndarray) -> Chains:
        """Return the shortest chain between two units, companies sorted."""
        number, stake = find_shortest_chains(self.stakes, self.shares, owner, company)
        return Chains(company[number], take_records(self.stakes, stake))

    def lay_out(self, company: np.ndarray, values: np.ndarray) -> pa.Array:
        """Put values of some companies in the order of all; missing where there is none."""
        found = np.zeros(len(self.companies), dtype=values.dtype)
        is_missing = np.ones(len(self.companies), dtype=bool)
        place = np.searchsorted(self.companies, company)
        found[place], is_missing[place] = values, False
        return pa.array(found, mask=is_missing)


def take_records(stakes: Stakes, stake: np.ndarray) -> pa.Array:
    """Return the records that show stakes."""
    return pa.array(stakes.records["record_id"].iloc[stake], pa.large_string())
