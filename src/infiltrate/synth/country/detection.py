"""How authorities find firms in the years their lists cover, and whom they name by mistake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.synth.country.cards import Card, ListCard
from infiltrate.synth.country.places import REGIONS, Places
from infiltrate.synth.scenario import generator_for, logistic

# the median of a gamma of shape 2 is 1.678 scales
_GAMMA_MEDIAN = 1.678
_MONTH = 30.4
_PERSISTENCE = 0.7
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Detection:
    """Who was named where and when.

    Attributes
    ----------
    entries : pandas.DataFrame
        One row per entry, by list and firm: ``list_id``, ``firm`` (position), ``listed_on``,
        ``correct``, ``annulled_on``, ``unmatched`` (nobody could say which company it is) and
        ``typed_wrong``.
    effort : pandas.DataFrame
        One row per list, region and year: ``log_odds`` against the list's level.
    """

    entries: pd.DataFrame
    effort: pd.DataFrame


def detect_firms(frame: pd.DataFrame, card: Card, places: Places, seed: int) -> Detection:
    """Draw each list in the order of the card; later ones may follow earlier ones."""
    years = np.arange(card.first_year, card.observed_on.year + 1)
    guilty = np.flatnonzero(frame["infiltrated"].to_numpy())
    part = frame.iloc[guilty]
    region = places.province_region[part["province"].to_numpy()]
    named: dict[str, np.ndarray] = {}
    entries, efforts = [], []
    for design in card.lists:
        effort = _draw_effort(design, card, places, years, seed)
        efforts.append(_tabulate_effort(design.id, effort, years))
        rng = generator_for(seed, f"list {design.id}")
        reach = _reachable(part, card, years, named.get(design.after), rng)
        weight = np.exp(effort[region]) * reach
        linear = _log_odds(design, part, card) + _echo(design, part, card, named)
        with np.errstate(divide="ignore"):
            linear = linear + np.log(weight.sum(axis=1) / len(years))
        exposed = part["sells"].to_numpy() | (not design.suppliers_only)
        found = exposed & (rng.random(len(part)) < logistic(linear))
        day = np.full(len(part), np.datetime64("NaT", "D"))
        day[found] = _draw_days(weight[found], years, card, rng)
        day[found] = np.maximum(day[found], part["since_on"].to_numpy()[found])
        named[design.id] = day
        right = pd.DataFrame({"firm": guilty[found], "listed_on": day[found], "correct": True})
        wrong = _name_the_innocent(frame, design, card, years, seed)
        both = pd.concat([right, wrong], ignore_index=True).sort_values("firm", ignore_index=True)
        entries.append(_spoil_entries(both, design, card, seed))
    return Detection(pd.concat(entries, ignore_index=True), pd.concat(efforts, ignore_index=True))


def draw_lags(card: Card, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw times from the beginning of infiltration to the first day an entry is possible."""
    lag = rng.gamma(2.0, card.lag_months * _MONTH / _GAMMA_MEDIAN, count)
    return np.round(lag).astype(int) * _DAY


def _draw_effort(
    design: ListCard, card: Card, places: Places, years: np.ndarray, seed: int
) -> np.ndarray:
    """Return log-odds against the list's level, shape ``(n_regions, n_years)``."""
    rng = generator_for(seed, f"effort {design.id}")
    follows = card.effort_follows
    crime = places.region_effect / max(float(places.region_effect.std()), 1e-9)
    own = rng.normal(size=len(REGIONS))
    level = design.effort_spread * (follows * crime + np.sqrt(1 - follows**2) * own)
    step = rng.normal(0, 0.3, (len(REGIONS), len(years)))
    moving = np.zeros_like(step)
    moving[:, 0] = step[:, 0]
    for t in range(1, len(years)):
        moving[:, t] = _PERSISTENCE * moving[:, t - 1] + np.sqrt(1 - _PERSISTENCE**2) * step[:, t]
    trend = card.effort_trend * (years - years.mean())
    effort = level[:, None] + moving + trend[None, :]
    for region, year in design.shocks:
        effort[region % len(REGIONS), years == year] += np.log(4.0)
    return effort


def _tabulate_effort(list_id: str, effort: np.ndarray, years: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "list_id": list_id,
            "region": np.repeat(REGIONS, len(years)),
            "year": np.tile(years, len(REGIONS)),
            "log_odds": effort.ravel(),
        }
    )


def _reachable(
    part: pd.DataFrame,
    card: Card,
    years: np.ndarray,
    after: np.ndarray | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the share of each year in which an entry is possible, shape ``(n, n_years)``."""
    first = part["since_on"].to_numpy() + draw_lags(card, len(part), rng)
    if after is not None:
        first = np.where(np.isnat(after), first, np.maximum(first, after))
    last = part["dissolved_on"].fillna(pd.Timestamp(card.observed_on)).to_numpy()
    last = np.minimum(last, np.datetime64(card.observed_on))
    start = years.astype(str).astype("datetime64[Y]").astype("datetime64[D]")
    begins = np.maximum(first[:, None], start[None, :])
    ends = np.minimum(last[:, None], (start + 365 * _DAY)[None, :])
    return np.clip((ends - begins) / (365 * _DAY), 0.0, 1.0)


def _log_odds(design: ListCard, part: pd.DataFrame, card: Card) -> np.ndarray:
    hidden = np.log(card.hidden_odds) * (part["type"] == 2)
    own = design.by_size * part["size"] + design.by_bank * part["bank"]
    return (design.level + own + hidden + np.log(0.5) * part["evades"]).to_numpy()


def _echo(
    design: ListCard, part: pd.DataFrame, card: Card, named: dict[str, np.ndarray]
) -> np.ndarray:
    """Return what earlier lists add: to the firm itself, and to firms it shares officers with."""
    added = np.zeros(len(part))
    if design.after in named:
        added += card.dependence * ~np.isnat(named[design.after])
    if design.cascade_from in named:
        source = ~np.isnat(named[design.cascade_from])
        group = part["group"].to_numpy()
        added += design.cascade * (np.isin(group, group[source]) & ~source)
    return added


def _draw_days(
    weight: np.ndarray, years: np.ndarray, card: Card, rng: np.random.Generator
) -> np.ndarray:
    cumulative = np.cumsum(weight, axis=1)
    draw = rng.random(len(weight)) * cumulative[:, -1]
    year = years[(cumulative < draw[:, None]).sum(axis=1)]
    start = year.astype(str).astype("datetime64[Y]").astype("datetime64[D]")
    day = start + np.floor(rng.random(len(weight)) * 365).astype(int) * _DAY
    return np.minimum(day, np.datetime64(card.observed_on) - rng.integers(1, 90, len(day)) * _DAY)


def _name_the_innocent(
    frame: pd.DataFrame, design: ListCard, card: Card, years: np.ndarray, seed: int
) -> pd.DataFrame:
    rng = generator_for(seed, f"mistakes {design.id}")
    innocent = ~frame["infiltrated"].to_numpy()
    if design.suppliers_only:
        innocent &= frame["sells"].to_numpy()
    able = np.flatnonzero(innocent)
    count = rng.binomial(len(able), design.false_rate)
    firm = rng.choice(able, count, replace=False) if count else np.zeros(0, dtype=int)
    start = np.maximum(frame["born_on"].to_numpy()[firm], np.datetime64(f"{years[0]}-01-01"))
    end = frame["dissolved_on"].fillna(pd.Timestamp(card.observed_on)).to_numpy()[firm]
    span = np.maximum((end - start) / _DAY - 1, 1)
    day = start + np.floor(rng.random(count) * span).astype(int) * _DAY
    return pd.DataFrame({"firm": firm, "listed_on": day.astype("datetime64[D]"), "correct": False})


def _spoil_entries(entries: pd.DataFrame, design: ListCard, card: Card, seed: int) -> pd.DataFrame:
    """Annul some entries later, and lose some between the authority and the register."""
    rng = generator_for(seed, f"outcomes {design.id}")
    count = len(entries)
    chance = card.annulled * np.where(entries["correct"], 1.0, 6.0)
    annulled = rng.random(count) < chance
    later = entries["listed_on"].to_numpy() + rng.integers(90, 700, count) * _DAY
    known = annulled & (later <= np.datetime64(card.observed_on))
    return entries.assign(
        list_id=design.id,
        annulled_on=np.where(known, later, np.datetime64("NaT")),
        unmatched=rng.random(count) < design.unmatched,
        typed_wrong=rng.random(count) < card.typed_wrong,
    )
