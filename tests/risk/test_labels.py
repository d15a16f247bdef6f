from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import ParamsError
from infiltrate.risk.labels import (
    choose_as_of,
    choose_lists,
    find_exposed,
    label_companies,
    label_window,
)

AS_OF = date(2018, 1, 31)


def company(name, kind="company"):
    return {"company_id": name, "kind": kind}


def entry(name, listed_on, list_id="court", **more):
    entry_id = f"{name}-{listed_on}"
    return {
        "list_id": list_id,
        "entry_id": entry_id,
        "company_id": name,
        "listed_on": listed_on,
        **more,
    }


def label(make_store, params, entries, lists=()):
    names = sorted({row["company_id"] for row in entries} | {"Clean"})
    store = make_store(companies=[company(name) for name in names], list_entries=entries)
    return label_companies(store, params, AS_OF, lists=lists).set_index("company_id")


def test_window_is_open_at_its_start_and_closed_at_its_end(make_store, make_params):
    params = make_params(quarantine_months=13, horizon_months=12)
    assert label_window(params, AS_OF) == (date(2019, 2, 28), date(2020, 2, 29))
    found = label(
        make_store,
        params,
        [
            entry("OnAsOf", date(2018, 1, 31)),
            entry("LastOfQuarantine", date(2019, 2, 28)),
            entry("FirstOfWindow", date(2019, 3, 1)),
            entry("LastOfWindow", date(2020, 2, 29)),
            entry("AfterWindow", date(2020, 3, 1)),
        ],
    )
    assert found.index[found["is_listed"]].tolist() == ["FirstOfWindow", "LastOfWindow"]
    assert found.index[found["excluded"]].tolist() == ["LastOfQuarantine", "OnAsOf"]


def test_the_first_entry_of_any_list_counts(make_store, make_params):
    params = make_params(lists=({}, {"id": "tax", "nature": "tax"}))
    entries = [
        entry("EarlyThenLate", date(2017, 5, 1), "tax"),
        entry("EarlyThenLate", date(2020, 5, 1)),
        entry("TaxOnly", date(2020, 5, 1), "tax"),
    ]
    both = label(make_store, params, entries)
    assert both.loc["EarlyThenLate", "excluded"]
    assert not both.loc["EarlyThenLate", "is_listed"]
    assert both.loc["TaxOnly", "is_listed"]
    court = label(make_store, params, entries, lists=["court"])
    assert court.loc["EarlyThenLate", "is_listed"]
    assert not court.loc["TaxOnly", "is_listed"]


def test_annulled_doubtful_and_undated_entries_are_no_labels(make_store, make_params):
    found = label(
        make_store,
        make_params(),
        [
            entry("Annulled", date(2020, 5, 1), outcome="annulled"),
            entry("AnnulledBefore", date(2016, 5, 1), outcome="annulled"),
            entry("Doubtful", date(2020, 5, 1), match_probability=0.89),
            entry("Likely", date(2020, 5, 1), match_probability=0.9),
            entry("Undated", None),
        ],
    )
    assert found.index[found["is_listed"]].tolist() == ["Likely"]
    assert found.index[found["excluded"]].tolist() == ["Undated"]


def test_unlisted_companies_are_censored_when_a_list_ends_before_the_window(
    make_store, make_params
):
    entries = [entry("Listed", date(2020, 5, 1))]
    end = date(2022, 1, 31)
    for until, censored in ((end, False), (date(2022, 1, 30), True)):
        found = label(make_store, make_params(lists=({"coverage_to": until},)), entries)
        assert found["censored"].to_dict() == {"Clean": censored, "Listed": False}
    late = make_params(lists=({"coverage_from": date(2019, 6, 1), "coverage_to": end},))
    assert label(make_store, late, entries).loc["Clean", "censored"]


def test_without_a_stated_end_a_list_is_known_up_to_its_last_entry(make_store, make_params):
    short = [entry("Listed", date(2020, 5, 1))]
    assert label(make_store, make_params(), short).loc["Clean", "censored"]
    long = [*short, entry("MuchLater", date(2022, 1, 31))]
    assert not label(make_store, make_params(), long).loc["Clean", "censored"]


def test_only_companies_have_labels(make_store, make_params):
    store = make_store(
        companies=[
            company("Firm"),
            company("Person", "natural_person"),
            company("Team", "consortium"),
        ],
        list_entries=[entry("Person", date(2020, 5, 1))],
    )
    assert label_companies(store, make_params(), AS_OF)["company_id"].tolist() == ["Firm"]


def test_a_list_that_is_not_in_the_study_is_an_error(make_params):
    with pytest.raises(ParamsError, match="'police' is not a list; allowed: court"):
        choose_lists(make_params(), ["police"])


def contract(name, signed_on):
    return {
        "contract_id": f"{name}-{signed_on}",
        "lot_id": "1",
        "supplier_id": name,
        "buyer_id": "Buyer",
        "signed_on": signed_on,
    }


def chosen_days(make_store, params, contracts, entries):
    names = sorted({row["supplier_id"] for row in contracts})
    store = make_store(
        companies=[company(name) for name in names], contracts=contracts, list_entries=entries
    )
    return choose_as_of(store, params)


def test_days_are_chosen_where_labels_follow(make_store, make_params):
    names = [f"F{number:02d}" for number in range(20)]
    contracts = [
        contract(name, date(2008 if number < 10 else 2014, 6, 10))
        for number, name in enumerate(names)
    ]
    entries = [
        entry(name, date(2011 if number < 6 else 2017, 9, 1))
        for number, name in enumerate(names)
        if number < 16
    ]
    params = make_params(lists=({"coverage_to": date(2025, 1, 1)},), few_labels=5)
    days = chosen_days(make_store, params, contracts, entries)
    windows = [label_window(params, day) for day in days]
    assert len(days) == 2
    assert windows[0][0] < date(2011, 9, 1) <= windows[0][1] <= days[1]
    assert windows[1][0] < date(2017, 9, 1) <= windows[1][1]
    assert days[1] >= date(2014, 6, 10)


def test_days_of_the_parameters_win_and_no_activity_means_no_day(make_store, make_params):
    params = make_params(as_of=[date(2020, 1, 1), date(2019, 1, 1), date(2020, 1, 1)])
    rows = [contract("A", date(2018, 1, 5))]
    assert chosen_days(make_store, params, rows, []) == [date(2019, 1, 1), date(2020, 1, 1)]
    assert chosen_days(make_store, make_params(), rows, []) == [date(2018, 1, 5)]
    assert choose_as_of(make_store("empty"), make_params()) == []


def test_label_frame_has_its_columns(make_store, make_params):
    found = label(make_store, make_params(), [entry("Listed", date(2020, 5, 1))])
    assert list(found) == ["is_listed", "first_listed_on", "excluded", "censored", "on court"]
    assert found["is_listed"].dtype == bool
    assert found.loc["Listed", "first_listed_on"] == date(2020, 5, 1)
    assert pd.isna(found.loc["Clean", "first_listed_on"])


def test_a_list_of_suppliers_sees_whoever_has_a_contract_by_the_end_of_the_window(
    make_store, make_params
):
    def contract(supplier, signed_on):
        return {
            "contract_id": supplier,
            "lot_id": "1",
            "supplier_id": supplier,
            "buyer_id": "b",
            "signed_on": signed_on,
        }

    names = ["After", "Alone", "InTeam", "Late", "Never"]
    store = make_store(
        companies=[*map(company, names), company("Team", "consortium")],
        consortia=[{"consortium_id": "Team", "company_id": "InTeam"}],
        contracts=[
            contract("Alone", date(2017, 1, 1)),
            contract("Team", date(2017, 1, 1)),
            contract("Late", date(2020, 2, 29)),
            contract("After", date(2020, 3, 1)),
        ],
    )
    params = make_params(
        lists=(
            {"id": "suppliers", "exposure": "public_suppliers"},
            {"id": "bidders", "exposure": "bidders"},
            {"id": "all"},
        ),
        quarantine_months=13,
        horizon_months=12,
    )
    assert label_window(params, AS_OF)[1] == date(2020, 2, 29)
    found = find_exposed(store, params, AS_OF, pd.Index(names))
    assert list(found) == ["all", "bidders", "suppliers"]
    assert found[["all", "bidders"]].all(axis=None)
    assert found.index[found["suppliers"]].tolist() == ["Alone", "InTeam", "Late"]
