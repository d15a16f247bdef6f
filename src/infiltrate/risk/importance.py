"""What a ranking loses when it cannot see a feature, on companies it never learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.learners import FittedLearner, LearningRows, fit_learner, why_not
from infiltrate.risk.metrics import MINIMUM_LISTED, widen_for_few_clusters

_ALIKE = 0.7
_SHUFFLES = 5
_TAIL = 0.025
_COLUMNS = ["group", "features", "drop", "low", "high", "average_precision_drop"]
NO_GROUPS = pd.DataFrame(columns=_COLUMNS)
"""What is known of a ranking that could not be tried."""


@dataclass(frozen=True, eq=False)
class Importance:
    """What the ranking rests on.

    Attributes
    ----------
    groups : DataFrame
        One row per group of features that go together, largest loss first: ``group`` (the
        feature that goes most with the others), ``features`` (all of them, with commas between),
        ``drop`` (loss of the area under the curve when the group is shuffled), its 95 %
        interval ``low`` to ``high``, ``average_precision_drop``.
    reason : str
        Why there is nothing; empty when there is.
    """

    groups: pd.DataFrame
    reason: str = ""


def measure_importance(
    cohort: Cohort, name: str, choices: RiskChoices, rng: np.random.Generator
) -> Importance:
    """Shuffle the features of companies that a learner never saw, one group after the other.

    Features of which the ranks correlate by more than .7 are shuffled together: shuffled alone,
    each would look worthless, because the others still tell what it says. Companies are held out
    together with those they are connected to.

    Parameters
    ----------
    cohort : Cohort
        With listed and unlisted companies.
    name : str
        The learner.
    choices : RiskChoices
        Folds, and the learner's settings.
    rng : numpy.random.Generator

    Notes
    -----
    Breiman (2001). A shuffled company gets the values of another one of the same fold. The
    interval is that of a paired difference of areas with whole groups of connected companies as
    units (Obuchowski 1997), widened as validation is for models that learnt from one another's
    test companies. It says how much these models would lose on other companies like these, not
    what else another model could have learnt instead.
    """
    is_listed = cohort.labels["is_listed"].to_numpy(bool)
    cluster = pd.factorize(cohort.groups["connected_group"])[0]
    folds = min(choices.folds, len(np.unique(cluster[is_listed])))
    if folds < 2 or is_listed.sum() < MINIMUM_LISTED:
        return Importance(NO_GROUPS, "too few listed companies to hold some out")
    parts: list[_Fold] = []
    for train, test in _split(is_listed, cluster, folds, rng):
        features = cohort.describe(cohort.features.index[test])
        rows = LearningRows(features, is_listed, cohort.listed, cohort.exposed, cluster)
        if reason := why_not(name, rows.take(train), choices):
            return Importance(NO_GROUPS, reason)
        learner = fit_learner(name, rows.take(train), choices, rng)
        parts.append(_Fold(learner, features.iloc[test], test))
    groups = _group_alike(parts[0].features)
    base = _place(parts, [part.learner.score(part.features) for part in parts], len(is_listed))
    shuffled = _shuffle_all(parts, groups, len(is_listed), rng)
    wider = np.sqrt(1 + folds / (folds - 1)) * widen_for_few_clusters(cluster, is_listed, _TAIL)
    found = []
    for members, places in zip(groups, shuffled, strict=True):
        drop, spread = _compare(base, places, is_listed, cluster)
        half = wider * stats.norm.isf(_TAIL) * spread
        precision = _average_precision(base, is_listed) - np.mean(
            [_average_precision(place, is_listed) for place in places]
        )
        found.append((members[0], ", ".join(members), drop, drop - half, drop + half, precision))
    table = pd.DataFrame(found, columns=_COLUMNS).round(9)
    return Importance(
        table.sort_values(["drop", "group"], ascending=[False, True], ignore_index=True)
    )


@dataclass(frozen=True, eq=False)
class _Fold:
    learner: FittedLearner
    features: pd.DataFrame
    rows: np.ndarray


def _split(
    is_listed: np.ndarray, cluster: np.ndarray, folds: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    seed = int(rng.integers(2**31 - 1))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros(len(is_listed)), is_listed, cluster)
    return [(train, test) for train, test in splits if is_listed[train].any()]


def _group_alike(features: pd.DataFrame) -> list[list[str]]:
    """Put numbers together whose ranks go together; the one that does most comes first."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    varying = [name for name in features if features[name].nunique(dropna=False) > 1]
    numbers = [name for name in varying if pd.api.types.is_numeric_dtype(features[name])]
    singles = [[name] for name in varying if name not in numbers]
    if len(numbers) < 2:
        return singles + [[name] for name in numbers]
    ranks = features[numbers].rank()
    ranks = ranks.fillna(ranks.mean()).fillna(0)
    alike = np.nan_to_num(np.abs(np.corrcoef(ranks.to_numpy(), rowvar=False)))
    np.fill_diagonal(alike, 1)
    apart = squareform(np.clip(1 - alike, 0, 1), checks=False)
    label = fcluster(linkage(apart, "complete"), 1 - _ALIKE, "distance")
    groups = []
    for number in np.unique(label):
        members = np.flatnonzero(label == number)
        order = np.argsort(-alike[np.ix_(members, members)].sum(axis=1), kind="stable")
        groups.append([numbers[member] for member in members[order]])
    return singles + groups


def _shuffle_all(
    parts: Sequence[_Fold], groups: Sequence[list[str]], n_rows: int, rng: np.random.Generator
) -> list[list[np.ndarray]]:
    """Return, per group, the places of all companies under each shuffle."""
    orders = [[rng.permutation(len(part.rows)) for part in parts] for _ in range(_SHUFFLES)]
    pieces = [part.learner.contributions(part.features) for part in parts]
    scores = [part.learner.score(part.features) for part in parts]
    found = []
    for members in groups:
        places = []
        for order in orders:
            moved = []
            for part, piece, score, rows in zip(parts, pieces, scores, order, strict=True):
                if piece is None:
                    changed = part.features.assign(
                        **{name: part.features[name].to_numpy()[rows] for name in members}
                    )
                    moved.append(part.learner.score(changed))
                    continue
                # what adds up need not be scored again
                own = piece[[name for name in members if name in piece]].sum(axis=1).to_numpy()
                moved.append(score - own + own[rows])
            places.append(_place(parts, moved, n_rows))
            if pieces[0] is None:
                break
        found.append(places)
    return found


def _place(parts: Sequence[_Fold], scores: Sequence[np.ndarray], n_rows: int) -> np.ndarray:
    """Return the place of each company within its fold, from 0 to 1."""
    place = np.full(n_rows, np.nan)
    for part, score in zip(parts, scores, strict=True):
        place[part.rows] = (stats.rankdata(np.round(score, 9)) - 0.5) / len(score)
    return place


def _compare(
    base: np.ndarray, shuffled: Sequence[np.ndarray], is_listed: np.ndarray, cluster: np.ndarray
) -> tuple[float, float]:
    """Return by how much the area falls, and the standard error of that."""
    area, influence = _area(base, is_listed)
    others = [_area(place, is_listed) for place in shuffled]
    drop = area - np.mean([other[0] for other in others])
    change = influence - np.mean([other[1] for other in others], axis=0)
    sums = np.bincount(cluster, change)
    return float(drop), float(np.sqrt(np.sum(sums**2)))


def _area(place: np.ndarray, is_listed: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the area under the curve and what each company adds to it beyond its mean."""
    known = ~np.isnan(place)
    listed, unlisted = is_listed & known, ~is_listed & known
    rank = stats.rankdata(place[known])
    within = np.full(len(place), np.nan)
    within[known] = rank
    beaten = (within[listed] - stats.rankdata(place[listed])) / unlisted.sum()
    beats = 1 - (within[unlisted] - stats.rankdata(place[unlisted])) / listed.sum()
    area = float(beaten.mean())
    influence = np.zeros(len(place))
    influence[listed] = (beaten - area) / listed.sum()
    influence[unlisted] = (beats - area) / unlisted.sum()
    return area, influence


def _average_precision(place: np.ndarray, is_listed: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    known = ~np.isnan(place)
    return float(average_precision_score(is_listed[known], place[known]))
