"""What a company would have to be without for its flag to go: arithmetic, not advice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.risk.learners import FittedLearner
from infiltrate.risk.roles import AMONG_PEERS, role_of

MOST_CHANGES = 5
"""Signs taken away at most."""

_INDICATOR = re.compile(r"([A-Z]\d+)_(flagged_share|mean)")
_UNKNOWN = "_unknown_share"
_FIXED = ("age_years", "F01", "C26")  # the age of a company


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """How firmly the flagged companies are flagged.

    Attributes
    ----------
    companies : DataFrame
        One row per flagged company, by name: ``company_id``, ``changes`` (the least number of
        signs without which it would stand below the cut; missing when taking away
        ``MOST_CHANGES`` is not enough), ``signs`` (which, the strongest first, with commas
        between), ``score`` and ``score_after``.
    signs : DataFrame
        One row per sign: ``sign``, ``alone`` (share of the flagged companies below the cut without
        it), ``used`` (share of those whose smallest change holds it), most ``alone`` first.
    cut : float
        The highest score that is not flagged: whoever falls below it has changed places with it.
    """

    companies: pd.DataFrame
    signs: pd.DataFrame
    cut: float

    def avoided_by(self, changes: int) -> float:
        """Return the share of flagged companies that so many changes take below the cut."""
        needed = self.companies["changes"].astype("Float64")
        return float((needed <= changes).fillna(False).mean()) if len(needed) else 0.0


NO_FLAGS = Counterfactuals(
    pd.DataFrame(columns=["company_id", "changes", "signs", "score", "score_after"]),
    pd.DataFrame(columns=["sign", "alone", "used"]),
    float("nan"),
)
"""What there is to say where nothing was ranked."""


def remove_flags(learner: FittedLearner, features: pd.DataFrame, share: float) -> Counterfactuals:
    """Find the smallest change of signs that takes each flagged company below the cut.

    A sign is an indicator, or a measure of the firm, with all columns made of it; without it
    nothing is flagged and its value is that of the company in the middle. What a company cannot
    change, its age, sector and place, and what is not known of it, stays as it is.

    Parameters
    ----------
    learner : FittedLearner
    features : DataFrame
        All companies ranked.
    share : float
        Share of the ranking that is flagged.

    Notes
    -----
    Signs are taken away in the order of what each does alone. For a score that is a sum of what
    its features add no smaller set can do more; for another learner there may be a smaller one.
    """
    scores = np.round(learner.score(features), 9)
    number = max(1, int(np.ceil(share * len(scores))))
    lowest_flagged = np.sort(scores)[-number]
    cut = float(scores[scores < lowest_flagged].max(initial=-np.inf))
    flagged = np.flatnonzero(scores >= lowest_flagged)
    flagged = flagged[np.argsort(features.index.to_numpy()[flagged], kind="stable")]
    head, before = features.iloc[flagged], scores[flagged]
    signs = _group_signs(features)
    plain = {
        name: 0.0 if "flagged_share" in name else features[name].median()
        for columns in signs.values()
        for name in columns
    }
    names = sorted(signs)
    alone = np.zeros((len(head), len(names)))
    for place, name in enumerate(names):
        alone[:, place] = before - learner.score(_without(head, signs[name], plain))
    helps = alone > 1e-9
    order = np.argsort(np.where(helps, -alone, np.inf), axis=1, kind="stable")
    changes = np.zeros(len(head), dtype=int)
    after, current = before.copy(), head
    for step in range(min(MOST_CHANGES, len(names))):
        taken = order[:, step]
        useful = helps[np.arange(len(head)), taken]
        current = current.copy()
        for place in np.unique(taken):
            rows = (taken == place) & useful
            current.loc[rows, signs[names[place]]] = _without(
                current.loc[rows], signs[names[place]], plain
            )[signs[names[place]]]
        score = np.round(learner.score(current), 9)
        solved = (changes == 0) & (score < cut)
        after = np.where(changes == 0, score, after)
        changes = np.where(solved, step + 1, changes)
    sets = [[names[place] for place in order[row, : changes[row]]] for row in range(len(head))]
    companies = pd.DataFrame(
        {
            "company_id": head.index.to_numpy(),
            "changes": pd.array(changes, dtype="Int64"),
            "signs": [", ".join(chosen) for chosen in sets],
            "score": before,
            "score_after": after,
        }
    )
    companies["changes"] = companies["changes"].mask(companies["changes"] == 0)
    return Counterfactuals(companies, _summarise(names, alone, before, sets, cut), cut)


def _group_signs(features: pd.DataFrame) -> dict[str, list[str]]:
    """Return the numbers that speak of infiltration, by what they are made of."""
    signs: dict[str, list[str]] = {}
    for column in features.select_dtypes("number"):
        name = str(column).removesuffix(AMONG_PEERS)
        match = _INDICATOR.fullmatch(name)
        sign = match[1] if match else name
        if role_of(name) != "infiltration" or name.endswith(_UNKNOWN) or sign in _FIXED:
            continue
        signs.setdefault(sign, []).append(str(column))
    return signs


def _without(
    features: pd.DataFrame, columns: Sequence[str], plain: Mapping[str, float]
) -> pd.DataFrame:
    """Return companies with what is known of a sign set to the middle company's."""
    known = {name: features[name].where(features[name].isna(), plain[name]) for name in columns}
    return features.assign(**known)


def _summarise(
    names: Sequence[str],
    alone: np.ndarray,
    before: np.ndarray,
    sets: Sequence[Sequence[str]],
    cut: float,
) -> pd.DataFrame:
    below = (before[:, None] - alone < cut).mean(axis=0)
    with_any = [chosen for chosen in sets if chosen]
    used = [np.mean([name in chosen for chosen in with_any]) if with_any else 0.0 for name in names]
    table = pd.DataFrame({"sign": names, "alone": below, "used": used}).round(9)
    return table.sort_values(
        ["alone", "used", "sign"], ascending=[False, False, True], ignore_index=True
    )
