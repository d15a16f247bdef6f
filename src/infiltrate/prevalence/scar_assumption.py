"""Whether the lists themselves contradict that listed firms are a random sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.lists import ListsData

LEAST_FIRMS = 20
"""Listed firms, one per cluster, below which nothing is tested."""

_REJECTED = 0.05
_MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class ScarTest:
    """A test of whether each list is a random sample of the same infiltrated firms.

    Attributes
    ----------
    p_value : float
        Missing when there is nothing to test.
    statistic : float
        Largest standardised difference between what was seen and what shuffled lists give.
    words : str
        What follows, for a reader.
    by_list : pandas.DataFrame
        One row per list, sorted: ``list_id``, ``firms`` (listed, one per cluster), ``p_value`` of
        the list alone, ``column`` in which its firms differ most from those of the other lists,
        and ``difference`` in standard deviations of listed firms.
    """

    p_value: float
    statistic: float
    words: str
    by_list: pd.DataFrame


def test_scar(
    lists: ListsData, evidence: FirmEvidence, rng: np.random.Generator, permutations: int = 999
) -> ScarTest:
    """Test whether the lists name the same kinds of firms in the same places.

    If listed firms were a random sample of infiltrated ones ("selected completely at random"),
    every list would be one, and among listed firms neither signs nor reach nor place would tell
    which list names a firm.

    Parameters
    ----------
    lists : ListsData
        Two or more lists that mean the same thing; ``data.organised_crime`` for a study.
    evidence : FirmEvidence
        Of the same companies; signs and reach.
    rng : numpy.random.Generator
        Picks one listed firm per cluster, whose members are often named together, and shuffles.
    permutations : int
        How often whole rows of entries are shuffled among listed firms.

    Notes
    -----
    Being on list k is compared with the columns known of firms, with their areas and with their
    sections, by the sum of squared covariances (the global test of Goeman et al. 2006,
    https://doi.org/10.1111/j.1467-9868.2006.00551.x): among all listed firms, and among those on
    some other list. The largest of the six standardised sums is judged against the same largest
    one of shuffled rows, so the p-value is exact. An exposure rule is a way of not being random
    and counts as such; so do wrong entries. A test cannot see what all lists miss alike: not
    rejecting says little.
    """
    known = pd.concat([evidence.signs, evidence.reach], axis=1)
    known = known.loc[:, ~known.columns.duplicated()]
    data = build_detection_data(lists, known, {}, evidence.cluster, with_lag=False)
    rows = _one_per_cluster(data, rng)
    named = np.flatnonzero(data.listed[rows].any(axis=0) & ~data.listed[rows].all(axis=0))
    if len(named) < 2 or len(rows) < LEAST_FIRMS:
        return _untested(lists, len(rows), len(named))
    data = data.take(rows).keep_lists(named)
    blocks = [_scale(data.X), _dummies(data.area), _dummies(data.section)]
    contrasts = _contrast_lists(data.listed)
    seen = _measure(blocks, contrasts)
    shuffled = np.stack(
        [_measure(blocks, contrasts[rng.permutation(len(rows))]) for _ in range(permutations)]
    )
    statistic, p_value = _judge(seen.sum(axis=2), shuffled.sum(axis=3))
    by_list = _describe_lists(data, known, blocks[0], contrasts)
    by_list["p_value"] = [_judge(seen[:, :, k], shuffled[:, :, :, k])[1] for k in range(len(named))]
    words = _put_in_words(p_value, by_list, len(rows))
    return ScarTest(p_value, statistic, words, by_list[_COLUMNS])


_COLUMNS = ["list_id", "firms", "p_value", "column", "difference"]


def _one_per_cluster(data: DetectionData, rng: np.random.Generator) -> np.ndarray:
    listed = rng.permutation(np.flatnonzero(data.listed.any(axis=1)))
    _, first = np.unique(data.cluster[listed], return_index=True)
    return np.sort(listed[first])


def _untested(lists: ListsData, firms: int, usable: int) -> ScarTest:
    why = (
        f"{usable} of the lists tells listed firms apart, and two are needed"
        if usable < 2
        else f"only {firms} firms are listed, counting one of each group"
    )
    words = (
        f"Whether listed firms are a random sample of infiltrated ones cannot be tested: {why}. "
        "Nothing speaks for it."
    )
    return ScarTest(float("nan"), float("nan"), words, pd.DataFrame(columns=_COLUMNS))


def _scale(X: np.ndarray) -> np.ndarray:
    """Centre and scale among listed firms, so that each column weighs the same."""
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 1e-12, spread, np.inf)


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, np.newaxis] == np.unique(codes)).astype(float)


def _contrast_lists(listed: np.ndarray) -> np.ndarray:
    """Centre and scale being on each list, shape (n, 2, K).

    First among all firms; then among those on some other list, the rest being 0.
    """
    on = listed.astype(float)
    others = on.sum(axis=1, keepdims=True) - on > 0
    share = (on * others).sum(axis=0) / np.maximum(others.sum(axis=0), 1)
    both = np.stack([on - on.mean(axis=0), (on - share) * others], axis=1)
    length = np.sqrt((both**2).sum(axis=0))
    return both / np.where(length > 1e-9, length, np.inf)


def _measure(blocks: list[np.ndarray], contrasts: np.ndarray) -> np.ndarray:
    """Return sums of squared covariances by block, comparison and list, shape (3, 2, K)."""
    flat = contrasts.reshape(len(contrasts), -1)
    return np.stack(
        [((block.T @ flat) ** 2).sum(axis=0).reshape(contrasts.shape[1:]) for block in blocks]
    )


def _judge(seen: np.ndarray, shuffled: np.ndarray) -> tuple[float, float]:
    """Return the largest standardised sum and its p-value, the seen one among the shuffled."""
    everything = np.concatenate([seen[np.newaxis], shuffled])
    spread = everything.std(axis=0)
    distance = (everything - everything.mean(axis=0)) / np.where(spread > 1e-12, spread, np.inf)
    largest = distance.reshape(len(everything), -1).max(axis=1)
    return float(largest[0]), float((largest >= largest[0] - 1e-12).mean())


def _describe_lists(
    data: DetectionData, known: pd.DataFrame, X: np.ndarray, contrasts: np.ndarray
) -> pd.DataFrame:
    partly = [f"{name} missing" for name in known.columns[known.isna().any()]]
    names = [*map(str, known.columns), *partly]
    rows = []
    for k, list_id in enumerate(data.lists):
        on = data.listed[:, k]
        apart = X[on].mean(axis=0) - X[~on].mean(axis=0)
        most = int(np.argmax(np.abs(apart))) if len(apart) else -1
        rows.append(
            {
                "list_id": list_id,
                "firms": int(on.sum()),
                "column": names[most] if len(apart) else "",
                "difference": float(apart[most]) if len(apart) else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _put_in_words(p_value: float, by_list: pd.DataFrame, firms: int) -> str:
    if p_value > _REJECTED:
        return (
            f"Among {firms:,} listed firms the lists do not contradict that each is a random "
            f"sample of infiltrated ones (p = {p_value:.2f}). This is no proof: what all lists "
            "miss alike cannot be seen, and few firms show large differences only."
        )
    apart = by_list[by_list["p_value"] <= _REJECTED].sort_values(["p_value", "list_id"])
    told = [
        f"'{row.list_id}' (most in {row.column.replace('_', ' ')}, {row.difference:+.1f} standard "
        "deviations)"
        if row.column
        else f"'{row.list_id}'"
        for row in apart.head(_MOST_NAMED).itertuples()
    ]
    which = f" Firms on {', '.join(told)} are not like those on other lists." if told else ""
    chance = "< 0.01" if p_value < 0.01 else f"= {p_value:.2f}"
    return (
        f"The lists do not name the same kinds of firms in the same places (p {chance}): listed "
        f"firms are no random sample of infiltrated ones, and the comparators are wrong.{which}"
    )
