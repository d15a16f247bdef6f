"""Nothing dated after the day, in whatever table, reaches a feature, a group or a trait."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.linkage.links import link_records
from infiltrate.linkage.publish import publish_links
from infiltrate.params.load import load_params
from infiltrate.risk.cohorts import build_cohort
from infiltrate.risk.labels import label_window
from infiltrate.risk.roles import is_declared, role_of
from infiltrate.sources.intake import read_sources
from infiltrate.synth import simulate_country
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

AS_OF = date(2021, 12, 31)
FRAMES = ("features", "labels", "listed", "exposed", "groups", "traits", "dealt_regions")
OF_THE_DAY = ("features", "groups", "traits", "dealt_regions")


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """The demo as tables, with its parameters."""
    folder = tmp_path_factory.mktemp("future")
    simulate_country("demo", folder / "raw", firms=300, seed=2)
    params = load_params(folder / "raw" / "params.yaml")
    store = TableStore(folder / "tables")
    (folder / "tables").mkdir()
    with DuckDBEngine() as engine:
        read_sources(params, folder / "raw", store, engine, key=b"k" * 40)
        store.open(engine, TABLES)
        links = link_records(engine, params.choices.linkage, params.choices.engine)
        publish_links(engine, store, links)
    return store, params


@pytest.fixture(scope="module")
def cohort(country):
    store, params = country
    return build_cohort(store, params, AS_OF)


def until(store, folder, day):
    """Write the tables as if the world had ended on a day: no row and no value dated later."""
    folder.mkdir()
    short = TableStore(folder)
    later = {}
    for name, table in TABLES.items():
        if not store.exists(name):
            continue
        frame = pd.read_parquet(store.path(name)).astype(object)
        for column in table.columns:
            if column.known_on and "." not in column.known_on:
                blank = _after(frame[column.known_on], day)
                frame[column.name] = frame[column.name].where(~blank, None)
        dated = [_days(frame[column]) for column in table.known_on]
        first = dated[0].copy() if dated else pd.Series(pd.NaT, frame.index)
        for column in dated[1:]:
            first = first.fillna(column)
        gone = first > pd.Timestamp(day)
        if table.begins_on:
            gone |= _after(frame[table.begins_on], day)
        if name == "area_years":
            gone |= frame["year"] > day.year
        later[name] = int(gone.sum())
        short.write(name, frame[~gone])
    return short, later


def _days(column):
    return pd.to_datetime(column, errors="coerce")


def _after(column, day):
    return (_days(column) > pd.Timestamp(day)).to_numpy()


def test_without_the_future_a_company_looks_the_same(country, cohort, tmp_path):
    store, params = country
    past, later = until(store, tmp_path / "past", AS_OF)
    for name in ("contracts", "bids", "tenders", "accounts", "officers", "ownership", "companies"):
        assert later[name] > 0, name
    found = build_cohort(past, params, AS_OF)
    rows = cohort.features.index  # who is listed later is still there
    for name in OF_THE_DAY:
        pd.testing.assert_frame_equal(
            getattr(found, name).loc[rows], getattr(cohort, name), check_exact=True, obj=name
        )


def test_a_year_more_changes_nothing_of_a_day_whose_window_had_closed(country, cohort, tmp_path):
    store, params = country
    assert cohort.n_listed > 0
    closed, later = until(store, tmp_path / "closed", label_window(params, AS_OF)[1])
    assert later["contracts"] > 0
    assert later["list_entries"] > 0
    found = build_cohort(closed, params, AS_OF)
    for name in FRAMES:
        pd.testing.assert_frame_equal(
            getattr(found, name), getattr(cohort, name), check_exact=True, obj=name
        )
    near = (one.nearness.columns(cohort.features.index) for one in (found, cohort))
    pd.testing.assert_frame_equal(*near, check_exact=True)


def test_every_feature_of_a_country_is_declared_and_every_role_is_there(cohort):
    assert all(is_declared(name) for name in cohort.features)
    assert {role_of(name) for name in cohort.features} == {
        "infiltration",
        "exposure",
        "detection",
    }


def test_suppliers_alone_are_exposed_to_a_list_of_suppliers(country, cohort):
    _, params = country
    rules = {definition.id: definition.exposure for definition in params.lists}
    assert {"public_suppliers", "all_companies"} <= set(map(rules.get, cohort.exposed))
    for name in cohort.exposed:
        share = cohort.exposed[name].mean()
        assert (share < 1) == (rules[name] == "public_suppliers")
        had_contract = cohort.features["contracts"] > 0
        assert cohort.exposed.loc[had_contract, name].all()
        assert cohort.exposed.loc[cohort.listed[name], name].all()


def test_traits_are_text_and_learnt_from_by_nobody(cohort):
    assert list(cohort.traits) == ["region", "section", "size", "age", "ownership"]
    assert not set(cohort.traits) & set(cohort.features)
    assert cohort.traits.map(type).eq(str).all(axis=None)
    assert set(cohort.traits["ownership"]) <= {"domestic", "foreign", "unknown"}
    young = cohort.traits["age"] == "under 2 years"
    assert young.eq(cohort.features["age_years"] < 2).all()
    missing = cohort.features["sector_section"] == "missing"
    assert cohort.traits["section"].eq("unknown").eq(missing).all()


def test_regions_of_dealing_hold_the_main_one(cohort):
    regions, dealt = cohort.groups["buyer_region"], cohort.dealt_regions
    known = regions.notna()
    places = dealt.columns.get_indexer(regions[known])
    assert (places >= 0).all()
    assert dealt.to_numpy()[np.flatnonzero(known), places].all()
    assert (dealt.sum(axis=1) > 1).any()
    assert not dealt[~known].any(axis=None)
