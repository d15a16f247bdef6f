"""What is read of companies beside the lists: by hand, and what must not change it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.prevalence.area_effort import read_area_effort
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.evidence import read_evidence
from infiltrate.prevalence.firm_accounts import read_accounts, years_before
from infiltrate.prevalence.firm_clusters import find_clusters
from infiltrate.prevalence.firm_contracts import read_contracting
from infiltrate.prevalence.firm_people import read_officers, read_owners, read_registration
from infiltrate.prevalence.lists import build_exposure
from infiltrate.prevalence.peer_scores import score_among_peers
from infiltrate.tables.engine import DuckDBEngine
from tests.prevalence.conftest import STUDY_DAY, Rows

COURT = {"id": "court", "coverage_from": date(2016, 1, 1), "coverage_to": date(2020, 12, 31)}
TWO_MEASURES = {"effort_measures": ["police", "checks"]}


def _company(name: str, **facts: Any) -> dict[str, Any]:
    return {"company_id": name, "kind": "company", "incorporated_on": date(2012, 6, 30), **facts}


def _year(name: str, year: int, **amounts: Any) -> dict[str, Any]:
    return {"company_id": name, "year_end_on": date(year, 12, 31), "currency": "XXX", **amounts}


def _officer(company: str, person: str, since: date, **facts: Any) -> dict[str, Any]:
    row = {"company_id": company, "officer_id": person, "role": "director", "valid_from": since}
    return {**row, **facts}


def _owner(company: str, owner: str, kind: str, **facts: Any) -> dict[str, Any]:
    row = {"company_id": company, "owner_id": owner, "owner_kind": kind, "interest": "shares"}
    return {**row, "valid_from": date(2013, 1, 1), **facts}


def _invent_country(firms: int = 120, seed: int = 3) -> dict[str, Rows]:
    """Return every table of a country in which all signs differ between firms."""
    rng = np.random.default_rng(seed)
    names = [f"C{i:04d}" for i in range(firms)]
    tables = ("companies", "accounts", "officers", "ownership", "contracts", "tenders", "bids")
    country: dict[str, Rows] = {name: [] for name in tables}
    for i, name in enumerate(names):
        country["companies"].append(_company(
            name, sector_id=f"S{i % 3}", area_id=f"A{i % 4}",
            address_key=f"road {rng.integers(60)}",
            incorporated_on=date(2000, 1, 1) + timedelta(days=int(rng.integers(0, 6000))),
        ))  # fmt: skip
        for year in range(2014, 2020):
            if rng.random() < 0.8:
                revenue, assets = rng.integers(100, 900, 2)
                parts = ("personnel", "materials", "services", "ebit")
                stocks = ("cash", "inventory", "bank_debt", "equity")
                country["accounts"].append(_year(
                    name, year, revenue=int(revenue), assets=int(assets), employees=float(i + 1),
                    filed_on=date(year + 1, 5, 1),
                    **{part: int(revenue * rng.random()) for part in parts},
                    **{stock: int(assets * rng.random() * (i % 2)) for stock in stocks},
                ))  # fmt: skip
        for turn in range(int(rng.integers(1, 4))):
            country["officers"].append(_officer(
                name, f"P{rng.integers(0, 6 * firms)}", date(2016 + turn, 3, 1), role="director",
            ))  # fmt: skip
        kind = ("natural_person", "company", "trust", "unknown")[int(rng.integers(0, 4))]
        low = round(float(rng.integers(0, 50)) / 100, 2)
        country["ownership"] += [
            _owner(name, f"O{i}", kind, share_low=low, share_high=round(low + rng.random() / 3, 4)),
            _owner(name, f"P{i}", "natural_person", share_low=0.1, share_high=0.2),
        ]
        if i % 2:
            lot = {"tender_id": f"T{i}", "lot_id": "1"}
            country["tenders"].append({**lot, "buyer_id": "B", "award_on": date(2018, 1, 1)})
            country["contracts"].append({
                "contract_id": f"K{i}", "lot_id": "1", "supplier_id": name, "buyer_id": "B",
                "signed_on": date(2018, 2, 1), "value": int(rng.integers(1, 1000)),
            })  # fmt: skip
            for rival in {name, names[int(rng.integers(0, firms))]}:
                country["bids"].append({
                    **lot, "company_id": rival, "is_winner": rival == name,
                    "submitted_on": date(2017, 12, 1),
                })  # fmt: skip
    country["sectors"] = [{"sector_id": f"S{k}", "section": "FGH"[k]} for k in range(3)]
    country["areas"] = [{"area_id": f"A{k}", "level": 1} for k in range(4)]
    country["area_years"] = [
        {"area_id": f"A{k}", "year": year, "measure": name, "value": float(10 + k + year % 5)}
        for k in range(4) for year in range(2014, 2021) for name in ("police", "checks")
    ]  # fmt: skip
    return country


@pytest.fixture
def read(open_country, make_params):
    """Return a function from tables to the evidence on their companies, with the ids."""

    def run(tables: dict[str, Rows], **choices: Any):
        engine = open_country(**tables)
        params = make_params([COURT], prevalence={**TWO_MEASURES, **choices})
        lists = build_exposure(engine, params)
        engine.register("list_entries", pd.DataFrame({"nothing": []}))
        return lists, read_evidence(engine, params, lists)

    return run


def _same(left: Any, right: Any, new_ids: dict[str, str] | None = None) -> None:
    """Fail unless two readings say the same of every company, whatever the order of rows."""
    (lists, one), (others, other) = left, right
    wanted = [(new_ids or {}).get(name, name) for name in lists.companies["company_id"]]
    place = pd.Index(others.companies["company_id"]).get_indexer(wanted)
    assert sorted(place) == list(range(len(place)))
    for ours, theirs in ((one.signs, other.signs), (one.reach, other.reach)):
        pd.testing.assert_frame_equal(
            ours, theirs.iloc[place].reset_index(drop=True), check_exact=True
        )
    assert (pd.factorize(other.cluster[place])[0] == one.cluster).all()


def test_every_source_gives_its_signs(read):
    _, evidence = read(_invent_country())
    assert list(evidence.signs) == [
        "personnel_to_revenue", "materials_to_revenue", "services_to_revenue", "revenue_to_assets",
        "ebit_to_revenue", "cash_to_assets", "inventory_to_assets", "bank_debt_to_assets",
        "equity_to_assets", "revenue_growth", "filed_share", "director_changes",
        "companies_of_officer", "owned_by_trusts", "owned_by_unknown", "owned_by_companies",
        "width_of_shares", "log_age", "companies_at_address", "contract_value", "win_share",
    ]  # fmt: skip
    assert list(evidence.reach) == ["log_size", "has_bank_debt", "is_supplier", "police", "checks"]
    assert not set(evidence.signs) & {"police", "checks"}
    assert 1 < len(np.unique(evidence.cluster)) < 120


def test_order_of_rows_changes_nothing(read):
    country = _invent_country()
    rng = np.random.default_rng(1)
    shuffled = {
        name: [rows[i] for i in rng.permutation(len(rows))] for name, rows in country.items()
    }
    _same(read(country), read(shuffled))


def test_relabelling_changes_nothing(read):
    country = _invent_country()
    rng = np.random.default_rng(2)
    names = [row["company_id"] for row in country["companies"]]
    new = {name: f"Z{k:04d}" for name, k in zip(names, rng.permutation(len(names)), strict=True)}
    people = {row["officer_id"]: f"Q{row['officer_id']}" for row in country["officers"]}
    people |= {row["owner_id"]: f"Q{row['owner_id']}" for row in country["ownership"]}
    columns = {"company_id": new, "supplier_id": new, "officer_id": people, "owner_id": people}
    relabelled = {
        name: [
            {column: columns.get(column, {}).get(value, value) for column, value in row.items()}
            for row in rows
        ]
        for name, rows in country.items()
    }
    _same(read(country), read(relabelled), new)


def test_what_is_dated_after_the_study_day_changes_nothing(read):
    country = _invent_country()
    later = STUDY_DAY + timedelta(days=1)
    after = {name: list(rows) for name, rows in country.items()}
    for k in range(0, 120, 2):
        name = f"C{k:04d}"
        lot = {"tender_id": f"L{k}", "lot_id": "1"}
        after["companies"].append(_company(f"D{k}", address_key="road 1", incorporated_on=later))
        after["accounts"] += [
            _year(name, 2020, revenue=10**6, personnel=1, assets=1, filed_on=later),
            _year(name, 2022, revenue=10**6, personnel=1, assets=1),
        ]
        after["officers"].append(_officer(name, "P1", later))
        after["ownership"].append(_owner(name, "O1", "trust", share_low=0.9, valid_from=later))
        after["tenders"].append({**lot, "buyer_id": "B", "award_on": later})
        after["contracts"].append({
            "contract_id": f"L{k}", "lot_id": "1", "supplier_id": name, "buyer_id": "B",
            "signed_on": later, "value": 10**6,
        })  # fmt: skip
        after["bids"].append({
            **lot, "company_id": name, "is_winner": True, "submitted_on": date(2020, 12, 1),
        })  # fmt: skip
    after["officers"] = [{**row, "valid_to": later} for row in after["officers"]]
    after["ownership"] = [
        {**row, "valid_to": later + timedelta(days=1)} for row in after["ownership"]
    ]
    after["companies"] = [
        {**row, "dissolved_on": later} if row["company_id"].startswith("C") else row
        for row in after["companies"]
    ]
    after["area_years"].append({"area_id": "A1", "year": 2021, "measure": "police", "value": 999.0})
    _same(read(country), read(after))


def test_lists_are_never_read(open_country, make_params):
    country = _invent_country()
    entries = [
        {"list_id": "court", "entry_id": f"E{k}", "company_id": f"C{k:04d}"} for k in range(40)
    ]
    engine = open_country(**country, list_entries=entries)
    params = make_params([COURT], prevalence=TWO_MEASURES)
    lists = build_exposure(engine, params)
    bare = open_country(**country)
    evidence = read_evidence(_WithoutLists(engine), params, lists)
    _same((lists, evidence), (lists, read_evidence(bare, params, build_exposure(bare, params))))


class _WithoutLists:
    """An engine that refuses any query that names the table of entries."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine

    def frame(self, sql: str, parameters: Any = None) -> pd.DataFrame:
        assert "list_entries" not in sql
        return self._engine.frame(sql, parameters)


def test_a_company_without_any_record_is_missing_everywhere(read):
    country = _invent_country()
    country["companies"].append({"company_id": "C9999", "kind": "company"})
    lists, evidence = read(country)
    assert lists.companies["company_id"].iloc[-1] == "C9999"
    assert evidence.signs.iloc[-1].isna().all()
    assert evidence.reach.iloc[-1].drop("is_supplier").isna().all()
    assert (evidence.cluster == evidence.cluster[-1]).sum() == 1
    data = build_detection_data(lists, evidence.signs, {"court": evidence.reach}, evidence.cluster)
    assert np.isfinite(data.X).all()
    assert np.isfinite(data.Z[0]).all()


def test_a_country_with_companies_alone_has_no_signs(read):
    companies = [{"company_id": f"C{i}", "kind": "company"} for i in range(5)]
    _, evidence = read({"companies": companies}, effort_measures=[])
    assert evidence.signs.shape == (5, 0)
    assert evidence.reach.shape == (5, 0)
    assert list(evidence.cluster) == [0, 1, 2, 3, 4]


def test_a_country_without_accounts_has_the_other_signs(read):
    country = _invent_country()
    del country["accounts"]
    _, evidence = read(country)
    assert next(iter(evidence.signs)) == "director_changes"
    assert "log_size" not in evidence.reach


def test_ratios_are_of_sums_over_the_last_five_years(open_country):
    engine = open_country(
        companies=[_company("C")],
        accounts=[
            _year("C", 2014, revenue=1, personnel=100),
            _year("C", 2018, revenue=100, personnel=30, bank_debt=0),
            _year("C", 2019, revenue=300, personnel=60, employees=7.0),
            _year("C", 2017, revenue=0, personnel=500),
            _year("C", 2016, revenue=500),
        ],
    )
    row = read_accounts(engine, STUDY_DAY, "XXX").loc["C"]
    assert row["personnel_to_revenue"] == pytest.approx(90 / 400)
    assert row["revenue"] == pytest.approx(300)
    assert row["employees"] == 7
    assert row["has_bank_debt"] == 0
    assert row["filed_share"] == pytest.approx(4 / 5)
    assert np.isnan(row["materials_to_revenue"])
    other = read_accounts(engine, STUDY_DAY, "YYY").loc["C"]
    assert np.isnan(other["revenue"])
    assert other["personnel_to_revenue"] == row["personnel_to_revenue"]


def test_growth_is_the_slope_of_log_revenue_in_one_currency(open_country):
    steady = [_year("C", 2015 + t, revenue=round(100_000 * 1.1**t)) for t in range(5)]
    mixed = [{**row, "company_id": "D"} for row in steady[:4]]
    mixed.append({**steady[4], "company_id": "D", "currency": "YYY"})
    short = [{**row, "company_id": "E"} for row in steady[:2]]
    engine = open_country(accounts=steady + mixed + short)
    growth = read_accounts(engine, STUDY_DAY, "XXX")["revenue_growth"]
    assert growth["C"] == pytest.approx(np.log(1.1), abs=1e-4)
    assert np.isnan(growth["D"])
    assert np.isnan(growth["E"])


def test_financial_years_are_due_a_year_after_their_end(open_country):
    """A firm founded in 2017 owed 2018 by the end of 2019, and 2019 by the end of 2020."""
    engine = open_country(
        companies=[_company("C", incorporated_on=date(2017, 5, 1)), _company("D")],
        accounts=[_year("C", 2018, revenue=1), *(_year("D", y, revenue=1) for y in (2015, 2019))],
    )
    share = read_accounts(engine, STUDY_DAY, "XXX")["filed_share"]
    assert share["C"] == pytest.approx(1 / 2)
    assert share["D"] == pytest.approx(2 / 5)
    earlier = read_accounts(engine, date(2020, 12, 30), "XXX")["filed_share"]
    assert earlier["C"] == 1


def test_directors_who_came_or_left(open_country):
    founded = date(2018, 12, 31)
    engine = open_country(
        companies=[
            _company("Calm"), _company("Changed"), _company("Young", incorporated_on=founded),
            _company("Audited"),
        ],
        officers=[
            _officer("Calm", "a", date(2012, 7, 1), valid_to=date(2018, 1, 1)),
            _officer("Calm", "a", date(2018, 1, 2), role="sole_director"),
            _officer("Changed", "b", date(2012, 7, 1), valid_to=date(2019, 1, 1)),
            _officer("Changed", "c", date(2019, 1, 2)),
            _officer("Changed", "d", date(2013, 1, 2), valid_to=date(2014, 1, 2)),
            _officer("Young", "e", founded, valid_to=date(2020, 1, 1)),
            _officer("Audited", "f", date(2019, 1, 1), role="auditor"),
        ],
    )  # fmt: skip
    changes = read_officers(engine, STUDY_DAY)["director_changes"]
    assert changes["Calm"] == 0
    assert changes["Changed"] == pytest.approx(2 / 5)
    assert changes["Young"] == pytest.approx(1 / 2, rel=0.01)
    assert "Audited" not in changes.index


def test_other_companies_of_the_busiest_officer(open_country):
    engine = open_country(
        companies=[
            *(_company(f"C{k}") for k in range(4)),
            _company("Gone", dissolved_on=date(2019, 1, 1)),
        ],
        officers=[
            *(_officer(f"C{k}", "busy", date(2015, 1, 1)) for k in range(3)),
            _officer("C0", "other", date(2015, 1, 1)),
            _officer("C3", "other", date(2015, 1, 1), valid_to=date(2016, 1, 1)),
            _officer("C3", "idle", date(2015, 1, 1)),
            _officer("Gone", "idle", date(2015, 1, 1)),
        ],
    )
    busiest = read_officers(engine, STUDY_DAY)["companies_of_officer"]
    assert busiest[["C0", "C1", "C2", "C3"]].tolist() == [2, 2, 2, 0]


def test_a_phoenix_follows_a_firm_just_dissolved(open_country):
    dead = date(2017, 3, 1)
    engine = open_country(
        companies=[
            _company("Dead", dissolved_on=dead),
            _company("Phoenix", incorporated_on=date(2018, 3, 1)),
            _company("Late", incorporated_on=date(2019, 4, 1)),
            _company("Elder"),
        ],
        officers=[
            _officer("Dead", "p", date(2012, 7, 1), valid_to=dead),
            *(_officer(name, "p", date(2019, 5, 1)) for name in ("Phoenix", "Late", "Elder")),
        ],
    )
    follows = read_officers(engine, STUDY_DAY)["follows_dissolved"]
    assert follows.to_dict() == {"Dead": 0, "Elder": 0, "Late": 0, "Phoenix": 1}


def test_owners_by_kind(open_country):
    engine = open_country(
        ownership=[
            _owner("C", "x", "trust", share_low=0.5, share_high=0.75),
            _owner("C", "x", "trust", interest="votes", share_low=0.5, share_high=0.75),
            _owner("C", "y", "natural_person", share_low=0.25, share_high=0.5),
            _owner("C", "z", "company", share_low=1.0, valid_to=date(2019, 1, 1)),
            _owner("D", "z", "company"),
            _owner("D", "y", "unknown"),
        ]
    )
    owners = read_owners(engine, STUDY_DAY)
    assert owners.loc["C"].tolist() == pytest.approx([0.625, 0, 0, 0.25])
    assert owners.loc["D"].tolist()[:3] == pytest.approx([0, 0.5, 0.5])
    assert np.isnan(owners.loc["D", "width_of_shares"])


def test_companies_that_stand_at_the_address(open_country):
    engine = open_country(
        companies=[
            _company("A", address_key="x"), _company("B", address_key="x"),
            _company("Gone", address_key="x", dissolved_on=date(2019, 1, 1)),
            _company("Alone", address_key="y"), _company("Nowhere", incorporated_on=None),
        ],
    )  # fmt: skip
    registered = read_registration(engine, STUDY_DAY)
    assert registered["companies_at_address"][["A", "B", "Alone"]].tolist() == [1, 1, 0]
    assert registered.loc["Nowhere"].isna().all()
    assert registered.loc["A", "log_age"] == pytest.approx(np.log(8.59), abs=0.01)


def test_contracts_and_bids_count_for_members_of_a_consortium(open_country):
    lots = [{"tender_id": name, "lot_id": "1", "buyer_id": "B"} for name in ("won", "open")]
    signed = {"lot_id": "1", "buyer_id": "B", "signed_on": date(2019, 1, 1)}
    engine = open_country(
        tenders=lots,
        consortia=[{"consortium_id": "J", "company_id": "M"}],
        contracts=[
            {**signed, "contract_id": "1", "supplier_id": "C", "value": 10},
            {**signed, "contract_id": "2", "supplier_id": "C", "value": 5, "currency": "YYY"},
            {**signed, "contract_id": "3", "supplier_id": "J", "value": 20},
        ],
        bids=[
            {"tender_id": "won", "lot_id": "1", "company_id": "J", "is_winner": True},
            {"tender_id": "won", "lot_id": "1", "company_id": "L", "is_winner": False},
            {"tender_id": "open", "lot_id": "1", "company_id": "L", "is_winner": False},
        ],
    )
    rows = read_contracting(engine, STUDY_DAY, "XXX")
    assert rows.loc["C", "contract_value"] == 10
    assert rows.loc[["C", "M", "L"], "is_supplier"].tolist() == [1, 1, 0]
    assert np.isnan(rows.loc["M", "contract_value"])
    assert rows.loc[["M", "L"], "win_share"].tolist() == [1, 0]


def test_effort_is_that_of_the_nearest_area_in_the_years_of_the_lists(open_country, make_params):
    def value(area: str, year: int, number: float, measure: str = "police") -> dict[str, Any]:
        return {"area_id": area, "year": year, "measure": measure, "value": number}

    engine = open_country(
        companies=[_company(name, area_id=name) for name in ("own", "inner", "abroad")],
        areas=[
            {"area_id": "land"}, {"area_id": "region", "parent_id": "land"},
            {"area_id": "inner", "parent_id": "region"}, {"area_id": "own", "parent_id": "region"},
        ],
        area_years=[
            value("own", 2018, 100.0), value("own", 2019, 300.0), value("own", 2015, 9e9),
            value("land", 2019, 1000.0), value("land", 2019, 5.0, "checks"),
        ],
    )  # fmt: skip
    lists = build_exposure(engine, make_params([COURT]))
    effort = read_area_effort(engine, lists, ["police", "checks"], None)
    assert lists.companies["company_id"].tolist() == ["abroad", "inner", "own"]
    assert np.sinh(effort["police"]).tolist() == pytest.approx([np.nan, 1000, 200], nan_ok=True)
    assert np.sinh(effort["checks"]).tolist() == pytest.approx([np.nan, 5, 5], nan_ok=True)
    recent = read_area_effort(engine, lists, ["police"], 1.0)
    assert np.sinh(recent["police"].iloc[2]) == pytest.approx(300)


def test_a_measure_that_does_not_exist_is_named_with_those_that_do(read):
    with pytest.raises(CheckFailed) as caught:
        read(_invent_country(), effort_measures=["police", "polise", "raids"])
    assert [problem.allowed for problem in caught.value.problems] == ["checks, police"] * 2
    assert "polise" in str(caught.value)


def test_clusters_follow_officers_owners_and_addresses_within_bounds(open_country):
    lonely = [f"F{k:02d}" for k in range(25)]
    crowd = [f"G{k:02d}" for k in range(11)]
    linked = ["A", "B", "C", "D", "E"]
    engine = open_country(
        companies=[
            *(_company(name, address_key="here" if name in "DE" else None) for name in linked),
            *(_company(name) for name in lonely),
            *(_company(name, address_key="agent") for name in crowd),
        ],
        officers=[
            _officer("A", "p", date(2015, 1, 1)),
            _officer("B", "p", date(2015, 1, 1), valid_to=date(2019, 1, 1)),
            _officer("E", "p", date(2010, 1, 1), valid_to=date(2011, 1, 1)),
            *(_officer(name, "agent", date(2015, 1, 1)) for name in lonely),
            *(_officer(name, "auditor", date(2015, 1, 1), role="auditor") for name in lonely[:3]),
        ],
        ownership=[
            _owner("B", "holding", "company"),
            _owner("holding", "C", "company"),
            *(_owner(name, "crown", "state") for name in lonely[:2]),
        ],
    )
    firms = pd.Series([*linked, *lonely, *crowd])
    cluster = find_clusters(engine, STUDY_DAY, firms)
    assert cluster[:5].tolist() == [0, 0, 0, 1, 1]
    assert len(np.unique(cluster[5:])) == len(lonely) + len(crowd)


def test_scores_are_ranks_among_peers():
    rng = np.random.default_rng(0)
    values = pd.DataFrame({"x": np.concatenate([rng.normal(size=50), 1000 + rng.normal(size=50)])})
    peers = pd.Series(["F"] * 50 + ["G"] * 50)
    scores = score_among_peers(values, peers)
    assert scores["x"].groupby(peers).mean().abs().max() < 1e-9
    assert scores["x"].abs().max() < 3
    wild = values.copy()
    wild.loc[values["x"].idxmax(), "x"] = 1e12
    pd.testing.assert_frame_equal(score_among_peers(wild, peers), scores)
    few = score_among_peers(values, pd.Series(["F"] * 90 + ["G"] * 10))
    assert few["x"].iloc[90:].min() > 0


def test_columns_that_tell_nothing_are_left_out():
    n = 200
    values = pd.DataFrame(
        {
            "constant": 1.0,
            "unknown": np.nan,
            "hardly_known": np.nan,
            "rare": [1.0] + [0.0] * (n - 1),
            "fine": np.arange(n) * 1.0,
            "by_peers": np.repeat([0.0, 1.0], n // 2),
        }
    )
    values.loc[0, "hardly_known"] = 1.0
    peers = pd.Series(np.repeat(["F", "G"], n // 2))
    assert list(score_among_peers(values, peers)) == ["fine"]


def test_leap_days_have_an_earlier_year():
    assert years_before(date(2020, 2, 29), 1) == date(2019, 2, 28)
