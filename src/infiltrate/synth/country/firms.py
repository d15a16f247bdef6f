"""The firms of a synthetic country, which of them are infiltrated, and what it does to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.synth.country.cards import TYPES, Card
from infiltrate.synth.country.places import DIVISIONS, Places
from infiltrate.synth.scenario import generator_for, logistic, solve_intercept

FEATURES = (
    "thin_payroll",
    "asset_turnover",
    "material_share",
    "low_margin",
    "revenue_growth",
    "director_turnover",
    "ownership_opacity",
    "inventory_share",
)
"""What infiltration shifts, in standard deviations of honest firms; the last is a placebo."""

_SHIFT = np.array(
    [
        [0.9, 0.3, 0.8, 0.5, -0.2, 0.6, 0.4, 0.0],
        [0.2, 0.9, 0.1, 0.6, 0.6, 0.3, 0.5, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    ]
)
DISSOLVED_SHARE = 0.25
"""Firms dissolved in the years of the study, for each active one."""
_GROUPED = 0.35
_DAY = np.timedelta64(1, "D")


def draw_firms(card: Card, places: Places, firms: int, seed: int) -> pd.DataFrame:
    """Draw the active firms, then those dissolved in the years of the study.

    Returns
    -------
    pandas.DataFrame
        One row per firm, active ones first, both parts sorted by ``number``: ``number`` (below
        90 million), ``province`` and ``division`` (positions), ``size`` (standardised log),
        ``age_years``, ``sells`` (to the public sector), ``bank`` (client of one), ``group`` (firms
        that share an officer), ``born_on``, ``dissolved_on``, ``infiltrated``, ``type`` (position
        in ``TYPES``, -1 for none), ``since_on``, ``evades``, ``files_accounts`` (in any year),
        one column per feature and ``growth_shift``, the part of ``revenue_growth`` that comes of
        infiltration.
    """
    frame = _draw_population(card, places, firms, seed)
    frame = frame.assign(group=_group_firms(frame, places, seed))
    frame = frame.assign(infiltrated=_infiltrate(frame, card, places, firms, seed))
    frame = frame.assign(**_type_firms(frame, card, seed))
    frame = frame.assign(files_accounts=_choose_filers(frame, seed))
    shifted, shift = _leave_signature(frame, card, seed)
    features = {name: shifted[:, j] for j, name in enumerate(FEATURES)}
    return frame.assign(**features, growth_shift=shift[:, FEATURES.index("revenue_growth")])


def _draw_population(card: Card, places: Places, firms: int, seed: int) -> pd.DataFrame:
    rng = generator_for(seed, "firms")
    dissolved = round(DISSOLVED_SHARE * firms)
    count = firms + dissolved
    number = rng.choice(90_000_000, count, replace=False)
    size = rng.normal(size=count)
    division = _choose(places.division_weight, count, rng)
    demand = np.log([d.demand / d.weight for d in DIVISIONS])
    sells = logistic(card.supplier_odds + 0.5 * size + 0.4 * demand[division])
    age = 1.5 + rng.gamma(2.0, 5.0, count)
    observed = np.datetime64(card.observed_on)
    first = np.datetime64(f"{card.first_year}-02-01")
    # the last ones to close do so a little before the day of observation
    span = int((observed - first) / _DAY) - 60
    ended = first + rng.integers(0, span, count) * _DAY
    end = np.where(np.arange(count) < firms, observed, ended)
    return pd.DataFrame(
        {
            "number": np.concatenate([np.sort(number[:firms]), np.sort(number[firms:])]),
            "province": _choose(places.province_weight, count, rng),
            "division": division,
            "size": size,
            "age_years": age,
            "sells": rng.random(count) < sells,
            "bank": rng.random(count) < logistic(0.5 + 0.6 * size),
            "born_on": end - np.round(age * 365.25).astype(int) * _DAY,
            "dissolved_on": np.where(np.arange(count) < firms, np.datetime64("NaT"), ended),
        }
    )


def _choose(weight: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    cumulative = np.cumsum(weight)
    draw = rng.random(count) * cumulative[-1]
    return np.searchsorted(cumulative, draw, side="right").astype(np.int16)


def _group_firms(frame: pd.DataFrame, places: Places, seed: int) -> np.ndarray:
    """Return a number for each firm, the same for the two to eight of a region that are linked."""
    rng = generator_for(seed, "groups")
    count = len(frame)
    linked = np.flatnonzero(rng.random(count) < _GROUPED)
    region = places.province_region[frame["province"].to_numpy()[linked]]
    linked = linked[np.lexsort((rng.random(len(linked)), region))]
    region = np.sort(region)
    sizes = np.minimum(2 + rng.geometric(0.45, len(linked)), 8)
    starts = np.zeros(len(linked), dtype=bool)
    starts[np.cumsum(np.concatenate([[0], sizes]))[: len(sizes)].clip(max=len(linked) - 1)] = True
    starts[1:] |= region[1:] != region[:-1]
    group = np.arange(count)
    group[linked] = linked[np.flatnonzero(starts)[np.cumsum(starts) - 1]] if len(linked) else 0
    return group


def _infiltrate(
    frame: pd.DataFrame, card: Card, places: Places, firms: int, seed: int
) -> np.ndarray:
    """Draw seeds by place, sector and age, then let them spread along shared officers."""
    rng = generator_for(seed, "infiltration")
    count = len(frame)
    active = np.arange(count) < firms
    linear = places.province_effect[frame["province"]] + places.division_effect[frame["division"]]
    linear = linear + 0.25 * frame["sells"].to_numpy() - 0.03 * (frame["age_years"].to_numpy() - 10)
    linear = linear + np.where(active, 0.0, np.log(card.exit_odds))
    first, second = rng.random(count), rng.random(count)
    if card.prevalence == 0:
        return np.zeros(count, dtype=bool)
    seeds = card.prevalence * (1 - card.contagion)
    chance = logistic(linear + solve_intercept(linear[active], seeds))
    infiltrated = first < chance
    group = frame["group"].to_numpy()
    reached = np.isin(group, group[infiltrated]) & ~infiltrated
    wanted = card.prevalence * card.contagion * firms / max(1, (reached & active).sum())
    if wanted > 0 and (reached & active).any():
        intercept = solve_intercept(linear[reached & active], min(wanted, 0.6))
        infiltrated |= reached & (second < logistic(linear + intercept))
    return infiltrated


def _type_firms(frame: pd.DataFrame, card: Card, seed: int) -> dict[str, np.ndarray]:
    rng = generator_for(seed, "types")
    count = len(frame)
    infiltrated = frame["infiltrated"].to_numpy()
    draw = rng.random(count)
    share = np.cumsum(card.type_shares)
    kind = np.searchsorted(share, draw * share[-1], side="right").clip(max=len(TYPES) - 1)
    kind = np.where(infiltrated, kind, -1).astype(np.int8)
    # a functional firm is set up for crime; the others are taken over later in their life
    part = np.where(kind == 0, rng.beta(0.4, 4.0, count), rng.beta(1.0, 2.5, count))
    born = frame["born_on"].to_numpy()
    end = np.where(
        frame["dissolved_on"].isna(), np.datetime64(card.observed_on), frame["dissolved_on"]
    )
    since = born + np.round(part * ((end - born) / _DAY)).astype(int) * _DAY
    evades = (kind >= 0) & (kind < 2) & (rng.random(count) < card.evasion)
    return {
        "type": kind,
        "since_on": np.where(infiltrated, since, np.datetime64("NaT")),
        "evades": evades,
    }


def _choose_filers(frame: pd.DataFrame, seed: int) -> np.ndarray:
    """Draw the firms that file accounts: seven in ten, large ones above all."""
    rng = generator_for(seed, "filers")
    return rng.random(len(frame)) < logistic(1.35 + 0.8 * frame["size"].to_numpy())


def _leave_signature(frame: pd.DataFrame, card: Card, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the features, and how much of each is a shift; shape ``(n_firms, n_features)``."""
    rng = generator_for(seed, "signature")
    values = rng.normal(size=(len(frame), len(FEATURES)))
    shift = np.zeros_like(values)
    marked = np.flatnonzero(frame["infiltrated"].to_numpy())
    part = frame.iloc[marked]
    years = (np.datetime64(card.observed_on) - part["since_on"].to_numpy()) / (365.25 * _DAY)
    factor = card.strength * (1 - card.fading * np.exp(-np.maximum(years, 0.0) / 5.0))
    factor = np.where(part["evades"], -0.25 * factor, factor)
    shift[marked] = factor[:, None] * _SHIFT[part["type"].to_numpy()]
    return values + shift, shift


def name_types(kinds: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the names of types by position, empty for -1."""
    return np.array([*TYPES, ""], dtype=object)[np.asarray(kinds)]
