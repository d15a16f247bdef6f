"""Chains of stakes from an owner to a company, each step with the record that shows it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from infiltrate.errors import NotEnoughData
from infiltrate.ownership.stakes import Stakes


def trace_owners(
    stakes: Stakes, company: str, *, most_steps: int = 8, most_chains: int = 1000
) -> pd.DataFrame:
    """List every chain of stakes that ends in a company and begins with somebody nobody owns.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    company : str
        The company at the lower end.
    most_steps : int
        Longest chain; a longer one is cut at its upper end and marked.
    most_chains : int
        How many chains there may be.

    Returns
    -------
    pandas.DataFrame
        One row per chain and step, from the owner down: ``chain`` (from 1, shortest first),
        ``step`` (from 1), ``owner_id``, ``owner_kind``, ``company_id``, ``low``, ``high``,
        ``record_id``, ``source_id``, ``valid_from``, and ``ends_in`` of the whole chain: ``owner``
        (a person, a state or another whom nobody owns), ``unknown`` (a company without known
        owners), ``circle`` (a company that stands in the chain already) or ``cut``.

    Raises
    ------
    NotEnoughData
        When the company has no stakes, or there are more chains than asked for.
    """
    place = stakes.positions(np.array([company]))
    order = np.argsort(stakes.company, kind="stable")
    first = np.searchsorted(stakes.company[order], np.arange(len(stakes.units) + 1))
    if not len(place) or first[place[0]] == first[place[0] + 1]:
        raise NotEnoughData(f"No stake in {company} is known on this day.")
    chains: list[tuple[str, list[int]]] = []
    for end, chain in _climb(stakes, order, first, int(place[0]), most_steps):
        chains.append((end, chain))
        if len(chains) > most_chains:
            raise NotEnoughData(
                f"{company} has more than {most_chains:,} chains of at most {most_steps} steps; "
                "ask for fewer steps."
            )
    chains.sort(key=lambda found: (len(found[1]), [_name(stakes, stake) for stake in found[1]]))
    parts = [
        _describe(stakes, chain[::-1]).assign(chain=number, ends_in=end)
        for number, (end, chain) in enumerate(chains, start=1)
    ]
    columns = ["chain", "step", "owner_id", "owner_kind", "company_id", "low", "high"]
    found = pd.concat(parts, ignore_index=True)
    return found[[*columns, *stakes.records.columns, "ends_in"]]


def _climb(
    stakes: Stakes, order: np.ndarray, first: np.ndarray, company: int, most_steps: int
) -> Iterator[tuple[str, list[int]]]:
    """Walk up from a company; a chain is the stakes from the lowest one up."""
    stack = [(int(stake), [int(stake)]) for stake in order[first[company] : first[company + 1]]]
    while stack:
        stake, chain = stack.pop()
        owner = int(stakes.owner[stake])
        above = order[first[owner] : first[owner + 1]]
        if owner in {company, *(int(stakes.owner[below]) for below in chain[:-1])}:
            yield "circle", chain
        elif not len(above):
            yield ("unknown" if stakes.kinds[owner] == "company" else "owner"), chain
        elif len(chain) == most_steps:
            yield "cut", chain
        else:
            stack += [(int(higher), [*chain, int(higher)]) for higher in above]


def _name(stakes: Stakes, stake: int) -> tuple[str, str]:
    return str(stakes.units[stakes.company[stake]]), str(stakes.units[stakes.owner[stake]])


def _describe(stakes: Stakes, chain: list[int]) -> pd.DataFrame:
    records = stakes.records.iloc[chain].astype({"record_id": object, "source_id": object})
    return records.assign(
        step=np.arange(1, len(chain) + 1),
        owner_id=stakes.units[stakes.owner[chain]],
        owner_kind=stakes.kinds[stakes.owner[chain]].astype(str),
        company_id=stakes.units[stakes.company[chain]],
        low=stakes.low[chain],
        high=stakes.high[chain],
    )
