"""Which lists can be used for capture-recapture, and what already speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from infiltrate.prevalence.capture_patterns import CapturePatterns

LEAST_LISTS = 3
LEAST_PAIR = 5
LEAST_SHARED = 10

_MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class Screening:
    """The table without the lists that add nothing, and what a reader must know of the rest.

    Attributes
    ----------
    table : CapturePatterns
        Over the lists kept.
    rejections : tuple of str
        Why no estimate of the unlisted can be trusted; empty when one may be tried.
    cautions : tuple of str
        What weakens it.
    least_pair : float
        Firms shared by the pair of lists that share fewest.
    shared : float
        Firms on two or more lists.
    """

    table: CapturePatterns
    rejections: tuple[str, ...]
    cautions: tuple[str, ...]
    least_pair: float
    shared: float


def screen_lists(table: CapturePatterns) -> Screening:
    """Drop lists contained in another and judge the overlaps of those that are left.

    Overlap carries all that is known of the unlisted. A list whose firms are all on another (a
    copy, or its source) repeats that list; with fewer than three lists left, dependence between
    two lists cannot be told from many unlisted firms.
    """
    kept, cautions = _drop_contained(table)
    smaller = table.keep(kept)
    pairs = _comparable_overlaps(smaller)
    least = min(pairs.values(), default=0.0)
    shared = float(smaller.numbers_by_lists()[1:].sum())
    rejections = []
    if len(kept) < LEAST_LISTS:
        rejections.append(
            f"Lists that say something of their own: {len(kept)}; at least {LEAST_LISTS} are "
            "needed to tell detection from prevalence."
        )
    elif shared < LEAST_SHARED:
        rejections.append(
            f"Fewer than {LEAST_SHARED} firms are on two or more lists: the number of firms on "
            "none is anybody's guess."
        )
    else:
        cautions += _describe_sparse_pairs(smaller, pairs)
    return Screening(smaller, tuple(rejections), tuple(cautions), least, shared)


def _drop_contained(table: CapturePatterns) -> tuple[list[int], list[str]]:
    overlaps, sizes = table.overlaps, table.list_sizes
    kept, cautions = list(range(len(table.lists))), []
    for j in sorted(kept, key=lambda k: (sizes[k], -k)):
        holders = [k for k in kept if k != j and overlaps[j, k] > sizes[j] - 1e-9]
        if holders:
            kept.remove(j)
            cautions.append(
                f"Every firm of list '{table.lists[j]}' is also on list "
                f"'{table.lists[holders[0]]}': it was left out as a part of it."
            )
    return kept, cautions


def _comparable_overlaps(table: CapturePatterns) -> dict[tuple[int, int], float]:
    both = [
        (j, k)
        for j, k in combinations(range(len(table.lists)), 2)
        if (table.exposure[:, j] & table.exposure[:, k]).any()
    ]
    return {pair: float(table.overlaps[pair]) for pair in both}


def _describe_sparse_pairs(
    table: CapturePatterns, pairs: dict[tuple[int, int], float]
) -> list[str]:
    sparse = [
        f"'{table.lists[j]}' and '{table.lists[k]}'"
        for (j, k), firms in pairs.items()
        if firms < LEAST_PAIR
    ]
    lonely = [
        f"'{name}'"
        for k, name in enumerate(table.lists)
        if np.delete(table.overlaps[k], k).sum() <= 0
    ]
    found = []
    if sparse:
        which = "; ".join(sparse) if len(sparse) <= _MOST_NAMED else f"{len(sparse)} pairs of lists"
        found.append(
            f"Fewer than {LEAST_PAIR} firms are on both of: {which}. Whether these lists depend on "
            "each other can hardly be seen."
        )
    if lonely:
        found.append(f"No firm of {', '.join(lonely)} is on any other list.")
    return found
