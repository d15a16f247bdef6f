"""Which columns of an unknown table tell its rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod

from infiltrate.sources.profile_columns import Column


def find_keys(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], most: int = 3
) -> list[tuple[str, ...]]:
    """Return the smallest sets of columns that no two rows share, those of one column first."""
    candidates = [
        (at, column)
        for at, column in enumerate(columns)
        if column.filled == 1
        and column.distinct > 1
        and (column.kind != "number" or column.is_whole)
    ]
    candidates.sort(key=lambda item: (-item[1].distinct, item[0]))
    for size in range(1, most + 1):
        found = [
            tuple(column.name for _, column in chosen)
            for chosen in combinations(sorted(candidates[:8], key=lambda item: item[0]), size)
            if prod(column.distinct for _, column in chosen) >= len(rows)
            and _are_unique(rows, [at for at, _ in chosen])
        ]
        if found:
            return found
    return []


def _are_unique(rows: Sequence[Sequence[str]], places: Sequence[int]) -> bool:
    seen = set()
    for row in rows:
        key = tuple(row[at] for at in places)
        if key in seen:
            return False
        seen.add(key)
    return True
