"""From the raw files of synthetic countries to published numbers, held against their truth.

The truth is read here and nowhere else: no estimator sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.estimate import estimate_prevalence
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, build_exposure
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.score import RiskResult, fit_and_score
from infiltrate.sources import read_sources
from infiltrate.synth import simulate_country
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.recovery.coverage import Tally

pytestmark = pytest.mark.validate

ROOT = Path(__file__).parents[2]
COUNTRIES, FIRMS = 20, 4000


@dataclass(frozen=True)
class Studied:
    """One country: what the study publishes, and what is true.

    Attributes
    ----------
    estimates : pandas.DataFrame
        Published rows about all organised-crime lists, indexed by estimand and estimator.
    infiltrated, rightly_listed, firms : int
        Companies in scope that are infiltrated; those of them on an organised-crime list; all.
    risk : RiskResult
    is_infiltrated : pandas.Series
        By company.
    """

    estimates: pd.DataFrame
    infiltrated: int
    rightly_listed: int
    firms: int
    risk: RiskResult
    is_infiltrated: pd.Series


@cache
def study_countries() -> tuple[Studied, ...]:
    return tuple(study_country(1000 + seed) for seed in range(COUNTRIES))


def study_country(seed: int) -> Studied:
    with TemporaryDirectory() as name:
        raw, rng = Path(name) / "raw", np.random.default_rng(seed)
        simulate_country("demo", raw, firms=FIRMS, seed=seed)
        params = read_params()
        store = TableStore(Path(name) / "tables")
        with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
            read_sources(params, raw, store, engine, key=b"k" * 40)
        with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
            store.open(engine, TABLES)
            data = build_exposure(engine, params)
            published = estimate_prevalence(engine, params, rng).estimates
        risk = fit_and_score(store, params, rng)
        truth = pd.read_csv(raw / "truth" / "firms.csv", index_col="company_id")["infiltrated"]
    is_infiltrated = truth.reindex(data.companies["company_id"]).fillna(0).to_numpy(bool)
    on_any = data.organised_crime.listed.any(axis=1)
    own = published[published["list_id"] == ALL_ORGANISED_CRIME]
    return Studied(
        estimates=own.set_index(["estimand", "estimator"]),
        infiltrated=int(is_infiltrated.sum()),
        rightly_listed=int((is_infiltrated & on_any).sum()),
        firms=len(is_infiltrated),
        risk=risk,
        is_infiltrated=truth.astype(bool),
    )


def read_params() -> StudyParams:
    """Return those of the demonstration; its count of firms belongs to another country."""
    params = load_params(ROOT / "params" / "demo.yaml")
    return params.model_copy(update={"facts": params.facts.model_copy(update={"universe": []})})


def test_floor_and_bounds_hold_the_truth():
    tally = Tally()
    for country in study_countries():
        floor = country.estimates.loc["infiltrated_firms", "floor"]
        right, share = country.rightly_listed, country.infiltrated / country.firms
        tally.add("rightly listed firms", right, floor["low"], floor["value"], floor["high"])
        assert floor["low"] <= country.infiltrated
        free = country.estimates.loc["infiltrated_share", "no_assumption"]
        assert free["low"] <= share <= free["high"]
        bounds = country.estimates.loc["infiltrated_share", "detection"]
        middle = np.sqrt(bounds["low"] * bounds["high"])
        if 0.2 <= right / country.infiltrated <= 0.6:
            tally.add("infiltrated share, bounded", share, bounds["low"], middle, bounds["high"])
    tally.report(f"{COUNTRIES} countries")
    assert not tally.failures()
    assert tally.draws("infiltrated share, bounded") >= COUNTRIES / 2
    assert tally.failures(narrowed=0.2)


def test_the_area_holds_what_rankings_in_such_countries_are_worth():
    """The mean over countries stands for what a ranking is worth; it was not used to make them."""
    tally, found = Tally(), []
    for country in study_countries():
        metrics = country.risk.metrics
        rows = metrics[(metrics["name"] == "roc_auc") & metrics["value"].notna()]
        found.append(rows.assign(truth=np.nan))
    mean = pd.concat(found).groupby(["design", "model"])["value"].mean()
    for rows in found:
        for row in rows.itertuples():
            name = (row.design, row.model)
            tally.add(name, mean[name], row.low, row.value, row.high)
    tally.report(f"{COUNTRIES} countries, area")
    assert (CONNECTED, "logistic") in tally.names
    assert not tally.failures()


def test_rankings_find_infiltrated_firms_that_no_list_named():
    """What is learnt from lists says something, if less, about firms that are on none."""
    areas = []
    for country in study_countries():
        ranked = country.risk.scores.dropna(subset="held_out_percentile")
        metrics = country.risk.metrics
        if ranked.empty:
            continue
        truth = country.is_infiltrated.reindex(ranked["company_id"]).fillna(False).to_numpy(bool)
        place = ranked["held_out_percentile"].to_numpy(float)
        among = place[truth][:, None], place[~truth][None, :]
        area = float(np.mean((among[0] > among[1]) + 0.5 * (among[0] == among[1])))
        own = metrics[(metrics["design"] == CONNECTED) & (metrics["model"] == "logistic")]
        row = own[own["name"] == "roc_auc"].iloc[0]
        areas.append((area, row["value"], row["low"] <= area <= row["high"]))
    truth_area, listed_area, inside = np.array(areas, dtype=float).T
    error = truth_area.std(ddof=1) / np.sqrt(len(truth_area))
    print(
        f"coverage | {len(areas)} countries, area against the truth | "
        f"mean {truth_area.mean():.3f}, against lists {np.nanmean(listed_area):.3f} | "
        f"inside the interval {inside.mean():.2f}"
    )
    assert truth_area.mean() - 2 * error > 0.5
