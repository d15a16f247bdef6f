from datetime import date

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infiltrate.errors import CheckFailed, NotEnoughData
from infiltrate.prevalence.lists import build_exposure


def company(name, kind="company", **more):
    return {"company_id": name, "kind": kind, **more}


def entry(list_id, name, day="2019-05-01", number=None, **more):
    day = day and date.fromisoformat(day)
    number = number or f"{list_id}-{name}"
    return {"list_id": list_id, "entry_id": number, "company_id": name, "listed_on": day} | {
        "match_probability": 1.0,
        **more,
    }


def contract(name, day, tender=None):
    return {
        "contract_id": f"contract-{name}",
        "lot_id": "1",
        "supplier_id": name,
        "tender_id": tender,
        "buyer_id": "buyer",
        "signed_on": day and date.fromisoformat(day),
    }


def on_list(data, list_id):
    return set(data.companies["company_id"][data.listed[:, data.list_ids.index(list_id)]])


def exposed_to(data, list_id):
    return set(data.companies["company_id"][data.exposed[:, data.list_ids.index(list_id)]])


def test_only_companies_are_in_scope_and_the_rest_is_counted(open_country, make_params):
    engine = open_country(
        companies=[
            company("Firm"),
            company("Person", "natural_person"),
            company("Joint", "consortium"),
            company("Town", "public_body"),
            company("Future", incorporated_on=date(2021, 1, 1)),
        ],
        list_entries=[entry("court", "Person"), entry("court", "Joint"), entry("court", "Firm")],
    )
    data = build_exposure(engine, make_params([{"id": "court"}]))
    assert list(data.companies["company_id"]) == ["Firm"]
    assert data.listed.tolist() == [[True]]
    assert data.out_of_scope == {"natural_person": 1, "other_kind": 2}
    assert data.denominator.firms == 1


def test_annulled_favourable_and_future_entries_make_no_firm_listed(open_country, make_params):
    engine = open_country(
        companies=[company(name) for name in ("Active", "Annulled", "Cleared", "Expired", "Later")],
        list_entries=[
            entry("court", "Active"),
            entry("court", "Annulled", outcome="annulled"),
            entry("court", "Cleared", outcome="favourable"),
            entry("court", "Expired", outcome="expired"),
            entry("court", "Later", "2021-01-01"),
        ],
    )
    data = build_exposure(engine, make_params([{"id": "court"}]))
    assert on_list(data, "court") == {"Active", "Expired"}
    assert len(data.entries) == 4


def test_a_second_entry_that_stands_outlives_an_annulled_one(open_country, make_params):
    engine = open_country(
        companies=[company("Firm")],
        list_entries=[
            entry("court", "Firm", "2015-01-01", "first", outcome="annulled"),
            entry("court", "Firm", "2018-01-01", "second", match_probability=0.4),
            entry("court", "Firm", "2017-01-01", "third", match_probability=0.7),
        ],
    )
    data = build_exposure(engine, make_params([{"id": "court"}]))
    assert data.match[0, 0] == approx(0.7)
    assert data.listed_on[0, 0] == np.datetime64("2017-01-01")


def test_exposure_follows_contracts_bids_and_consortium_members(open_country, make_params):
    engine = open_country(
        companies=[
            *(company(name) for name in ("Bidder", "Idle", "Late", "Member", "Supplier")),
            company("Joint", "consortium"),
        ],
        consortia=[{"consortium_id": "Joint", "company_id": "Member"}],
        contracts=[
            contract("Supplier", "2019-01-01"),
            contract("Joint", "2019-02-01"),
            contract("Late", "2021-02-01"),
        ],
        bids=[{"tender_id": "t", "lot_id": "1", "company_id": "Bidder"}],
    )
    lists = [
        {"id": "court"},
        {"id": "debarment", "exposure": "public_suppliers"},
        {"id": "exclusion", "exposure": "bidders"},
    ]
    data = build_exposure(engine, make_params(lists))
    assert exposed_to(data, "court") == {"Bidder", "Idle", "Late", "Member", "Supplier"}
    assert exposed_to(data, "debarment") == {"Member", "Supplier"}
    assert exposed_to(data, "exclusion") == {"Bidder", "Member", "Supplier"}
    first = data.companies.set_index("company_id")["first_contract_on"]
    assert first["Member"] == pd.Timestamp("2019-02-01")
    assert pd.isna(first["Late"])


def test_a_contract_without_a_date_is_dated_by_its_tender(open_country, make_params):
    engine = open_country(
        companies=[company("Early"), company("Late")],
        tenders=[
            {"tender_id": name, "lot_id": "1", "buyer_id": "buyer", "award_on": day}
            for name, day in (("old", date(2018, 3, 1)), ("new", date(2022, 3, 1)))
        ],
        contracts=[contract("Early", None, "old"), contract("Late", None, "new")],
    )
    data = build_exposure(engine, make_params([{"id": "d", "exposure": "public_suppliers"}]))
    assert exposed_to(data, "d") == {"Early"}


def test_the_official_count_in_force_is_the_denominator(open_country, make_params):
    engine = open_country(
        companies=[
            company("Firm"),
            company("Gone", dissolved_on=date(2018, 1, 1)),
            company("Struck", status="struck_off"),
            company("Struck later", status="struck_off", observed_on=date(2023, 1, 1)),
            company("Closing", dissolved_on=date(2022, 1, 1)),
        ],
        list_entries=[entry("court", "Gone"), entry("court", "Firm")],
    )
    facts = [
        {"firms": 500, "valid_from": date(2010, 1, 1), "valid_to": date(2018, 12, 31)},
        {"firms": 700, "valid_from": date(2019, 1, 1)},
        {"firms": 90, "valid_from": date(2019, 1, 1), "area_id": "01"},
        {"firms": 900, "valid_from": date(2022, 1, 1)},
    ]
    universe = [{"source": "Statistical office", **fact} for fact in facts]
    data = build_exposure(engine, make_params([{"id": "court"}], universe))
    assert (data.denominator.firms, data.denominator.is_official) == (700, True)
    assert "official count" in data.denominator.definition
    assert list(data.companies["company_id"]) == ["Closing", "Firm", "Struck later"]
    assert data.out_of_scope == {"dissolved": 2}
    seen = build_exposure(engine, make_params([{"id": "court"}]))
    assert seen.denominator.firms == 5, "without an official count dissolved firms stay"
    assert "seen in the sources" in seen.denominator.definition


def test_an_official_count_below_the_companies_seen_is_not_used(open_country, make_params):
    engine = open_country(companies=[company(f"Firm {i}") for i in range(5)])
    universe = [{"source": "Office", "firms": 4, "valid_from": date(2019, 1, 1)}]
    data = build_exposure(engine, make_params([], universe))
    assert (data.denominator.firms, data.denominator.is_official) == (5, False)
    assert "do not describe the same universe" in data.notes[0]


def test_unmatched_entries_are_kept_apart(open_country, make_params):
    engine = open_country(
        companies=[company("Firm")], list_entries=[entry("court", "Nobody"), entry("court", "Firm")]
    )
    data = build_exposure(engine, make_params([{"id": "court"}]))
    assert list(data.entries["subject"]) == ["in_scope", "unknown_company"]
    assert data.listed.sum() == 1


def test_every_undefined_list_is_named_at_once(open_country, make_params):
    engine = open_country(list_entries=[entry("spurious", "A"), entry("mistyped", "B")])
    with pytest.raises(CheckFailed) as raised:
        build_exposure(engine, make_params([{"id": "court"}]))
    assert len(raised.value.problems) == 2
    assert "mistyped" in str(raised.value)
    assert "court" in raised.value.problems[0].allowed


def test_empty_tables_give_empty_arrays(open_country, make_params):
    data = build_exposure(open_country(), make_params([{"id": "court"}]))
    assert data.listed.shape == (0, 1)
    assert data.denominator.firms == 0
    assert build_exposure(open_country(), make_params([])).listed.shape == (0, 0)


def test_the_study_day_falls_back_to_the_latest_date_in_the_data(open_country, make_params):
    engine = open_country(
        companies=[company("Firm")],
        list_entries=[entry("court", "Firm", "2018-06-01")],
        contracts=[contract("Firm", "2019-07-01")],
    )
    params = make_params([{"id": "court"}], as_of=None)
    assert build_exposure(engine, params).study_day == date(2019, 7, 1)
    with pytest.raises(NotEnoughData, match=r"choices\.as_of"):
        build_exposure(open_country(), params)


def test_row_order_and_order_of_lists_change_nothing(open_country, make_params):
    companies = [company(f"Firm {i}") for i in range(6)]
    entries = [entry("a", "Firm 1"), entry("b", "Firm 1"), entry("b", "Firm 4")]
    lists = [{"id": "a"}, {"id": "b", "exposure": "bidders"}]
    one = build_exposure(
        open_country(companies=companies, list_entries=entries), make_params(lists)
    )
    other = build_exposure(
        open_country(companies=companies[::-1], list_entries=entries[::-1]),
        make_params(lists[::-1]),
    )
    pd.testing.assert_frame_equal(one.companies, other.companies)
    assert one.list_ids == other.list_ids
    np.testing.assert_array_equal(one.listed, other.listed)
    np.testing.assert_array_equal(one.exposed, other.exposed)


def test_select_keeps_the_companies_and_drops_the_other_lists(open_country, make_params):
    engine = open_country(
        companies=[company("Firm"), company("Other")],
        list_entries=[entry("a", "Firm"), entry("b", "Other")],
    )
    lists = [{"id": "a", "organised_crime": False}, {"id": "b"}, {"id": "empty"}]
    data = build_exposure(engine, make_params(lists))
    assert data.select(["a"]).listed.tolist() == [[True], [False]]
    assert data.organised_crime.list_ids == ("b",), "a list that names nobody does not count"
    assert set(data.organised_crime.entries["list_id"]) == {"b"}
