"""Whether a ranking may be learning from what earlier rankings made authorities look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from infiltrate.params.lists import ListDefinition
from infiltrate.risk.designs import FORWARD
from infiltrate.risk.exact_interval import clopper_pearson
from infiltrate.risk.study_box import FLAGGED_SHARE

_MADE_BY_SCREENING = ("intelligence", "research")
_TAIL = 0.025


@dataclass(frozen=True, eq=False)
class Feedback:
    """What speaks for a loop between scores and lists.

    Attributes
    ----------
    warnings : tuple of str
        For the first page; empty where nothing is known that could make a loop.
    followed : DataFrame
        One row per day ranked by a model of earlier days: ``as_of``, ``n_listed`` (listed in the
        window after it), ``in_head`` (share of them among the flagged, ``low`` to ``high``, 95 %
        of Clopper and Pearson 1934), ``scores_in_use`` (whether authorities had scores by then).
    """

    warnings: tuple[str, ...]
    followed: pd.DataFrame


def check_feedback(
    rankings: pd.DataFrame,
    model: str,
    lists: Sequence[ListDefinition],
    learnt_until: date,
    used_from: date | None,
    *,
    share: float = FLAGGED_SHARE,
) -> Feedback:
    """Warn of a loop, and show how listing follows the ranking day by day.

    Where authorities inspect whom a score names, lists come to repeat the score, the score learns
    from the lists, and every check against lists looks better than it is (Lum and Isaac 2016). A
    share in the head that jumps once scores are in use is what that looks like.

    Parameters
    ----------
    rankings : DataFrame
        As in ``validation.Validation``; those of the design forward in time are read.
    model : str
        The learner that ranks.
    lists : sequence of ListDefinition
        Those predicted.
    learnt_until : date
        Last day on which an entry counted in learning.
    used_from : date or None
        Since when scores like these help to choose whom to inspect; None: they do not.
    share : float
        Share of the ranking that counts as flagged.
    """
    warnings = []
    if used_from is not None:
        warnings.append(
            f"FEEDBACK LOOP: since {used_from} scores like these help to choose whom to inspect. "
            "Entries after that day follow scores as well as firms: they are no independent test "
            "of a ranking, and firms that stand low are looked at less and listed less."
        )
        if learnt_until > used_from:
            warnings.append(
                f"FEEDBACK LOOP: the ranking learnt from entries up to {learnt_until}, later than "
                "scores came into use. Learn from earlier days (choices.risk.as_of), or from "
                "entries that came from inspections drawn at random."
            )
    warnings += [
        f"The list '{d.id}' ({d.nature}) may itself have been made with a score: ask. If so, the "
        "ranking learns to repeat that score."
        for d in lists
        if d.nature in _MADE_BY_SCREENING
    ]
    return Feedback(tuple(warnings), _follow(rankings, model, used_from, share))


def _follow(
    rankings: pd.DataFrame, model: str, used_from: date | None, share: float
) -> pd.DataFrame:
    rows = []
    if len(rankings):
        chosen = rankings[(rankings["design"] == FORWARD) & (rankings["model"] == model)]
        held_out = chosen["held_out"].astype(str)
        for day, firms in chosen[held_out != ""].groupby(held_out, sort=True):
            listed = firms[firms["is_listed"].astype(bool)]
            if listed.empty:
                continue
            in_head = int((listed["percentile"] > 1 - share).sum())
            low, high = clopper_pearson(in_head, len(listed), _TAIL)
            rows.append((day, len(listed), in_head / len(listed), float(low), float(high)))
    table = pd.DataFrame(rows, columns=["as_of", "n_listed", "in_head", "low", "high"]).round(9)
    in_use = [used_from is not None and str(day) >= str(used_from) for day in table["as_of"]]
    return table.assign(scores_in_use=in_use)
