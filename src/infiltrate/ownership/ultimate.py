"""Ultimate owners: who stands at the upper end of the chains, with how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.ownership.control import pair_control
from infiltrate.ownership.integrated import UNKNOWN_OWNER
from infiltrate.ownership.shares import NOBODY_KNOWN, integrate_shares
from infiltrate.ownership.stakes import Stakes, align_stakes

CERTAINTY = np.array(["no", "possible", "certain"])
"""What the numbers of `UltimateOwners` say."""

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class UltimateOwners:
    """Ultimate owners as arrays, one entry per company and owner, sorted by both.

    Attributes
    ----------
    units, kinds : numpy.ndarray of str, shape (n,)
        Owners and companies of both kinds of rights, and what they are.
    company, owner : numpy.ndarray of int, shape (p,)
        Positions in ``units``; `NOBODY_KNOWN` for the unknown owner.
    low, high : numpy.ndarray, shape (p,)
        Integrated share.
    by_share, by_control : numpy.ndarray of int, shape (p,)
        0 no, 1 possible, 2 certain.
    """

    units: np.ndarray
    kinds: np.ndarray
    company: np.ndarray
    owner: np.ndarray
    low: np.ndarray
    high: np.ndarray
    by_share: np.ndarray
    by_control: np.ndarray


def find_ultimate_owners(
    economic: Stakes,
    voting: Stakes,
    companies: np.ndarray,
    *,
    share: float = 0.25,
    control: float = 0.5,
) -> pd.DataFrame:
    """Find the ultimate owners of companies: by integrated share, or by control.

    Parameters
    ----------
    economic, voting : Stakes
        Of the same day.
    companies : numpy.ndarray of str
        The companies asked about.
    share : float
        Least integrated share, for example 0.25 in the law of the European Union (Directive
        (EU) 2015/849, article 3(6)); see ``facts.ownership_thresholds``.
    control : float
        Share of votes that must be exceeded for control; see `find_control`.

    Returns
    -------
    pandas.DataFrame
        One row per company and ultimate owner, sorted: ``company_id``, ``owner_id``,
        ``owner_kind``, ``low``, ``high`` (integrated share), ``by_share`` and ``by_control``
        (``certain``, ``possible`` or ``no``). Owners are those whom nobody owns: persons, states,
        trusts and what is of unknown kind. `UNKNOWN_OWNER` has a row wherever the part that nobody
        known holds may reach the share; a company without stakes has that row alone, from 0 to 1.
    """
    wanted = np.unique(np.asarray(companies, dtype=str))
    economic, voting = align_stakes(economic, voting)
    if not len(economic.units):
        return _nobody(wanted)
    found = rank_ultimate_owners(
        economic, voting, economic.positions(wanted), share=share, control=control
    )
    is_known = found.owner != NOBODY_KNOWN
    known = pd.DataFrame(
        {
            "company_id": found.units[found.company],
            "owner_id": np.where(is_known, found.units[found.owner], UNKNOWN_OWNER),
            "owner_kind": np.where(is_known, found.kinds[found.owner], "unknown").astype(str),
            "low": found.low,
            "high": found.high,
            "by_share": CERTAINTY[found.by_share],
            "by_control": CERTAINTY[found.by_control],
        }
    )
    owned = economic.units[np.unique(economic.company)]
    unseen = _nobody(wanted[~np.isin(wanted, owned)])
    known = known[~known["company_id"].isin(unseen["company_id"])]
    return pd.concat([unseen, known], ignore_index=True).sort_values(
        ["company_id", "owner_id"], ignore_index=True
    )


def rank_ultimate_owners(
    economic: Stakes,
    voting: Stakes,
    companies: np.ndarray | None = None,
    *,
    share: float = 0.25,
    control: float = 0.5,
) -> UltimateOwners:
    """Find ultimate owners as arrays, of all companies when none are asked about.

    The stakes share their units, as `align_stakes` returns them; ``companies`` are positions there.
    A company without economic stakes has no unknown owner here.
    """
    n = len(economic.units)
    shares = integrate_shares(economic, companies, ends_only=True)
    is_asked = np.ones(n, dtype=bool)
    if companies is not None:
        is_asked[:] = False
        is_asked[companies] = True
    controller, controlled, is_certain = pair_control(voting, control, ends_only=True)
    kept = is_asked[controlled]
    by_share = (shares.low >= share - _ROUNDING).astype(np.int8)
    by_share += shares.high >= share - _ROUNDING
    key = shares.company * np.int64(n + 1) + shares.owner + 1
    control_key = controlled[kept] * np.int64(n + 1) + controller[kept] + 1
    reached = np.union1d(key[by_share > 0], control_key)
    by_control = np.zeros(len(reached), dtype=np.int8)
    by_control[np.searchsorted(reached, control_key)] = 1 + is_certain[kept]
    # one entry more, for those who only control
    at = np.searchsorted(key, reached)
    at[np.append(key, -1)[at] != reached] = len(key)
    return UltimateOwners(
        economic.units,
        economic.kinds,
        (reached // (n + 1)).astype(np.int32),
        (reached % (n + 1) - 1).astype(np.int32),
        np.append(shares.low, 0.0)[at],
        np.append(shares.high, 0.0)[at],
        np.append(by_share, np.int8(0))[at],
        by_control,
    )


def _nobody(companies: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "company_id": companies,
            "owner_id": UNKNOWN_OWNER,
            "owner_kind": "unknown",
            "low": 0.0,
            "high": 1.0,
            "by_share": "possible",
            "by_control": "no",
        }
    )
