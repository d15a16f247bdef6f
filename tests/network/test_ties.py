"""Reading ties as of a day, from tables with everything that registers get wrong."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.network.paths import paths_to_listed
from infiltrate.network.proximity import measure_proximity
from infiltrate.network.ties import SIDES, build_ties, read_ties
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

DAY = date(2020, 6, 30)


def company(name, address=None, kind="company", since=date(2010, 1, 1)):
    return {
        "company_id": name, "kind": kind, "address_key": address, "incorporated_on": since,
        "observed_on": date(2021, 1, 1),
    }  # fmt: skip


def officer(company_id, officer_id, since=date(2015, 1, 1), until=None, role="director"):
    return {
        "company_id": company_id, "officer_id": officer_id, "role": role,
        "valid_from": since, "valid_to": until,
    }  # fmt: skip


def owner(owner_id, company_id, kind="natural_person", since=date(2016, 1, 1), until=None):
    return {
        "owner_id": owner_id, "company_id": company_id, "owner_kind": kind, "interest": "shares",
        "valid_from": since, "valid_to": until,
    }  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def make(companies, officers=(), ownership=(), day=DAY, **choices):
        tables = {"companies": companies, "officers": officers, "ownership": ownership}
        store = TableStore(tmp_path / "tables")
        for name, rows in tables.items():
            frame = pd.DataFrame([{"source_id": "register", **row} for row in rows])
            store.write(name, frame.reindex(columns=list(TABLES[name].column_names)))
        with DuckDBEngine() as engine:
            open_as_of(store, engine, day, list(tables))
            return read_ties(engine, day, NetworkChoices(**choices))

    return make


def pairs(ties):
    found = (ties.incidence @ ties.members).toarray() > 0
    left, right = np.nonzero(np.triu(found, 1))
    return {f"{ties.companies[i]}-{ties.companies[j]}" for i, j in zip(left, right, strict=True)}


def test_officers_owners_and_addresses_tie(read):
    ties = read(
        [company("A", "MAIN 1"), company("B", "MAIN 1"), company("C"), company("D"), company("E")],
        [officer("B", "P1"), officer("C", "P1")],
        [owner("P2", "C"), owner("P2", "D"), owner("P1", "E"), owner("D", "E", "company")],
    )
    # P1 serves B and C and owns E; P2 owns C and D; D owns E
    assert pairs(ties) == {"A-B", "B-C", "B-E", "C-E", "C-D", "D-E"}
    assert list(ties.companies) == list("ABCDE")
    assert {SIDES[side] for side in ties.side} == {"officer", "owner", "address", "self"}


def test_each_step_names_the_records_as_indicators_do(read):
    ties = read(
        [company("A", "MAIN 1"), company("B", "MAIN 1"), company("C"), company("D")],
        [officer("B", "P1"), officer("C", "P1", until=date(2019, 12, 31))],
        [owner("C", "D", "company")],
    )
    found = paths_to_listed(ties, "D", ["A"])
    assert found[["from_side", "to_side"]].to_numpy().tolist() == [
        ["owner", "self"],
        ["officer", "officer"],
        ["address", "address"],
    ]
    assert found["from_record_id"].tolist() == [
        "ownership:C/D/shares/2016-01-01",
        "officers:C/P1/director/2015-01-01",
        "companies:B",
    ]
    assert found["to_record_id"].isna().tolist() == [True, False, False]
    assert found["to_record_id"].tolist()[1:] == [
        "officers:B/P1/director/2015-01-01",
        "companies:A",
    ]
    assert found["from_valid_to"].tolist()[1] == pd.Timestamp("2019-12-31")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (officer("B", "P", since=date(2020, 7, 1)), "begins later"),
        (officer("B", "P", until=date(2016, 1, 1)), "ended long ago"),
        (officer("B", "P", since=date(2020, 1, 1), until=date(2019, 9, 1)), "dates reversed"),
        (officer("B", "P", role="auditor"), "an auditor"),
        (officer("B", ""), "nobody"),
    ],
)
def test_what_is_no_tie(read, wrong, why):
    officers = [officer("A", "P"), officer("A", ""), wrong]
    assert pairs(read([company("A"), company("B")], officers)) == set(), why


@pytest.mark.parametrize("kind", ["state", "unknown"])
def test_the_state_and_unknown_owners_tie_nobody(read, kind):
    owners = [owner("O", "A", kind), owner("O", "B", kind), owner("A", "A", "company")]
    assert read([company("A"), company("B")], ownership=owners).is_empty


def test_an_end_counts_as_inside_and_lasts_as_long_as_asked(read):
    rows = [company("A"), company("B")]
    officers = [officer("A", "P"), officer("B", "P", until=date(2019, 6, 30))]
    assert pairs(read(rows, officers, years_after_end=1.01)) == {"A-B"}
    assert pairs(read(rows, officers, years_after_end=0.9)) == set()
    ends_today = [officer("A", "P"), officer("B", "P", until=DAY)]
    assert pairs(read(rows, ends_today, years_after_end=0.0)) == {"A-B"}


def test_natural_persons_are_no_companies(read):
    rows = [company("A", "MAIN 1"), company("N", "MAIN 1", kind="natural_person")]
    ties = read(rows, [officer("A", "P"), officer("N", "P")])
    assert list(ties.companies) == ["A"]
    assert ties.is_empty


def test_owners_abroad_are_companies_on_the_way(read):
    owners = [owner("QM:1", "A", "company"), owner("QM:2", "QM:1", "company"),
              owner("QM:2", "B", "company")]  # fmt: skip
    ties = read([company("A"), company("B")], ownership=owners)
    found = measure_proximity(ties, ["B"]).set_index("company_id")
    assert found.loc[["A", "QM:1", "QM:2"], "steps"].tolist() == [2, 1, 1]


def test_an_address_of_50_000_firms_and_a_director_of_10_000_tie_nobody_and_are_counted():
    ids = [f"C{number:06d}" for number in range(50_000)]
    crowd = pd.DataFrame({"company_id": ids, "hub_id": "address AGENT 1", "side": "address"})
    busy = pd.DataFrame({"company_id": ids[:10_000], "hub_id": "P", "side": "officer"})
    two = pd.DataFrame({"company_id": ids[:2], "hub_id": "Q", "side": "officer"})
    ties = build_ties(pd.concat([crowd, busy, two], ignore_index=True), ids)
    assert pairs_of_hubs(ties) == {"Q": 2}
    assert ties.left_out.set_index("kind")["memberships"].to_dict() == {
        "address": 50_000,
        "holder": 10_000,
    }


def pairs_of_hubs(ties):
    return dict(zip(ties.hubs, ties.hub_sizes, strict=True))


def test_the_order_of_rows_decides_nothing(read):
    rows = [company(name, "MAIN 1") for name in "ABC"]
    officers = [officer("A", "P"), officer("B", "P"), officer("B", "P", role="chair")]
    one, other = read(rows, officers), read(rows[::-1], officers[::-1])
    np.testing.assert_array_equal(one.company, other.company)
    np.testing.assert_array_equal(one.hubs, other.hubs)
    assert one.record_ids(np.arange(len(one.company))) == other.record_ids(
        np.arange(len(other.company))
    )


def test_what_happens_later_changes_nothing_as_of_a_day(read):
    rows = [company("A", "MAIN 1"), company("B", "MAIN 1"), company("C")]
    officers = [officer("B", "P"), officer("C", "P")]
    later = date(2020, 7, 1)
    more = [*rows, company("D", "MAIN 1", since=later)]
    more_officers = [*officers, officer("A", "P", since=later), officer("D", "P", since=later)]
    before = measure_proximity(read(rows, officers), ["C"])
    after = measure_proximity(
        read(
            more, more_officers, [owner("P", "A", since=later), owner("A", "C", "company", later)]
        ),
        ["C"],
    )
    pd.testing.assert_frame_equal(before, after)


def test_turned_off_kinds_tie_nobody(read):
    rows = [company("A", "MAIN 1"), company("B", "MAIN 1")]
    officers, owners = [officer("A", "P"), officer("B", "P")], [owner("Q", "A"), owner("Q", "B")]
    for kind in ("officer", "owner", "address"):
        assert len(read(rows, officers, owners, kinds=[kind]).hubs) == 1
