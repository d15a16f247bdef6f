"""A small country with known infiltration, for tests of estimators that see arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from infiltrate.prevalence.detection_data import DetectionData

LISTS = ("court", "interdictions", "intelligence", "media")
# what an analyst would write in a params file; not what the country does
FALSE_POSITIVES = ((1.0, 30.0), (2.0, 23.0), (3.0, 17.0), (3.0, 17.0))
LEVEL = (-2.6, -1.6, -1.7, -3.0)


@dataclass(frozen=True)
class Setting:
    """How hard the country is to read."""

    dependence: float = 0.8
    pure: float = 0.2
    pure_detection: float = 0.35
    false_rates: tuple[float, float, float, float] = (0.0, 0.0005, 0.001, 0.0)
    prevalence: float = 0.02
    effort_sd: float = 0.6


SETTINGS = {
    "clean": Setting(0.0, 0.0, 1.0, (0.0, 0.0, 0.0, 0.0)),
    "base": Setting(),
    "hard": Setting(1.5, 0.3, 0.15, (0.0, 0.001, 0.002, 0.0)),
    "undetectable": Setting(0.8, 0.3, 0.02),
    "no_effect": Setting(prevalence=0.0),
    "high": Setting(prevalence=0.08),
    "effort": Setting(effort_sd=1.0),
}


@dataclass(frozen=True, eq=False)
class ToyCountry:
    """Data an estimator may see, and the truth it may not."""

    data: DetectionData
    infiltrated: np.ndarray
    effort: np.ndarray
    false_share: np.ndarray


def make_toy_country(
    seed: int, setting: str = "base", firms: int = 20_000, areas: int = 20, sections: int = 15
) -> ToyCountry:
    """Draw one country of 20 regions and 15 sectors with four lists."""
    rules = SETTINGS[setting]
    rng = np.random.default_rng(seed)
    area = rng.choice(areas, firms, p=rng.dirichlet(np.full(areas, 4.0)))
    section = rng.choice(sections, firms, p=rng.dirichlet(np.full(sections, 4.0)))
    size = rng.normal(0, 1, firms)
    age = rng.gamma(2, 5, firms)
    appetite = 0.4 * rng.normal(0, 1, sections)
    supplier = rng.random(firms) < expit(-1.6 + 0.5 * size + appetite[section])
    group = _draw_groups(rng, firms)
    linear = (
        rng.normal(0, 0.8, areas)[area]
        + rng.normal(0, 0.6, sections)[section]
        + 0.25 * supplier
        - 0.03 * (age - 10)
        + rng.normal(0, 1.2, firms)[group]
    )
    infiltrated = rng.random(firms) < expit(linear + _intercept(linear, rules.prevalence))
    kind = np.where(infiltrated, rng.choice(3, firms, p=[0.45, 0.55 - rules.pure, rules.pure]), -1)
    signs = np.array(
        [[0.9, 0.3, 0.8, 0.5, -0.2, 0.6, 0.4, 0.0], [0.2, 0.9, 0.1, 0.6, 0.6, 0.3, 0.5, 0.0]]
    )
    features = rng.normal(0, 1, (firms, 8))
    features[kind == 0] += signs[0]
    features[kind == 1] += signs[1]
    bank = rng.random(firms) < expit(0.5 + 0.6 * size)
    effort = rng.normal(0, rules.effort_sd, (4, areas))
    odds = np.where(kind == 2, np.log(rules.pure_detection), 0.0)[:, None] + np.column_stack(
        [level + effort[k][area] for k, level in enumerate(LEVEL)]
    )
    odds[:, 0] += 0.3 * size
    odds[:, 2] += 0.7 * bank
    odds[:, 3] += 0.5 * size
    exposed = np.ones((firms, 4), dtype=bool)
    exposed[:, 1] = supplier
    listed, mistaken = _name_firms(rng, infiltrated, exposed, odds, group=group, rules=rules)
    data = DetectionData(
        listed=listed,
        exposed=exposed,
        match=listed.astype(float),
        X=np.column_stack([features, age, size, supplier]),
        Z=(size[:, None], np.zeros((firms, 0)), bank[:, None].astype(float), size[:, None]),
        area=area,
        section=section,
        weight=np.ones(firms),
        cluster=group,
        areas=tuple(f"R{code:02d}" for code in range(areas)),
        sections=tuple(chr(65 + code) for code in range(sections)),
        lists=LISTS,
    )
    share = mistaken.sum(axis=0) / np.maximum(listed.sum(axis=0), 1)
    return ToyCountry(data, infiltrated, effort, share)


def _draw_groups(rng: np.random.Generator, firms: int) -> np.ndarray:
    """Put a third of the firms in groups of shared officers; a group is named by one of them."""
    group = np.arange(firms)
    order = rng.permutation(firms)
    start = 0
    while start < firms * 0.35:
        members = order[start : start + 2 + rng.geometric(0.45)]
        group[members] = members[0]
        start += len(members)
    return group


def _intercept(linear: np.ndarray, prevalence: float) -> float:
    if prevalence == 0:
        return -np.inf
    low, high = -14.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if expit(middle + linear).mean() > prevalence else (middle, high)
    return low


def _name_firms(
    rng: np.random.Generator,
    infiltrated: np.ndarray,
    exposed: np.ndarray,
    odds: np.ndarray,
    *,
    group: np.ndarray,
    rules: Setting,
) -> tuple[np.ndarray, np.ndarray]:
    """Name firms rightly and wrongly; a court case leads to its group and to the newspapers."""
    shape = exposed.shape
    found = np.zeros(shape, dtype=bool)
    luck = rng.random(shape)
    found[:, 0] = infiltrated & (luck[:, 0] < expit(odds[:, 0]))
    cascade = np.isin(group, np.unique(group[found[:, 0]])) & ~found[:, 0]
    extra = np.column_stack(
        [
            np.zeros(len(group)),
            np.zeros(len(group)),
            0.8 * cascade,
            rules.dependence * found[:, 0],
        ]
    )
    found[:, 1:] = infiltrated[:, None] & (luck < expit(odds + extra))[:, 1:]
    found &= exposed
    wrong = exposed & ~infiltrated[:, None] & (rng.random(shape) < np.array(rules.false_rates))
    return found | wrong, wrong
