"""What is true of the synthetic country: places, sectors, rates, lists and dirt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

import numpy as np

TYPES = ("functional", "competitive", "relational")


@dataclass(frozen=True)
class Province:
    """A province of the invented country; ``weight`` is its share of firms before scaling."""

    code: str
    name: str
    region: str
    weight: float


@dataclass(frozen=True)
class Sector:
    """A NACE Rev. 2 division and what it sells to the public.

    Attributes
    ----------
    weight, demand : float
        Share of firms and share of lots, before scaling.
    effect : float
        Log-odds of infiltration against the average sector.
    products : tuple of str
        Product codes (CPV) of its lots.
    median_value : float
        Median estimated value of a lot, in the country's currency.
    """

    division: str
    section: str
    name: str
    weight: float
    demand: float
    effect: float
    category: str
    products: tuple[str, ...]
    median_value: float


@dataclass(frozen=True)
class ListDesign:
    """How one authority finds firms.

    Attributes
    ----------
    coverage : float
        Share of exposed infiltrated firms named by the end of the study, on average.
    fraud_coverage : float
        The same for firms that sell false invoices and are not infiltrated.
    false_share : float
        Share of entries that name a firm which did nothing.
    annulled : float
        Share of correct entries annulled later; half of the false ones are.
    lag_months : float
        Median time from conduct to the first day on which an entry is possible.
    effort_spread : float
        Standard deviation of log-odds of detection between provinces.
    by_type : tuple of float
        Log-odds of detection of functional, competitive and relational firms.
    after : str
        List whose entries make one here likelier, by ``after_effect`` in log-odds.
    suppliers_only : bool
        Whether only firms that won a public contract can be named.
    shock : tuple of str and int, or None
        Province and year in which effort is four times the usual.
    """

    id: str
    coverage: float
    false_share: float
    annulled: float
    lag_months: float
    effort_spread: float
    by_type: tuple[float, float, float]
    fraud_coverage: float = 0.0
    after: str = ""
    after_effect: float = 0.0
    suppliers_only: bool = False
    shock: tuple[str, int] | None = None


@dataclass(frozen=True)
class DirtRates:
    """Share of the rows of a file spoilt in each way, where the file has such a column."""

    shifted: float = 0.0015
    extra_field: float = 0.0010
    truncated: float = 0.0015
    mis_encoded: float = 0.0010
    bad_date: float = 0.0020
    future_date: float = 0.0005
    negative_amount: float = 0.0010
    unknown_currency: float = 0.0005
    duplicate: float = 0.0030
    lost_zeros: float = 0.0100


PROVINCES = (
    Province("AL", "Aldermark", "R1", 1.4),
    Province("BR", "Brécourt", "R1", 0.8),
    Province("CO", "Corvane", "R1", 0.7),
    Province("DU", "Dunmere", "R1", 0.9),
    Province("EL", "Elsegård", "R2", 1.1),
    Province("FA", "Farrowend", "R2", 0.6),
    Province("GI", "Gilsund", "R2", 0.7),
    Province("LO", "Lorvão", "R2", 0.8),
    Province("MA", "Marenza", "R3", 1.0),
    Province("NA", "Naltera", "R3", 1.5),
    Province("PE", "Perrúna", "R3", 0.7),
    Province("TO", "Torvale", "R3", 0.6),
)
REGIONS = {"R1": "North", "R2": "Middle", "R3": "South"}

SECTORS = (
    Sector(
        "01",
        "A",
        "Agriculture and forestry",
        0.8,
        0.5,
        -0.1,
        "services",
        ("77300000", "77200000"),
        40e3,
    ),
    Sector("28", "C", "Machinery", 0.7, 0.6, -0.7, "goods", ("42000000", "44100000"), 70e3),
    Sector("38", "E", "Waste", 0.4, 1.1, 0.9, "services", ("90500000", "90511000"), 160e3),
    Sector(
        "41",
        "F",
        "Construction of buildings",
        1.7,
        1.9,
        0.5,
        "works",
        ("45210000", "45261000", "45400000"),
        210e3,
    ),
    Sector("42", "F", "Civil engineering", 0.7, 1.5, 0.8, "works", ("45230000", "45240000"), 290e3),
    Sector(
        "46", "G", "Wholesale", 1.8, 1.3, -0.2, "goods", ("33100000", "39100000", "15800000"), 55e3
    ),
    Sector("49", "H", "Land transport", 1.0, 0.9, 0.6, "services", ("60100000", "60130000"), 60e3),
    Sector("56", "I", "Catering", 1.5, 0.6, 0.2, "services", ("55500000", "55320000"), 50e3),
    Sector("62", "J", "Software", 0.9, 0.9, -1.0, "services", ("72200000", "48000000"), 65e3),
    Sector("71", "M", "Engineering", 1.0, 1.0, -0.8, "services", ("71300000", "71240000"), 45e3),
    Sector(
        "80", "N", "Private security", 0.4, 0.6, 0.4, "services", ("79710000", "79714000"), 75e3
    ),
    Sector(
        "81",
        "N",
        "Cleaning and buildings",
        0.9,
        1.0,
        0.1,
        "services",
        ("90910000", "90919000"),
        55e3,
    ),
)

LISTS = (
    ListDesign("interdictions", 0.26, 0.08, 0.06, 14, 0.7, (0.2, 0.3, -1.0),
               suppliers_only=True, shock=("NA", 2024)),
    ListDesign("court", 0.12, 0.03, 0.04, 26, 0.4, (0.4, 0.0, -1.0),
               after="interdictions", after_effect=0.6),
    ListDesign("tax", 0.10, 0.05, 0.08, 20, 0.3, (0.9, -0.7, -1.0), fraud_coverage=0.65),
    ListDesign("media", 0.11, 0.15, 0.00, 18, 0.5, (-0.3, 0.4, 0.0),
               after="court", after_effect=1.2),
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """Everything the generator needs to know; the defaults are the demonstration.

    Amounts are in ``currency``; shares are fractions.
    """

    firms: int = 6000
    seed: int = 7
    currency: str = "EUR"
    prevalence: float = 0.03
    type_shares: tuple[float, float, float] = (0.45, 0.35, 0.20)
    invoice_fraud: float = 0.025
    unregistered: float = 0.015
    bidding_share: float = 0.55
    sole_traders: float = 0.03
    lots_per_firm: float = 1.5
    colluding_buyers: float = 0.12
    careless_buyers: float = 0.15
    years: tuple[int, int] = (2021, 2024)
    lists_from: date = date(2022, 1, 1)
    observed_on: date = date(2026, 6, 30)
    direct_award_works: float = 150_000.0
    direct_award_other: tuple[float, float] = (40_000.0, 50_000.0)
    direct_award_changed_in: int = 2023
    provinces: tuple[Province, ...] = PROVINCES
    sectors: tuple[Sector, ...] = SECTORS
    lists: tuple[ListDesign, ...] = LISTS
    dirt: DirtRates = field(default_factory=DirtRates)

    def generator(self, step: str) -> np.random.Generator:
        """Return the step's own random generator, so that a new step moves no other numbers."""
        return generator_for(self.seed, step)


def generator_for(seed: int, step: str) -> np.random.Generator:
    """Return the random generator of one step of the country with this seed."""
    digest = hashlib.sha256(step.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def solve_intercept(linear: np.ndarray, target: float) -> float:
    """Return the intercept at which logistic probabilities average ``target``.

    Parameters
    ----------
    linear : numpy.ndarray
        Log-odds without intercept. With two dimensions ``(n_units, n_periods)`` the
        probability of a unit is that of an event in any period.
    target : float
        Mean probability wanted.
    """
    low, high = -25.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = logistic(linear + middle)
        if chance.ndim == 2:
            chance = 1 - np.prod(1 - chance, axis=1)
        low, high = (low, middle) if chance.mean() > target else (middle, high)
    return (low + high) / 2


def logistic(log_odds: np.ndarray) -> np.ndarray:
    """Return the probability of a log-odds; minus infinity gives zero."""
    return np.exp(-np.logaddexp(0.0, -log_odds))
