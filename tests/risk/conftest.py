"""Invented studies, small enough to check by hand, and simulated cohorts."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import Choices, RiskChoices
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams
from infiltrate.risk.cohorts import Cohort
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.store import TableStore

Rows = list[dict[str, object]]


@pytest.fixture(scope="session")
def make_params() -> Callable[..., StudyParams]:
    def make(lists: tuple[dict[str, object], ...] = ({},), **risk: object) -> StudyParams:
        return StudyParams(
            country="XX",
            title="An invented country",
            currency="EUR",
            lists=[
                ListDefinition.model_validate(
                    {
                        "id": "court",
                        "title": "Court",
                        "authority": "Court",
                        "legal_basis": "Code",
                        "nature": "court_final",
                        "organised_crime": True,
                        "source": "invented",
                        **changes,
                    }
                )
                for changes in lists
            ],
            choices=Choices(risk=RiskChoices(**risk)),
        )

    return make


@pytest.fixture(scope="session")
def write_store() -> Callable[..., TableStore]:
    """Write the tables given as lists of rows; ``source_id`` is filled in."""

    def write(folder: Path, **tables: Rows) -> TableStore:
        store = TableStore(folder)
        for name, rows in tables.items():
            columns = list(TABLES[name].column_names)
            frame = pd.DataFrame([{"source_id": "s", **row} for row in rows]).reindex(
                columns=columns
            )
            store.write(name, frame)
        return store

    return write


@pytest.fixture
def make_store(tmp_path: Path, write_store: Callable[..., TableStore]) -> Callable[..., TableStore]:
    """Write tables into a folder of the test."""

    def make(folder: str = "tables", **tables: Rows) -> TableStore:
        return write_store(tmp_path / folder, **tables)

    return make


@pytest.fixture(scope="session")
def make_cohort() -> Callable[..., Cohort]:
    """Simulate companies whose first feature is shifted by ``effect`` when they get listed."""

    def make(
        n: int = 2000,
        *,
        effect: float = 1.0,
        prevalence: float = 0.05,
        features: int = 5,
        seed: int = 1,
        as_of: date = date(2018, 12, 31),
        window_closes: date = date(2022, 12, 31),
        group_size: int = 2,
    ) -> Cohort:
        rng = np.random.default_rng(seed)
        is_listed = np.zeros(n, bool)
        is_listed[rng.choice(n, round(n * prevalence), replace=False)] = True
        values = rng.normal(size=(n, features))
        values[:, 0] += effect * is_listed
        values[:, 1:][rng.random((n, features - 1)) < 0.1] = np.nan
        index = pd.Index([f"XX:{number:06d}" for number in range(n)], name="company_id")
        frame = pd.DataFrame(values, index, [f"x{number}" for number in range(features)])
        frame["legal_form"] = rng.choice(["A", "B", "missing"], n).astype(object)
        return Cohort(
            as_of=as_of,
            window_closes=window_closes,
            features=frame,
            labels=pd.DataFrame({"is_listed": is_listed, "censored": False}, index),
            listed=pd.DataFrame({"court": is_listed}, index),
            exposed=pd.DataFrame({"court": True}, index),
            traits=pd.DataFrame(index=index),
            groups=pd.DataFrame(
                {
                    "connected_group": rng.permutation(n) // group_size,
                    "buyer_region": rng.choice(list("ABCDEFGHIJKLMNO"), n).astype(object),
                    "first_active_on": pd.Timestamp("2015-01-01")
                    + pd.to_timedelta(rng.integers(0, 1000, n), "D"),
                },
                index,
            ),
        )

    return make
