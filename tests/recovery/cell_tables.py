"""Firms, sectors and areas with a known chance of each firm to be on a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from tests.prevalence.examples import make_list

_SECTIONS = np.array(list("ACFGHIN"))
_AREAS = np.array([f"{number:02d}" for number in range(8)])
_ALL = "all"


@dataclass(frozen=True)
class ListedCountry:
    """Sectors and areas differ in size, and by ``spread`` in log-odds of being listed."""

    firms: int
    listed_share: float
    spread: float = 0.6

    def draw(self, rng: np.random.Generator) -> tuple[dict[str, pd.DataFrame], pd.Series]:
        """Return tables, and the true share of every sector and area, "all" for totals."""
        area = rng.choice(len(_AREAS), self.firms, p=rng.dirichlet(np.full(len(_AREAS), 3.0)))
        sector = rng.choice(
            len(_SECTIONS), self.firms, p=rng.dirichlet(np.full(len(_SECTIONS), 3.0))
        )
        odds = np.log(self.listed_share / (1 - self.listed_share)) + self.spread * (
            rng.normal(size=len(_AREAS))[area] + rng.normal(size=len(_SECTIONS))[sector]
        )
        chance = 1 / (1 + np.exp(-odds))
        ids = np.array([f"XX:{number:05d}" for number in range(self.firms)])
        named = ids[rng.random(self.firms) < chance]
        places = pd.DataFrame(
            {"sector_id": _SECTIONS[sector], "area_id": _AREAS[area], "chance": chance}
        )
        totals = [
            places,
            places.assign(sector_id=_ALL),
            places.assign(area_id=_ALL),
            places.assign(sector_id=_ALL, area_id=_ALL),
        ]
        tables = {
            "companies": places[["sector_id", "area_id"]].assign(company_id=ids, kind="company"),
            "list_entries": pd.DataFrame(
                {"entry_id": named, "company_id": named, "listed_on": date(2019, 1, 1)}
            ).assign(list_id="court"),
            "areas": pd.DataFrame({"area_id": _AREAS, "level": 1}),
            "sectors": pd.DataFrame({"sector_id": _SECTIONS, "section": _SECTIONS}),
        }
        return tables, pd.concat(totals).groupby(["sector_id", "area_id"])["chance"].mean()


def open_tables(tables: Mapping[str, pd.DataFrame]) -> DuckDBEngine:
    """Register every canonical table, empty where not given."""
    engine = DuckDBEngine(memory_gib=0.5, threads=1)
    for name, definition in TABLES.items():
        schema = definition.arrow_schema
        rows = tables.get(name, pd.DataFrame()).assign(source_id="invented")
        columns = [
            pa.array(list(rows[field.name]), field.type)
            if field.name in rows
            else pa.nulls(len(rows), field.type)
            for field in schema
        ]
        engine.register(name, pa.table(columns, schema=schema))
    return engine


def make_study(disclosure: Mapping[str, int]) -> StudyParams:
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "XXX",
            "lists": [make_list("court")],
            "choices": {"as_of": date(2020, 12, 31), "disclosure": dict(disclosure)},
        }
    )
