"""Small countries as an estimator of a study gets them: lists, and evidence of each firm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.lists import ListsData
from tests.prevalence.examples import lists_data
from tests.prevalence.toy_country import ToyCountry


def random_country(
    seed: int,
    firms: int = 400,
    chances: tuple[float, ...] = (0.4, 0.3, 0.35, 0.25),
    share: float = 0.2,
) -> tuple[ListsData, FirmEvidence, np.ndarray]:
    """Draw a country whose lists are random samples of its infiltrated firms, and the truth.

    Firms come in groups of up to three that look alike and are named together; every list can
    name every firm, and only infiltrated ones.
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(0, max(firms // 2, 1), firms)
    infiltrated = rng.random(firms) < share
    common = rng.normal(size=firms)[group]
    signs = rng.normal(size=(firms, 3)) + common[:, np.newaxis] + 1.5 * infiltrated[:, np.newaxis]
    together = rng.random((firms, len(chances)))[group]
    alone = rng.random((firms, len(chances)))
    luck = np.where(rng.random((firms, 1)) < 0.5, together, alone)
    listed = infiltrated[:, np.newaxis] & (luck < np.array(chances))
    lists = with_places(
        lists_data(listed.astype(float)), rng.integers(0, 4, firms), rng.integers(0, 3, firms)
    )
    frame = pd.DataFrame(signs, columns=["payroll", "turnover", "debt"])
    frame.loc[rng.random(firms) < 0.1, "debt"] = np.nan
    return lists, FirmEvidence(frame, pd.DataFrame({"size": common}), group), infiltrated


def with_places(lists: ListsData, area: np.ndarray, section: np.ndarray) -> ListsData:
    """Put companies in areas R0, R1, ... and sections A, B, ..."""
    companies = lists.companies.assign(
        area_id=[f"R{code}" for code in area], section=[chr(65 + code) for code in section]
    )
    return replace(lists, companies=companies)


def from_toy(toy: ToyCountry) -> tuple[ListsData, FirmEvidence]:
    """Hand a toy country over as a study would."""
    data = toy.data
    lists = replace(
        with_places(lists_data(data.listed.astype(float)), data.area, data.section),
        exposed=data.exposed,
    )
    signs = pd.DataFrame(data.X, columns=[f"sign_{k}" for k in range(data.X.shape[1])])
    return lists, FirmEvidence(signs, pd.DataFrame({"bank": data.Z[2][:, 0]}), data.cluster)


def selective_lists(seed: int, firms: int = 4000) -> tuple[ListsData, FirmEvidence, np.ndarray]:
    """Draw a country whose lists each look at other regions and sizes of firms."""
    lists, evidence, infiltrated = random_country(seed, firms)
    rng = np.random.default_rng([seed, 1])
    place = lists.companies["area_id"].str[1:].astype(int).to_numpy()
    size = evidence.reach["size"].to_numpy()
    odds = np.column_stack([-1.5 + size, -1.5 - size, 1.0 * (place < 2) - 2, 1.0 * (place > 1) - 2])
    listed = infiltrated[:, np.newaxis] & (rng.random(odds.shape) < expit(odds))
    return (
        replace(lists, listed=listed, match=listed.astype(float)),
        evidence,
        infiltrated,
    )
