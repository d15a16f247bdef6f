"""Turn the lists of a study and what is known of its firms into data of the detection model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from infiltrate.errors import CheckFailed, Problem
from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.lag import find_passed_lag
from infiltrate.prevalence.lists import ListsData

UNKNOWN = "unknown"
"""Area or section of firms of which it is not known."""


def build_detection_data(
    lists: ListsData,
    signs: pd.DataFrame,
    reach: Mapping[str, pd.DataFrame],
    cluster: np.ndarray | None = None,
    *,
    with_lag: bool = True,
) -> DetectionData:
    """Put lists, signs of infiltration and reach of detection side by side.

    Parameters
    ----------
    lists : ListsData
        Lists that all mean organised crime; ``data.organised_crime`` for a study.
    signs : pandas.DataFrame
        One row per company, in the order of ``lists.companies``; numbers. A missing value becomes
        the median, and its being missing a column of its own.
    reach : mapping of str to pandas.DataFrame
        By list id, what makes the list likelier to find an infiltrated firm, as ``signs``; lists
        that are left out have none.
    cluster : numpy.ndarray of int, optional
        Network component of each company; each its own when left out.
    with_lag : bool
        Whether infiltrations are taken as detectable only after the lag of a list; see
        `find_passed_lag`.

    Raises
    ------
    CheckFailed
        When a frame does not have one row per company.
    """
    companies, n = lists.companies, len(lists.companies)
    frames = {"signs": signs, **{f"reach of '{name}'": frame for name, frame in reach.items()}}
    problems = [
        Problem(name, f"{len(frame)} rows", f"{n}, one per company")
        for name, frame in frames.items()
        if len(frame) != n
    ]
    if problems:
        raise CheckFailed("What is known of firms does not fit the companies.", problems)
    area, areas = _code(companies["area_id"])
    section, sections = _code(companies["section"])
    return DetectionData(
        listed=lists.listed,
        exposed=lists.exposed,
        match=lists.match,
        X=_fill_missing(signs),
        Z=tuple(
            _fill_missing(reach[name]) if name in reach else np.zeros((n, 0))
            for name in lists.list_ids
        ),
        area=area,
        section=section,
        weight=np.ones(n),
        cluster=np.arange(n) if cluster is None else cluster,
        areas=areas,
        sections=sections,
        lists=lists.list_ids,
        ceiling=find_passed_lag(lists) if with_lag else None,
    )


def _code(names: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    known = names.astype(object).where(names.notna(), UNKNOWN).astype(str)
    values, codes = np.unique(known.to_numpy(dtype=str), return_inverse=True)
    return codes, tuple(str(value) for value in values)


def _fill_missing(frame: pd.DataFrame) -> np.ndarray:
    numbers = frame.astype(float)
    is_missing = numbers.isna()
    partly = is_missing.columns[is_missing.any()]
    filled = numbers.fillna(numbers.median()).fillna(0.0)
    return np.column_stack([filled.to_numpy(), is_missing[partly].to_numpy(dtype=float)])
