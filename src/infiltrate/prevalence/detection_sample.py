"""Represent the many firms that no list names by a weighted sample of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infiltrate.prevalence.detection_data import DetectionData

_SCORE_CLASSES = 10


def sample_unlisted(
    data: DetectionData, score: np.ndarray | None, size: int, rng: np.random.Generator
) -> DetectionData:
    """Keep all listed firms and draw unlisted ones by area, section and class of score.

    Parameters
    ----------
    data : DetectionData
        All firms.
    score : numpy.ndarray, shape (n,), or None
        Any ranking of infiltration; half of the sample goes to the strata in proportion to their
        firms, half in proportion to their firms times the rank of the class. None draws without
        classes.
    size : int
        About how many unlisted firms to keep; every stratum keeps at least one.
    rng : numpy.random.Generator
        Draws the firms.

    Returns
    -------
    DetectionData
        Sorted as the firms were; the weights of each stratum add up to its firms.
    """
    unlisted = np.flatnonzero(~data.listed.any(axis=1))
    stratum = data.area[unlisted].astype(np.int64) * len(data.sections) + data.section[unlisted]
    grade = np.zeros(len(unlisted), dtype=np.int64)
    if score is not None:
        order = np.argsort(score[unlisted], kind="stable")
        rank = np.empty(len(unlisted))
        rank[order] = np.arange(len(unlisted)) / max(len(unlisted), 1)
        # classes halve towards the top, where nearly all of the infiltrated are
        grade = np.minimum(-np.log2(1 - rank).astype(np.int64), _SCORE_CLASSES - 1)
    stratum = stratum * _SCORE_CLASSES + grade
    order = np.lexsort((rng.random(len(unlisted)), stratum))
    _, starts, codes, firms = np.unique(
        stratum[order], return_index=True, return_inverse=True, return_counts=True
    )
    grades = grade[order][starts]
    even, graded = firms / firms.sum(), firms * (1.0 + grades) ** 2
    wanted = size * (even + graded / graded.sum()) / 2
    kept = np.clip(np.rint(wanted), 1, firms).astype(np.int64)
    place = np.arange(len(order)) - starts[codes]
    chosen = place < kept[codes]
    weight = np.ones(len(data.weight))
    weight[unlisted[order]] = (firms / kept)[codes]
    rows = np.sort(
        np.concatenate([np.flatnonzero(data.listed.any(axis=1)), unlisted[order[chosen]]])
    )
    return replace(data, weight=data.weight * weight).take(rows)
