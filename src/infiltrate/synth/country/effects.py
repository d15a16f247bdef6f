"""What infiltration does to the revenue of the firm itself and to that of its rivals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infiltrate.synth.country.cards import Card
from infiltrate.synth.country.tables import Draw

GROWTH = 0.035
"""Log points of revenue a year for each standard deviation of a firm's growth."""
SIZE = 1.1
"""Log points of revenue for each standard deviation of a firm's size."""
_ADDED_BY_GROWTH = 0.016
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class PlantedEffects:
    """Planted effects on log revenue, in log points; all arrays have shape (n_firms, n_years).

    Attributes
    ----------
    years : numpy.ndarray of int
        The columns of the others.
    own : numpy.ndarray of float
        What infiltration does to the firm's own revenue; zero before it begins and after a court
        took the firm.
    rivals : numpy.ndarray of float
        What the other infiltrated firms of the market take away.
    exposure : numpy.ndarray of float
        Share of the market, by size, that other infiltrated firms hold.
    """

    years: np.ndarray
    own: np.ndarray
    rivals: np.ndarray
    exposure: np.ndarray


def plant_effects(draw: Draw) -> PlantedEffects:
    """Return the effects on every firm of a draw, dissolved ones included, in each year.

    A firm that is infiltrated by the first of July gains the card's ``revenue_effect`` at once,
    and from then on grows faster or slower than it would have, by what its type adds to its growth:
    the effect differs between types and changes over time. Both are gone in the year after a court
    took the firm.

    Rivals are the firms of the same division and province, infiltrated ones too. They lose in
    proportion to the share of the market, by size, that other infiltrated firms hold which are
    alive and which no court has taken. The factor is such that honest firms with any such rival
    lose the card's ``rival_effect`` on average over the years.
    """
    years = np.arange(draw.card.first_year, draw.card.last_year + 1)
    taken = _find_taken(draw)
    shape = (len(draw.firms), len(years))
    own, exposure = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    alive = np.zeros(shape, dtype=bool)
    for column, year in enumerate(years):
        middle = np.datetime64(f"{year}-07-01")
        works = draw.firms["since_on"].to_numpy() <= middle
        works &= ~(taken <= middle - 180 * _DAY)
        own[:, column] = np.where(works, _find_gain(draw, middle), 0.0)
        alive[:, column] = _is_alive(draw, middle)
        exposure[:, column] = _share_of_others(draw, alive[:, column], works)
    honest = ~draw.firms["infiltrated"].to_numpy()
    exposed = alive & honest[:, None] & (exposure > 0)
    mean = exposure[exposed].mean(dtype=float) if exposed.any() else 1.0
    rivals = np.float32(draw.card.rival_effect / mean) * exposure
    return PlantedEffects(years, own, rivals, exposure)


def mean_effects(card: Card) -> dict[str, float]:
    """Return the mean effects on logarithms that a card plants, by what they are effects on.

    Of own revenue, and of debt, which goes with it, it is the mean over companies infiltrated
    within the study and the years up to the fifth: that at once and what growth adds, which is the
    same from country to country within 0.005. Of rivals it is that of the card.
    """
    if card.prevalence == 0:
        return {}
    own = np.log1p(card.revenue_effect) + _ADDED_BY_GROWTH * card.growth_effect * card.strength
    own = round(float(own), 3)
    return {"revenue": own, "debt": own, "rivals": card.rival_effect}


def number_markets(draw: Draw) -> np.ndarray:
    """Return the market of each firm: its division and province as one number."""
    division, province = (draw.firms[name].to_numpy() for name in ("division", "province"))
    return division.astype(int) * len(draw.places.provinces) + province


def _find_taken(draw: Draw) -> np.ndarray:
    """Return the day a court took each firm, missing for the others."""
    court = draw.detection.entries
    court = court[court["list_id"] == "court"]
    day = np.full(len(draw.firms), np.datetime64("NaT", "D"))
    day[court["firm"]] = court["listed_on"].to_numpy().astype("datetime64[D]")
    return day


def _find_gain(draw: Draw, middle: np.datetime64) -> np.ndarray:
    # what happened before the study is part of the firm's size
    start = np.datetime64(f"{draw.card.first_year}-01-01")
    since = np.fmax(draw.firms["since_on"].to_numpy(), start)
    years = (middle - since) / (365.25 * _DAY)
    added = GROWTH * draw.card.growth_effect * draw.firms["growth_shift"].to_numpy()
    return np.log1p(draw.card.revenue_effect) + added * np.maximum(years, 0.0)


def _is_alive(draw: Draw, middle: np.datetime64) -> np.ndarray:
    gone = draw.firms["dissolved_on"].to_numpy() <= middle
    return (draw.firms["born_on"].to_numpy() <= middle) & ~gone


def _share_of_others(draw: Draw, alive: np.ndarray, works: np.ndarray) -> np.ndarray:
    market = number_markets(draw)
    weight = np.exp(SIZE * draw.firms["size"].to_numpy()) * alive
    pressing = weight * works
    whole, held = np.bincount(market, weight)[market], np.bincount(market, pressing)[market]
    # a firm alone in its market has no rivals
    return np.divide(held - pressing, whole, out=np.zeros(len(whole)), where=whole > 0)
