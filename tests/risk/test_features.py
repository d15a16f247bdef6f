from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.risk import features as features_module
from infiltrate.risk.features import build_features, stack_features
from infiltrate.risk.groups import group_companies

AS_OF = date(2019, 12, 31)


def tables():
    """Ann, Bob and Cat bid; Ann and Bob also as a team; Pat is a person, Dee never bids."""
    tenders = [
        {"tender_id": "T1", "call_published_on": date(2019, 1, 1), "award_on": date(2019, 2, 1)},
        {"tender_id": "T2", "call_published_on": date(2019, 3, 1), "award_on": date(2019, 4, 1)},
        {"tender_id": "T3", "call_published_on": date(2019, 12, 1), "award_on": date(2020, 1, 15)},
    ]
    return {
        "companies": [
            {
                "company_id": "Ann",
                "kind": "company",
                "incorporated_on": date(2010, 1, 1),
                "legal_form": " sa ",
                "sector_id": "ISIC4:4100",
                "address_key": "MAIN 1",
            },
            {
                "company_id": "Bob",
                "kind": "company",
                "address_key": "MAIN 1",
                "observed_on": date(2019, 1, 1),
            },
            {"company_id": "Cat", "kind": "company", "area_id": "NA"},
            {"company_id": "Dee", "kind": "company", "incorporated_on": date(2011, 1, 1)},
            {"company_id": "Pat", "kind": "natural_person"},
            {"company_id": "Team", "kind": "consortium"},
        ],
        "consortia": [
            {"consortium_id": "Team", "company_id": "Ann"},
            {"consortium_id": "Team", "company_id": "Bob"},
        ],
        "sectors": [{"sector_id": "ISIC4:4100", "section": "F"}],
        "areas": [{"area_id": "NA", "level": 1}, {"area_id": "MI", "level": 1}],
        "buyers": [
            {"buyer_id": "Town", "area_id": "NA"},
            {"buyer_id": "Region", "area_id": "MI"},
        ],
        "tenders": [
            {
                "lot_id": "1",
                "buyer_id": "Town",
                "procedure": "open",
                "deadline_on": tender["call_published_on"],
                **tender,
            }
            for tender in tenders
        ],
        "bids": [
            bid("T1", "Ann", True),
            bid("T1", "Cat", False),
            bid("T1", "Pat", False),
            bid("T2", "Team", True),
            bid("T3", "Ann", True),
            bid("T3", "Bob", False),
        ],
        "contracts": [
            contract("C1", "Ann", 100, date(2019, 2, 10), tender_id="T1"),
            contract("C2", "Team", 1000, date(2019, 4, 10), tender_id="T2"),
            contract("C3", "Bob", 70, date(2019, 5, 1), currency="USD", buyer_id="Region"),
        ],
    }


def bid(tender, company, is_winner):
    return {"tender_id": tender, "lot_id": "1", "company_id": company, "is_winner": is_winner}


def contract(name, supplier, value, signed_on, **more):
    return {
        "contract_id": name,
        "lot_id": "1",
        "supplier_id": supplier,
        "buyer_id": "Town",
        "signed_on": signed_on,
        "value": value,
        "currency": "EUR",
        **more,
    }


def later_rows():
    """Rows dated after the day, some of them about companies that are described."""
    after = date(2020, 3, 1)
    return {
        "companies": [
            {
                "company_id": "New",
                "kind": "company",
                "incorporated_on": after,
                "address_key": "MAIN 1",
            },
            {"company_id": "NoDate", "kind": "company", "address_key": "MAIN 1"},
        ],
        "tenders": [
            {
                "tender_id": "T9",
                "lot_id": "1",
                "buyer_id": "Town",
                "procedure": "direct_award",
                "call_published_on": after,
                "award_on": after,
            }
        ],
        "bids": [
            bid("T9", "Ann", True),
            bid("T9", "Cat", False),
            bid("T9", "New", False),
            bid("T9", "NoDate", False),
        ],
        "contracts": [
            contract("C9", "Ann", 9_000_000, after, tender_id="T9", buyer_id="Region"),
            contract("C10", "NoDate", 5, after),
        ],
        "list_entries": [
            {"list_id": "court", "entry_id": "1", "company_id": "Ann", "listed_on": after},
            {
                "list_id": "court",
                "entry_id": "2",
                "company_id": "Cat",
                "listed_on": date(2018, 1, 1),
            },
        ],
        "accounts": [
            {
                "company_id": "Ann",
                "year_end_on": AS_OF,
                "filed_on": after,
                "currency": "EUR",
                "revenue": 1,
            }
        ],
    }


def describe(store, params, as_of):
    return build_features(store, params, as_of).features


@pytest.fixture(scope="module")
def described(tmp_path_factory, write_store, make_params):
    store = write_store(tmp_path_factory.mktemp("described"), **tables())
    return build_features(store, make_params(), AS_OF).features


@pytest.fixture
def features(described):
    return described.copy()


def test_companies_that_bid_or_contracted_have_a_row_and_nobody_else(features):
    assert features.index.tolist() == ["Ann", "Bob", "Cat"]
    assert features.index.name == "company_id"


def test_counts_by_hand(features):
    assert features["bids"].tolist() == [3, 2, 1]
    assert features["contracts"].tolist() == [2, 2, 0]
    assert features["buyers"].tolist() == [1, 2, 1]
    assert features.loc["Ann", "age_years"] == pytest.approx(3651 / 365.25)
    assert pd.isna(features.loc["Bob", "age_years"])


def test_a_win_counts_from_the_award_on(features, make_store, make_params):
    assert features["wins"].tolist() == [2, 1, 0]
    later = describe(make_store("b", **tables()), make_params(), date(2020, 1, 15))
    assert later["wins"].tolist() == [3, 1, 0]


def test_money_of_a_consortium_is_shared_out_and_foreign_money_is_missing(features):
    assert features.loc["Ann", "log_value"] == pytest.approx(np.log1p(100 + 500))
    assert features.loc["Bob", "log_value"] == pytest.approx(np.log1p(500))
    assert pd.isna(features.loc["Cat", "log_value"])


def test_unknown_categories_are_called_missing(features):
    assert features["legal_form"].tolist() == ["SA", "missing", "missing"]
    assert features["sector_section"].tolist() == ["F", "missing", "missing"]
    assert features["area"].tolist() == ["missing", "missing", "NA"]


def test_indicators_are_averaged_over_the_lots_won_alone_or_together(features):
    # T1: two companies and a person bid; T2: the team alone
    assert features.loc["Ann", "C01_flagged_share"] == 0.5
    assert features.loc["Ann", "C01_mean"] == 2
    assert features.loc["Bob", "C01_flagged_share"] == 1
    assert pd.isna(features.loc["Cat", "C01_flagged_share"])
    assert features.loc["Ann", "F08_mean"] == 2
    assert pd.isna(features.loc["Cat", "F08_flagged_share"])
    assert "F08_unknown_share" not in features


def test_rows_dated_later_change_no_feature(features, make_store, make_params):
    now, later = tables(), later_rows()
    names = now | later
    more = {name: now.get(name, []) + later.get(name, []) for name in names}
    changed = describe(make_store("more", **more), make_params(), AS_OF)
    pd.testing.assert_frame_equal(changed, features)


def test_values_dated_later_change_no_feature(features, make_store, make_params):
    changed = tables()
    changed["companies"][1]["dissolved_on"] = date(2021, 1, 1)
    changed["companies"][2] |= {
        "status": "struck_off",
        "in_registry": False,
        "observed_on": date(2022, 1, 1),
    }
    changed["contracts"][0] |= {
        "final_end_on": date(2020, 6, 1),
        "final_value": 900,
        "amendments": 4,
    }
    changed["bids"][4]["is_winner"] = False
    changed["tenders"][2]["bids_recorded"] = 1
    found = describe(make_store("more", **changed), make_params(), AS_OF)
    pd.testing.assert_frame_equal(found, features)


def test_the_lists_of_known_companies_are_no_feature(features, make_store, make_params):
    listed = {
        "list_id": "court",
        "entry_id": "1",
        "company_id": "Ann",
        "listed_on": date(2018, 1, 1),
    }
    found = describe(make_store("more", **tables(), list_entries=[listed]), make_params(), AS_OF)
    pd.testing.assert_frame_equal(found, features)


def test_only_indicators_of_companies_and_their_purchases_are_features(features):
    codes = {name.split("_")[0] for name in features} & set(load_catalogue())
    levels = {load_catalogue()[code].level for code in codes}
    assert levels == {"lot", "contract", "relation", "company"}
    assert "A06" not in codes  # made of the lists that are to be foretold


def test_row_order_and_names_of_companies_change_no_feature(features, make_store, make_params):
    new = {"Ann": "Zoe", "Bob": "Abe", "Cat": "Max", "Team": "Crew", "Dee": "Eve", "Pat": "Pia"}
    ids = ("company_id", "supplier_id", "consortium_id")
    renamed = {
        name: [
            {key: new.get(value, value) if key in ids else value for key, value in row.items()}
            for row in reversed(rows)
        ]
        for name, rows in tables().items()
    }
    found = describe(make_store("renamed", **renamed), make_params(), AS_OF)
    expected = features.rename(index=new).sort_index()
    pd.testing.assert_frame_equal(found, expected)


def test_without_any_contract_the_number_of_contracts_is_unknown_not_zero(make_store, make_params):
    only_bids = {name: rows for name, rows in tables().items() if name != "contracts"}
    found = describe(make_store("bids", **only_bids), make_params(), AS_OF)
    assert found["contracts"].isna().all()
    only_contracts = {
        name: rows for name, rows in tables().items() if name not in ("bids", "tenders")
    }
    found = describe(make_store("contracts", **only_contracts), make_params(), AS_OF)
    assert found.index.tolist() == ["Ann", "Bob"]
    assert found["bids"].isna().all()


def test_a_column_nobody_declared_is_refused(make_store, make_params, monkeypatch):
    monkeypatch.setattr(features_module, "is_declared", lambda name: name != "buyers")
    with pytest.raises(CheckFailed, match="nobody declared") as caught:
        describe(make_store(**tables()), make_params(), AS_OF)
    assert [problem.where for problem in caught.value.problems] == ["feature buyers"]


def test_an_empty_study_has_no_features(make_store, make_params):
    assert describe(make_store("empty"), make_params(), AS_OF).empty


def test_days_with_different_columns_are_stacked(features):
    other = features.drop(columns="area").assign(extra=1.0)
    stacked = stack_features([features, other])
    assert stacked["area"].tolist()[3:] == ["missing"] * 3
    assert stacked["extra"].isna().tolist() == [True] * 3 + [False] * 3


def test_companies_of_one_consortium_or_address_are_one_group(make_store, make_params):
    changed = tables()
    groups = group_companies(make_store(**changed), make_params(), AS_OF).groups
    assert groups.loc["Ann", "connected_group"] == groups.loc["Bob", "connected_group"]
    assert groups.loc["Cat", "connected_group"] != groups.loc["Ann", "connected_group"]
    assert groups["buyer_region"].to_dict() == {"Ann": "NA", "Bob": "NA", "Cat": "NA"}
    without_team = {name: rows for name, rows in changed.items() if name != "consortia"}
    groups = group_companies(make_store("alone", **without_team), make_params(), AS_OF).groups
    assert groups.loc["Bob", "buyer_region"] == "MI"
    places = [row | {"area_id": "MI"} for row in changed["tenders"]]
    unknown = changed | {"buyers": [{"buyer_id": "Town"}], "tenders": places}
    groups = group_companies(make_store("places", **unknown), make_params(), AS_OF).groups
    assert groups["buyer_region"].tolist() == ["MI", "MI", "MI"]
    assert groups.loc["Cat", "first_active_on"] == pd.Timestamp("2019-01-01")


def test_a_person_in_two_companies_links_them_through_a_third(make_store, make_params):
    def officer(company, since):
        return {
            "company_id": company,
            "officer_id": "P1",
            "role": "director",
            "valid_from": since,
        }

    early, late = date(2018, 1, 1), date(2020, 1, 1)
    for since, linked in ((early, True), (late, False)):
        store = make_store(
            str(since), **tables(), officers=[officer("Ann", early), officer("Cat", since)]
        )
        group = group_companies(store, make_params(), AS_OF).groups["connected_group"]
        assert (group["Bob"] == group["Cat"]) == linked
