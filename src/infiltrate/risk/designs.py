"""Ways of keeping those a model learns from apart from those it is tested on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.risk.design_rows import UNKNOWN, DesignRows

RANDOM = "random by firm"
CONNECTED = "grouped by connected firm"
REGION = "grouped by buyer region"
FORWARD = "forward in time"
LIST_OUT = "on a list left out"
COMBINED = "forward, other region, not connected"
DESIGNS = (RANDOM, CONNECTED, REGION, FORWARD, LIST_OUT, COMBINED)

LEAST_TESTED = 5
"""Listed companies that an earlier day, or a list left out, must have to be tested on."""

_LARGEST_SHARE = 0.5
_MOST_DAYS = 3
_CLUSTERS = 10
_MOST_GROUPS = 1000


@dataclass(frozen=True)
class Fold:
    """Which rows train and which are ranked; rows count those of ``DesignRows``.

    Attributes
    ----------
    train, test : ndarray of int
    held_out : str
        The day ranked or the list left out; empty where that is the same for all folds.
    without_list : str
        List whose entries do not exist in training and are all that counts in testing; empty
        where all lists count in both.
    """

    train: np.ndarray
    test: np.ndarray
    held_out: str = ""
    without_list: str = ""


@dataclass(frozen=True)
class Design:
    """One way of keeping training and testing apart.

    Attributes
    ----------
    name : str
        One of ``DESIGNS``.
    folds : tuple of Fold
        Empty when the design cannot be run.
    clusters : {"connected_group", "buyer_region"}
        By what its intervals are clustered.
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


class CannotSplitError(Exception):
    """A design has too little to be run; the message is the reason."""


def build_designs(rows: DesignRows, folds: int, rng: np.random.Generator) -> tuple[Design, ...]:
    """Split the companies in every way; a way that cannot be gone has a reason and no folds.

    Parameters
    ----------
    rows : DesignRows
        The last day is tested; forward in time, up to two days before it as well.
    folds : int
        Wanted; fewer are made when there are fewer groups or listed companies.
    rng : numpy.random.Generator
    """
    ways: dict[str, Callable[[DesignRows, int, np.random.Generator], Design]] = {
        RANDOM: _random,
        CONNECTED: _connected,
        REGION: _by_region,
        FORWARD: _forward,
        LIST_OUT: _list_out,
        COMBINED: _combined,
    }
    designs = []
    for name, way in ways.items():
        try:
            design = way(rows, folds, rng)
        except CannotSplitError as error:
            design = Design(name, (), reason=str(error))
        designs.append(design)
    return tuple(designs)


def _random(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    from sklearn.model_selection import StratifiedKFold

    latest = rows.latest
    listed = rows.is_listed[latest]
    folds = min(folds, int(listed.sum()), int((~listed).sum()))
    if folds < 2:
        raise CannotSplitError("fewer than two listed or unlisted companies cannot fill two folds")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=_seed(rng))
    made = [Fold(latest[train], latest[test]) for train, test in splitter.split(listed, listed)]
    note = "a contrast: connected firms may be on both sides, so it flatters the ranking"
    return Design(RANDOM, tuple(made), note=note, overlap=_overlap(folds))


def _connected(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    latest = rows.latest
    tests = _parts_by_group(rows, latest, folds, rng)
    made, note = _fit_to_learn(
        rows, [Fold(np.setdiff1d(latest, test, assume_unique=True), test) for test in tests]
    )
    note = _join(note, _cut(rows))
    return Design(CONNECTED, made, note=note, overlap=_overlap(len(tests)))


def _by_region(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    latest = rows.latest
    tests, clusters, few = _parts_by_region(rows, latest, folds, rng)
    made, note = _fit_to_learn(
        rows, [Fold(rows.apart_from(latest, test, regions=True), test) for test in tests]
    )
    note = _join(note, _buffer(made, len(latest)), few, _cut(rows))
    return Design(REGION, made, clusters, note=note, overlap=_overlap(len(tests)))


def _forward(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    periods, told = _periods(rows)
    made: list[Fold] = []
    for period in periods:
        whole = not period.day  # whoever came earlier and whoever came later are two parts already
        tests = [period.test] if whole else _parts_by_group(rows, period.test, folds, rng)
        made += [Fold(rows.apart_from(period.train, test), test, period.day) for test in tests]
    kept, note = _fit_to_learn(rows, made)
    overlap = 1.0 if len(periods) == 1 else _overlap(folds)
    return Design(FORWARD, kept, note=_join(told, note, _cut(rows)), overlap=overlap)


def _list_out(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    names = list(rows.listed)
    if len(names) < 2:
        raise CannotSplitError(f"{len(names)} list is predicted; two or more are needed")
    latest = rows.latest
    made: list[Fold] = []
    left_in = []
    for name in names:
        labels = rows.labels(without_list=name)
        alone = rows.is_listed[latest] & ~labels[latest]
        learn = latest
        if labels[latest].sum() < LEAST_TESTED:  # the other lists may have ended before
            learn = np.concatenate([rows.closed_before(len(rows.days) - 1), latest])
        if min(alone.sum(), labels[learn].sum()) < LEAST_TESTED:
            left_in.append(
                f"'{name}' was not left out: fewer than {LEAST_TESTED} companies are "
                f"{'on it alone' if alone.sum() < LEAST_TESTED else 'on the others'}"
            )
            continue
        could = alone | (~rows.is_listed[latest] & rows.exposed[name].to_numpy(bool)[latest])
        tests = _parts_by_group(rows, latest[could], folds, rng)
        made += [Fold(rows.apart_from(learn, test), test, name, name) for test in tests]
    if not made:
        raise CannotSplitError("; ".join(left_in))
    kept, note = _fit_to_learn(rows, made)
    told = (
        "in training each list in turn does not exist; ranked are companies that it alone names "
        "and unlisted ones that its rule could have named, these once for each list"
    )
    note = _join(told, *left_in, note, _cut(rows))
    return Design(LIST_OUT, kept, note=note, overlap=_overlap(folds))


def _combined(rows: DesignRows, folds: int, rng: np.random.Generator) -> Design:
    periods, told = _periods(rows)
    made: list[Fold] = []
    for period in periods:
        tests, clusters, few = _parts_by_region(rows, period.test, folds, rng)
        made += [
            Fold(rows.apart_from(period.train, test, regions=True), test, period.day)
            for test in tests
        ]
    kept, note = _fit_to_learn(rows, made)
    buffer = _buffer(kept, max(len(period.train) for period in periods))
    overlap = 1.0 if len(periods) == 1 else _overlap(folds)
    note = _join("the headline", told, note, buffer, few, _cut(rows))
    return Design(COMBINED, kept, clusters, note=note, overlap=overlap)


@dataclass(frozen=True, eq=False)
class _Period:
    """Who may be learnt from before a day, and who is ranked; no day where firms came in turn."""

    day: str
    train: np.ndarray
    test: np.ndarray


def _periods(rows: DesignRows) -> tuple[list[_Period], str]:
    last = len(rows.days) - 1
    found = [
        _Period(rows.days[number].isoformat(), rows.closed_before(number), rows.of_day(number))
        for number in range(1, last + 1)
        if number == last or rows.is_listed[rows.of_day(number)].sum() >= LEAST_TESTED
    ]
    kept = [period for period in found if rows.is_listed[period.train].any()][-_MOST_DAYS:]
    if not kept or kept[-1].day != rows.days[last].isoformat():
        return _later_firms(rows)
    note = "trained on earlier days whose windows had closed, on firms other than those ranked"
    if len(kept) > 1:
        note += f"; ranked in turn as of {' and '.join(period.day for period in kept)}"
    return kept, note


def _later_firms(rows: DesignRows) -> tuple[list[_Period], str]:
    """Train on the firms first seen in the earlier half, rank those first seen later."""
    latest = rows.latest
    seen_on = rows.first_active_on.iloc[latest]
    if seen_on.nunique() < 2:
        raise CannotSplitError("one day of features, and all firms first seen on one day")
    middle = seen_on.sort_values(ignore_index=True).iloc[(len(seen_on) - 1) // 2]
    middle = middle if (seen_on > middle).any() else middle - pd.Timedelta(days=1)
    is_late = (seen_on > middle).to_numpy()
    early, late = latest[~is_late], latest[is_late]
    if not rows.is_listed[early].any() or not rows.is_listed[late].any():
        raise CannotSplitError("no listed company on both sides of the middle date")
    note = (
        f"only one day of features with closed windows: trained on firms first seen by "
        f"{middle.date()}, ranks firms first seen later; not a forecast"
    )
    return [_Period("", early, late)], note


def _parts_by_group(
    rows: DesignRows, tested: np.ndarray, folds: int, rng: np.random.Generator
) -> list[np.ndarray]:
    groups = rows.group[tested]
    share = np.bincount(pd.factorize(groups)[0]).max(initial=0) / max(len(groups), 1)
    words = "groups of connected firms"
    if share > _LARGEST_SHARE and len(np.unique(groups)) > 1:
        raise CannotSplitError(
            f"one of the {words} holds {share:.0%} of the companies and cannot be split"
        )
    return _split_groups(rows, tested, groups, folds=folds, rng=rng, words=words)


def _parts_by_region(
    rows: DesignRows, tested: np.ndarray, folds: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], str, str]:
    """Return the parts, by what to cluster intervals, and what to say of that."""
    regions = rows.region.iloc[tested]
    known = regions[regions != UNKNOWN].nunique()
    if known < 2:
        raise CannotSplitError(f"{known} region of buyers known; two or more are needed")
    groups = pd.factorize(regions)[0]
    tests = _split_groups(rows, tested, groups, folds=folds, rng=rng, words="regions of buyers")
    if regions.nunique() >= _CLUSTERS:
        return tests, "buyer_region", ""
    note = "fewer than ten regions: intervals are clustered by connected firm, not by region"
    return tests, "connected_group", note


def _split_groups(
    rows: DesignRows,
    tested: np.ndarray,
    groups: np.ndarray,
    *,
    folds: int,
    rng: np.random.Generator,
    words: str,
) -> list[np.ndarray]:
    from sklearn.model_selection import StratifiedGroupKFold

    listed = rows.is_listed[tested]
    with_listed = len(np.unique(groups[listed]))
    if with_listed < 2:
        raise CannotSplitError(f"listed companies are in fewer than two of the {words}")
    folds = min(folds, with_listed, int((~listed).sum()))
    if folds < 2:
        raise CannotSplitError("no unlisted companies to rank against")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=_seed(rng))
    bundles = _bundle(groups, listed, rng)
    return [tested[test] for _, test in splitter.split(listed, listed, bundles)]


def _bundle(groups: np.ndarray, listed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put very many groups together, as alike as can be, so that they are dealt out quickly."""
    code = pd.factorize(groups)[0]
    n_groups = code.max() + 1
    if n_groups <= _MOST_GROUPS:
        return code
    sizes, of_listed = np.bincount(code), np.bincount(code, listed)
    largest_first = np.lexsort((rng.random(n_groups), sizes, of_listed))[::-1]
    bundle = np.empty(n_groups, dtype=np.int64)
    bundle[largest_first] = np.arange(n_groups) % _MOST_GROUPS
    return bundle[code]


def _fit_to_learn(rows: DesignRows, folds: Sequence[Fold]) -> tuple[tuple[Fold, ...], str]:
    """Return the folds with listed and unlisted companies to learn from, and how many were not."""
    kept = [
        fold
        for fold in folds
        if len(np.unique(rows.labels(fold.without_list)[fold.train])) == 2 and len(fold.test)
    ]
    if not kept:
        raise CannotSplitError("no training fold holds both listed and unlisted companies")
    left_out = len(folds) - len(kept)
    told = f"{left_out} of {len(folds)} folds left out: nobody listed to train on"
    return tuple(kept), told if left_out else ""


def _buffer(folds: Sequence[Fold], pool: int) -> str:
    fewest = min(len(fold.train) for fold in folds)
    return (
        "nobody is learnt from who deals in the regions ranked or is tied to a firm ranked; "
        f"between {fewest:,} and {max(len(fold.train) for fold in folds):,} of {pool:,} remain"
    )


def _cut(rows: DesignRows) -> str:
    if not rows.is_cut:
        return ""
    return "the largest networks were cut into communities, so some ties cross from side to side"


def _overlap(folds: int) -> float:
    return float(np.sqrt(1 + folds / (folds - 1))) if folds > 1 else 1.0


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31 - 1))


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
