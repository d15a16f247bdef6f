"""Regions, provinces and sectors of a synthetic country, and where infiltration is likelier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.synth.scenario import generator_for

REGIONS = tuple(f"R{number:02d}" for number in range(1, 21))
PROVINCES_PER_REGION = 5
"""In large countries; in small ones a region is one province, or cells would be empty."""
_LARGE = 100_000
_GRID = np.array([(column, row) for row in range(4) for column in range(5)], dtype=float)
_AREA_SPREAD = 0.8
_SECTOR_NOISE = 0.35


@dataclass(frozen=True)
class Division:
    """A NACE Rev. 2 division: weight and demand are shares of firms and of public lots."""

    code: str
    section: str
    name: str
    weight: float
    demand: float
    effect: float
    category: str
    products: tuple[str, ...]
    median_value: float
    # shares of revenue of a typical firm
    materials: float
    services: float
    personnel: float


DIVISIONS = (
    Division("01", "A", "Agriculture", 0.9, 0.3, 0.2,
             "services", ("77300000",), 40e3, 0.45, 0.20, 0.18),
    Division("08", "B", "Quarries", 0.2, 0.3, 0.7, "goods", ("14200000",), 80e3, 0.30, 0.28, 0.22),
    Division("25", "C", "Metal products", 0.9, 0.5, -0.4,
             "goods", ("44300000",), 60e3, 0.46, 0.20, 0.22),
    Division("28", "C", "Machinery", 0.6, 0.5, -0.7,
             "goods", ("42000000",), 70e3, 0.44, 0.20, 0.22),
    Division("35", "D", "Electricity", 0.2, 0.4, 0.0,
             "services", ("65300000",), 120e3, 0.50, 0.22, 0.10),
    Division("38", "E", "Waste", 0.4, 1.1, 1.0, "services", ("90500000",), 160e3, 0.22, 0.36, 0.28),
    Division("41", "F", "Building", 1.6, 1.8, 0.6, "works", ("45210000",), 210e3, 0.34, 0.36, 0.18),
    Division("42", "F", "Civil engineering", 0.6, 1.4, 0.9,
             "works", ("45230000",), 290e3, 0.32, 0.34, 0.20),
    Division("46", "G", "Wholesale", 1.7, 1.0, -0.2,
             "goods", ("33100000", "39100000"), 55e3, 0.74, 0.10, 0.09),
    Division("47", "G", "Retail", 1.8, 0.3, 0.0, "goods", ("15800000",), 30e3, 0.70, 0.11, 0.11),
    Division("49", "H", "Land transport", 1.0, 0.9, 0.6,
             "services", ("60100000",), 60e3, 0.26, 0.36, 0.26),
    Division("56", "I", "Catering", 1.5, 0.5, 0.4,
             "services", ("55500000",), 50e3, 0.36, 0.22, 0.28),
    Division("62", "J", "Software", 0.8, 0.9, -1.0,
             "services", ("72200000",), 65e3, 0.08, 0.34, 0.44),
    Division("68", "L", "Real estate", 0.9, 0.2, 0.2,
             "services", ("70300000",), 45e3, 0.10, 0.34, 0.12),
    Division("71", "M", "Engineering", 1.0, 1.0, -0.8,
             "services", ("71300000",), 45e3, 0.08, 0.40, 0.36),
    Division("80", "N", "Private security", 0.3, 0.6, 0.5,
             "services", ("79710000",), 75e3, 0.06, 0.22, 0.62),
    Division("81", "N", "Cleaning", 0.9, 1.0, 0.2,
             "services", ("90910000",), 55e3, 0.10, 0.22, 0.56),
    Division("86", "Q", "Health", 0.7, 0.7, -0.5,
             "services", ("85100000",), 60e3, 0.16, 0.26, 0.42),
    Division("92", "R", "Gambling and sport", 0.3, 0.2, 0.6,
             "services", ("92600000",), 35e3, 0.20, 0.36, 0.22),
    Division("96", "S", "Personal services", 0.8, 0.2, 0.0,
             "services", ("98300000",), 20e3, 0.20, 0.26, 0.34),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Places:
    """Where firms are, and what makes infiltration likelier there.

    Attributes
    ----------
    provinces : tuple of str
        Codes as published; they are the regions themselves in a small country.
    province_region : numpy.ndarray
        Position of the region of each province.
    province_weight, division_weight : numpy.ndarray
        Shares of firms.
    region_effect, province_effect, division_effect : numpy.ndarray
        Log-odds of infiltration; the region's effect is part of the province's.
    """

    provinces: tuple[str, ...]
    province_region: np.ndarray
    province_weight: np.ndarray
    division_weight: np.ndarray
    region_effect: np.ndarray
    province_effect: np.ndarray
    division_effect: np.ndarray


def draw_places(firms: int, seed: int) -> Places:
    """Draw the shares of places and sectors and their effects.

    Half of the variance between regions is shared with their neighbours on the map, half is their
    own, as in the model of Besag, York and Mollie (1991).
    """
    rng = generator_for(seed, "places")
    n_regions = len(REGIONS)
    distance = np.linalg.norm(_GRID[:, None] - _GRID[None, :], axis=2)
    covariance = 0.5 * np.exp(-distance / 1.5) + 0.5 * np.eye(n_regions)
    region = _AREA_SPREAD * np.linalg.cholesky(covariance) @ rng.normal(size=n_regions)
    region -= region.mean()
    parts = PROVINCES_PER_REGION if firms >= _LARGE else 1
    of_province = np.repeat(np.arange(n_regions), parts)
    own = rng.normal(0, 0.2, len(of_province)) if parts > 1 else 0.0
    codes = REGIONS if parts == 1 else tuple(
        f"{region}{letter}" for region in REGIONS for letter in "ABCDE"
    )  # fmt: skip
    weight = rng.dirichlet(np.full(n_regions, 4.0))[of_province]
    weight = weight * (rng.dirichlet(np.full(parts, 6.0), n_regions).ravel())
    divisions = np.array([division.weight for division in DIVISIONS])
    effect = np.array([division.effect for division in DIVISIONS])
    return Places(
        provinces=codes,
        province_region=of_province,
        province_weight=weight / weight.sum(),
        division_weight=divisions / divisions.sum(),
        region_effect=region,
        province_effect=region[of_province] + own,
        division_effect=0.7 * effect + rng.normal(0, _SECTOR_NOISE, len(DIVISIONS)),
    )


def tabulate_areas(places: Places) -> pd.DataFrame:
    """Return ``area_id``, ``name``, ``level`` and ``parent_id``, one row per area."""
    rows = [("XX", "Whole country", 0, "")]
    rows += [(code, f"Region {code[1:]}", 1, "XX") for code in REGIONS]
    if len(places.provinces) > len(REGIONS):
        rows += [(code, f"Province {code[1:]}", 2, code[:3]) for code in places.provinces]
    return pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"])
