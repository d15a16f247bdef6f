"""Which lists can enter the detection model, and when there are too few of them."""

from __future__ import annotations

import numpy as np

from infiltrate.prevalence.detection_data import DetectionData

MINIMUM_OVERLAP = 5
"""Firms that must be on two lists or more."""


def refuse_detection(data: DetectionData) -> tuple[str, ...]:
    """Say, before anything is fitted, why the model cannot be used; nothing when it can.

    Two lists suffice only when something changes detection and is no sign of infiltration.
    """
    columns, _ = choose_lists(data)
    kept, firms = data.keep_lists(columns), data.weight.sum()
    count = len(columns)
    reasons = []
    if count < 2 or (count < 3 and not _has_instrument(kept)):
        reasons.append(
            f"{_number(count, 'list')} of its own; at least three are needed, or two and something "
            "that changes detection but is no sign of infiltration."
        )
    if count >= firms:
        reasons.append(f"There are as many lists ({count}) as firms ({firms:.0f}).")
    named = data.weight @ data.listed
    reasons += [
        f"'{name}' names {number / firms:.0%} of all firms: it sets nobody apart."
        for name, number in zip(data.lists, named, strict=True)
        if number > firms / 2
    ]
    overlap = int((kept.listed.sum(axis=1) > 1).sum())
    if count >= 2 and overlap < MINIMUM_OVERLAP:
        reasons.append(
            f"Fewer than {MINIMUM_OVERLAP} firms are on more than one list: nothing shows what "
            "the lists miss."
        )
    if _is_leaked(data):
        reasons.append(
            "A sign of infiltration tells every listed firm from every other one: it comes from "
            "the lists themselves and must be left out."
        )
    return tuple(reasons)


def choose_lists(data: DetectionData) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the positions of the lists that add something, and why others are left out.

    A list without entries adds nothing. A list of at least five firms that are all on another list
    copies it: its overlap says nothing of what both miss.
    """
    named = data.listed.sum(axis=0)
    together = data.listed.T.astype(np.int64) @ data.listed.astype(np.int64)
    columns, notes = [], []
    for j in np.flatnonzero(named):
        holders = [
            k
            for k in np.flatnonzero(named)
            if k != j and together[j, k] == named[j] >= MINIMUM_OVERLAP
            if named[k] > named[j] or k < j
        ]
        if holders:
            notes.append(
                f"Every firm on '{data.lists[j]}' is also on '{data.lists[holders[0]]}': the first "
                "is left out as a copy."
            )
        else:
            columns.append(j)
    return np.array(columns, dtype=np.int64), tuple(notes)


def _number(count: int, noun: str) -> str:
    if not count:
        return f"There is no {noun}"
    return f"There is only one {noun}" if count == 1 else f"There are only {count} {noun}s"


def _has_instrument(data: DetectionData) -> bool:
    """Whether some column of Z is not a combination of the columns of X."""
    design = np.column_stack([np.ones(len(data.X)), data.X])
    rank = np.linalg.matrix_rank(design)
    return any(
        z.shape[1] > 0 and np.linalg.matrix_rank(np.column_stack([design, z])) > rank
        for z in data.Z
    )


def _is_leaked(data: DetectionData) -> bool:
    """Whether the values of some sign do not overlap between listed firms and others."""
    listed = data.listed.any(axis=1)
    if min(listed.sum(), (~listed).sum()) < MINIMUM_OVERLAP or not data.X.shape[1]:
        return False
    named, others = data.X[listed], data.X[~listed]
    above, below = named.min(axis=0) > others.max(axis=0), named.max(axis=0) < others.min(axis=0)
    return bool((above | below).any())
