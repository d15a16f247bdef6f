"""Shortest ways from a company to listed ones, each step with the records that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from infiltrate.errors import NotEnoughData
from infiltrate.network.steps import neighbours
from infiltrate.network.ties import SIDES, Ties

_MOST_STEPS = 100


def paths_to_listed(
    ties: Ties,
    company: str,
    listed: Sequence[str] | np.ndarray | pd.Series,
    *,
    most_paths: int = 20,
    most_steps: int = _MOST_STEPS,
) -> pd.DataFrame:
    """Write out the shortest ways from a company to the nearest listed one but itself.

    Parameters
    ----------
    ties : Ties
        Ties of one day.
    company : str
        Where the ways begin.
    listed : sequence of str
        Companies whose listing was known then.
    most_paths : int
        Ways written out, those first by the ids along them; ``paths_in_all`` says how many there
        are.
    most_steps : int
        Where the search ends.

    Returns
    -------
    pandas.DataFrame
        One row per path and step: ``path`` and ``step`` from 1, ``from_id``, ``hub_id``,
        ``to_id``; for each side ``*_side`` (what the company is to the hub: ``officer`` means
        that the hub serves it, ``owner`` that it owns it, ``address``, or ``self``: the company
        is the hub), ``*_record_id``, ``*_source_id``, ``*_valid_from``, ``*_valid_to``; and
        ``paths_in_all``. A company that meets another at one hub in two ways (as owner and as
        officer) shows the first of ``SIDES``. Empty when no listed company can be reached.

    Raises
    ------
    NotEnoughData
        When the company is not among those of the ties.
    """
    place = ties.positions([company])
    if not len(place):
        raise NotEnoughData(f"{company} is not among the companies known on this day.")
    sources = np.setdiff1d(ties.positions(listed), place)
    layers = _layers_to(ties, int(place[0]), sources, most_steps)
    if not layers:
        return _describe(ties, [], 0)
    ways = _ways_forward(ties, int(place[0]), sources, layers)
    return _describe(ties, *_take(ways, int(place[0]), len(layers), most_paths))


_Ways = list[dict[int, list[tuple[int, int]]]]


def _layers_to(ties: Ties, start: int, sources: np.ndarray, most_steps: int) -> list[np.ndarray]:
    """Return the companies first reached at each step, up to the first step with a source."""
    seen = np.zeros(len(ties.companies), dtype=bool)
    seen_hub = np.zeros(len(ties.hubs), dtype=bool)
    seen[start] = True
    front = np.array([start])
    layers: list[np.ndarray] = []
    while len(front) and len(layers) < most_steps:
        hubs = np.unique(neighbours(ties.incidence, front)[0])
        hubs = hubs[~seen_hub[hubs]]
        seen_hub[hubs] = True
        front = np.unique(neighbours(ties.members, hubs)[0])
        front = front[~seen[front]]
        seen[front] = True
        layers.append(front)
        if np.isin(front, sources).any():
            return layers
    return []


def _ways_forward(ties: Ties, start: int, sources: np.ndarray, layers: list[np.ndarray]) -> _Ways:
    """Return, per step and company on a shortest way, the hubs and companies that come next."""
    ways: _Ways = []
    wanted = np.intersect1d(layers[-1], sources)
    for layer in [*layers[-2::-1], np.array([start])]:
        hubs, via_end = neighbours(ties.incidence, wanted)
        befores, via_hub = neighbours(ties.members, hubs)
        is_on = np.isin(befores, layer)
        following: dict[int, list[tuple[int, int]]] = {}
        for before, hub, end in zip(
            befores[is_on], hubs[via_hub[is_on]], wanted[via_end[via_hub[is_on]]], strict=True
        ):
            following.setdefault(int(before), []).append((int(end), int(hub)))
        ways.append({before: sorted(found) for before, found in following.items()})
        wanted = np.array(sorted(following))
    return ways[::-1]


def _take(
    ways: _Ways, start: int, length: int, most_paths: int
) -> tuple[list[list[tuple[int, int, int]]], int]:
    """Return the first paths, as (company, hub, company) per step, and how many there are."""
    counts: dict[int, int] = {}
    for step in reversed(ways):
        counts = {
            before: sum(counts.get(end, 0) if step is not ways[-1] else 1 for end, _ in found)
            for before, found in step.items()
        }
    taken: list[list[tuple[int, int, int]]] = []
    for path in _walk(ways, start, length):
        if len(taken) == most_paths:
            break
        taken.append(path)
    return taken, counts[start]


def _walk(ways: _Ways, start: int, length: int) -> Iterator[list[tuple[int, int, int]]]:
    stack: list[list[tuple[int, int, int]]] = [[]]
    while stack:
        path = stack.pop()
        if len(path) == length:
            yield path
            continue
        at = path[-1][2] if path else start
        stack += [[*path, (at, hub, end)] for end, hub in reversed(ways[len(path)][at])]


def _describe(
    ties: Ties, paths: list[list[tuple[int, int, int]]], paths_in_all: int
) -> pd.DataFrame:
    rows = []
    for number, path in enumerate(paths, start=1):
        for step, (begin, hub, end) in enumerate(path, start=1):
            row: dict[str, object] = {
                "path": number,
                "step": step,
                "from_id": ties.companies[begin],
                "hub_id": ties.hubs[hub],
                "to_id": ties.companies[end],
            }
            row |= _side(ties, "from", begin, hub) | _side(ties, "to", end, hub)
            rows.append(row | {"paths_in_all": paths_in_all})
    sides = [f"{end}_{name}" for end in ("from", "to") for name in _SIDE_COLUMNS]
    columns = ["path", "step", "from_id", "hub_id", "to_id", *sides, "paths_in_all"]
    return pd.DataFrame(rows, columns=columns)


_SIDE_COLUMNS = ("side", "record_id", "source_id", "valid_from", "valid_to")


def _side(ties: Ties, end: str, company: int, hub: int) -> dict[str, object]:
    first, last = np.searchsorted(ties.hub, [hub, hub + 1])
    row = first + int(np.searchsorted(ties.company[first:last], company))
    shown = ties.records.iloc[row]
    return {
        f"{end}_side": SIDES[ties.side[row]],
        f"{end}_record_id": ties.record_ids(np.array([row]))[0],
        f"{end}_source_id": shown["source_id"] or None,
        f"{end}_valid_from": shown["valid_from"],
        f"{end}_valid_to": shown["valid_to"],
    }
