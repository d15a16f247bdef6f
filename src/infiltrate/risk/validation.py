"""Rankings of companies by models that never saw them, under several designs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.features import stack_features
from infiltrate.risk.learners import LearningRows, fit_learner, why_not

RANDOM = "random by firm"
CONNECTED = "grouped by connected firm"
REGION = "grouped by buyer region"
FORWARD = "forward in time"
DESIGNS = (RANDOM, CONNECTED, REGION, FORWARD)

_LARGEST_SHARE = 0.5


@dataclass(frozen=True)
class Fold:
    """Which rows train and which are ranked; rows count the companies of the cohorts in order."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Design:
    """One way of keeping training and testing apart.

    Attributes
    ----------
    name : str
        One of ``DESIGNS``.
    folds : tuple of Fold
        Empty when the design cannot be run.
    clusters : str
        Column of ``Cohort.groups`` by which its intervals are clustered.
    reason : str
        Why it cannot be run; empty when it can.
    note : str
        What a reader must know about how it was run.
    overlap : float
        How much wider than a bootstrap of the scores its intervals must be. Each fold's model
        learnt from the other folds' test companies, so errors of the folds go together
        (Bengio and Grandvalet 2004). Nadeau and Bengio (2003) add the ratio of test to training
        companies to the variance of a mean over folds: the factor is
        sqrt(1 + folds / (folds - 1)); 1 when no model learnt from what others were tested on.
    """

    name: str
    folds: tuple[Fold, ...]
    clusters: str = "connected_group"
    reason: str = ""
    note: str = ""
    overlap: float = 1.0


@dataclass(frozen=True)
class Validation:
    """What the designs gave.

    Attributes
    ----------
    designs : tuple of Design
        All of them, with the reason of those that could not be run.
    rankings : DataFrame
        One row per design, model and company ranked: ``design``, ``model``, ``company_id``,
        ``fold``, ``percentile`` (place among the companies of the same fold, from 0 to 1: scores
        of different folds are not on one scale), ``is_listed``, ``cluster``.
    """

    designs: tuple[Design, ...]
    rankings: pd.DataFrame


def validate_models(
    cohorts: Sequence[Cohort], choices: RiskChoices, rng: np.random.Generator
) -> Validation:
    """Rank the companies of the last cohort out of fold, under every design.

    No company, and under the grouped designs no group, is ever in training and test at once.
    Features about listed neighbours are made anew for every fold, as if the companies tested had
    no entry.

    Parameters
    ----------
    cohorts : sequence of Cohort
        By day, rising; the last one is ranked, earlier ones train the design "forward in time".
    choices : RiskChoices
        Learners, and folds wanted; fewer are made when there are fewer groups or listed companies.
    rng : numpy.random.Generator
    """
    rows = _Rows.of(cohorts)
    designs, rankings = [], []
    for build in (_random, _connected, _by_region, _forward):
        design = build(rows, choices.folds, rng)
        ranked, unfit = _rank_out_of_fold(rows, design, choices, rng)
        if unfit and len(unfit) == len(design.folds):
            reason = "no training fold holds both listed and unlisted companies"
            design = replace(design, folds=(), reason=reason)
        elif unfit:
            note = f"{len(unfit)} of {len(design.folds)} folds left out: nobody listed to train on"
            design = replace(design, note=_join(design.note, note))
        designs.append(design)
        rankings.extend(ranked)
    columns = ["design", "model", "company_id", "fold", "percentile", "is_listed", "cluster"]
    frame = pd.concat(rankings) if rankings else pd.DataFrame(columns=columns)
    return Validation(tuple(designs), frame[columns].reset_index(drop=True))


@dataclass(frozen=True)
class _Rows:
    """All cohorts under one another; the last one's rows are those that can be tested."""

    cohorts: tuple[Cohort, ...]
    features: pd.DataFrame
    is_listed: np.ndarray
    listed: pd.DataFrame
    exposed: pd.DataFrame
    company: np.ndarray
    group: np.ndarray
    region: pd.Series
    first_active_on: pd.Series
    cohort: np.ndarray
    closed: np.ndarray
    evaluated: np.ndarray

    @classmethod
    def of(cls, cohorts: Sequence[Cohort]) -> _Rows:
        last = cohorts[-1]
        features = stack_features([cohort.features for cohort in cohorts])
        groups = pd.concat([cohort.groups for cohort in cohorts])
        group = _spread_groups(cohorts)
        number = np.repeat(np.arange(len(cohorts)), [len(c.features) for c in cohorts])
        closed = np.array([c.window_closes <= last.as_of for c in cohorts])[number]
        return cls(
            cohorts=tuple(cohorts),
            features=features,
            is_listed=np.concatenate([c.labels["is_listed"].to_numpy(bool) for c in cohorts]),
            listed=pd.concat([c.listed for c in cohorts]).fillna(False).astype(bool),
            exposed=pd.concat([c.exposed for c in cohorts]).fillna(False).astype(bool),
            company=features.index.to_numpy(),
            group=group,
            region=groups["buyer_region"].reset_index(drop=True),
            first_active_on=groups["first_active_on"].reset_index(drop=True),
            cohort=number,
            closed=closed,
            evaluated=np.flatnonzero(number == len(cohorts) - 1),
        )

    def split(self, fold: Fold) -> tuple[LearningRows, pd.DataFrame]:
        """Return whom to learn from, and those tested as if they had no entry."""
        features = self._describe(fold)
        train = LearningRows(
            features.iloc[fold.train],
            self.is_listed[fold.train],
            self.listed.iloc[fold.train],
            self.exposed.iloc[fold.train],
            self.group[fold.train],
        )
        return train, features.iloc[fold.test]

    def _describe(self, fold: Fold) -> pd.DataFrame:
        if all(cohort.nearness is None for cohort in self.cohorts):
            return self.features
        held_out = np.unique(self.company[fold.test])
        near = pd.concat(
            [
                cohort.nearness.columns(cohort.features.index, held_out)
                if cohort.nearness
                else pd.DataFrame(index=cohort.features.index)
                for cohort in self.cohorts
            ]
        )
        return pd.concat([self.features, near], axis=1)

    def cluster(self, column: str, rows: np.ndarray) -> np.ndarray:
        if column == "buyer_region":
            return self.region.iloc[rows].fillna("unknown").to_numpy()
        return self.group[rows]


def _random(rows: _Rows, folds: int, rng: np.random.Generator) -> Design:
    from sklearn.model_selection import StratifiedKFold

    listed = rows.is_listed[rows.evaluated]
    folds = min(folds, int(listed.sum()), int((~listed).sum()))
    if folds < 2:
        return Design(RANDOM, (), reason=f"{listed.sum()} listed companies cannot fill two folds")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=_seed(rng))
    splits = splitter.split(np.zeros(len(listed)), listed)
    note = "a contrast: connected firms may be on both sides, so it flatters the ranking"
    return Design(RANDOM, _folds(rows, splits), note=note, overlap=_overlap(folds))


def _connected(rows: _Rows, folds: int, rng: np.random.Generator) -> Design:
    groups = rows.group[rows.evaluated]
    splits, reason = _split_groups(rows, groups, folds, rng, "groups of connected firms")
    return Design(CONNECTED, _folds(rows, splits), reason=reason, overlap=_overlap(len(splits)))


def _by_region(rows: _Rows, folds: int, rng: np.random.Generator) -> Design:
    regions = rows.region.iloc[rows.evaluated]
    if regions.nunique() < 2:
        reason = f"{regions.nunique()} region of buyers known; two or more are needed"
        return Design(REGION, (), "buyer_region", reason)
    groups = pd.factorize(regions.fillna("unknown"))[0]
    splits, reason = _split_groups(rows, groups, folds, rng, "regions of buyers", largest=1.0)
    clusters = "buyer_region" if len(np.unique(groups)) >= 10 else "connected_group"
    note = ""
    if clusters != "buyer_region":
        note = "fewer than ten regions: intervals are clustered by connected firm, not by region"
    note = "" if reason else note
    return Design(REGION, _folds(rows, splits), clusters, reason, note, _overlap(len(splits)))


def _forward(rows: _Rows, folds: int, rng: np.random.Generator) -> Design:
    earlier = np.flatnonzero(rows.closed & (rows.cohort < rows.cohort.max(initial=0)))
    if rows.is_listed[earlier].any():
        groups = rows.group[rows.evaluated]
        splits, reason = _split_groups(rows, groups, folds, rng, "groups of connected firms")
        made = [
            Fold(earlier[~np.isin(rows.group[earlier], groups[test])], rows.evaluated[test])
            for _, test in splits
        ]
        note = "trained on earlier days whose windows had closed, on firms other than those ranked"
        return Design(FORWARD, tuple(made), reason=reason, note=note)
    return _later_firms(rows)


def _later_firms(rows: _Rows) -> Design:
    """Train on the firms first seen in the earlier half, rank those first seen later."""
    seen_on = rows.first_active_on.iloc[rows.evaluated]
    if seen_on.nunique() < 2:
        return Design(
            FORWARD, (), reason="one day of features, and all firms first seen on one day"
        )
    middle = seen_on.sort_values(ignore_index=True).iloc[(len(seen_on) - 1) // 2]
    middle = middle if (seen_on > middle).any() else middle - pd.Timedelta(days=1)
    is_late = (seen_on > middle).to_numpy()
    early, late = rows.evaluated[~is_late], rows.evaluated[is_late]
    early = early[~np.isin(rows.group[early], rows.group[late])]
    note = (
        f"only one day of features with closed windows: trained on firms first seen by "
        f"{middle.date()}, ranks firms first seen later; not a forecast"
    )
    if not rows.is_listed[early].any() or not rows.is_listed[late].any():
        return Design(FORWARD, (), reason="no listed company on both sides of the middle date")
    return Design(FORWARD, (Fold(early, late),), note=note)


def _split_groups(
    rows: _Rows,
    groups: np.ndarray,
    folds: int,
    rng: np.random.Generator,
    words: str,
    *,
    largest: float = _LARGEST_SHARE,
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    from sklearn.model_selection import StratifiedGroupKFold

    listed = rows.is_listed[rows.evaluated]
    with_listed = len(np.unique(groups[listed]))
    if with_listed < 2:
        return [], f"listed companies are in {with_listed} of the {words}; two or more are needed"
    share = np.bincount(pd.factorize(groups)[0]).max() / len(groups)
    if share > largest:
        return [], f"one of the {words} holds {share:.0%} of the companies and cannot be split"
    folds = min(folds, with_listed, int((~listed).sum()))
    if folds < 2:
        return [], "no unlisted companies to rank against"
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=_seed(rng))
    return list(splitter.split(np.zeros(len(listed)), listed, groups)), ""


def _rank_out_of_fold(
    rows: _Rows, design: Design, choices: RiskChoices, rng: np.random.Generator
) -> tuple[list[pd.DataFrame], list[int]]:
    parts: list[pd.DataFrame] = []
    unfit = []
    for number, fold in enumerate(design.folds):
        if len(np.unique(rows.is_listed[fold.train])) < 2:
            unfit.append(number)
            continue
        train, test = rows.split(fold)
        for name in [name for name in choices.learners if not why_not(name, train)]:
            scores = pd.Series(fit_learner(name, train, choices, rng).score(test))
            parts.append(
                pd.DataFrame(
                    {
                        "design": design.name,
                        "model": name,
                        "company_id": rows.company[fold.test],
                        "fold": number,
                        "percentile": ((scores.rank() - 0.5) / len(scores)).to_numpy(),
                        "is_listed": rows.is_listed[fold.test],
                        "cluster": rows.cluster(design.clusters, fold.test),
                    }
                )
            )
    order = {name: place for place, name in enumerate(choices.learners)}
    return sorted(parts, key=lambda part: order[part["model"].iloc[0]]), unfit


def _spread_groups(cohorts: Sequence[Cohort]) -> np.ndarray:
    """Return group numbers over all cohorts, so that companies once connected stay together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    companies = np.concatenate([cohort.features.index.to_numpy() for cohort in cohorts])
    links = np.concatenate(
        [
            np.char.add(f"{number}/", cohort.groups["connected_group"].to_numpy().astype(str))
            for number, cohort in enumerate(cohorts)
        ]
    )
    company, link = pd.factorize(companies)[0], pd.factorize(links)[0]
    n_companies = company.max(initial=-1) + 1
    size = n_companies + link.max(initial=-1) + 1
    graph = coo_matrix((np.ones(len(company)), (company, n_companies + link)), shape=(size, size))
    return pd.factorize(connected_components(graph, directed=False)[1][company])[0]


def _folds(rows: _Rows, splits: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[Fold, ...]:
    return tuple(Fold(rows.evaluated[train], rows.evaluated[test]) for train, test in splits)


def _overlap(folds: int) -> float:
    return float(np.sqrt(1 + folds / (folds - 1))) if folds > 1 else 1.0


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31 - 1))


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
