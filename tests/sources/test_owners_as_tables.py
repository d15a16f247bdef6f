"""Officers, owners and accounts as delimited tables: shares in words, periods, large boards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infiltrate.sources import check_sources
from infiltrate.sources.ranges import read_range_end
from tests.sources.reading import Reading, make_source, make_study, read_study, write_files

NUMBER = {"scheme": "XX-REG", "persons": {"pattern": "P.*"}, "else_scheme": "XX-PERSON"}


def owners(**changes: Any) -> dict[str, Any]:
    columns = {
        "owner_id": {"column": "owner", **NUMBER},
        "owner_kind": {
            "column": "owner",
            "patterns": {"P.*": "natural_person"},
            "otherwise": "company",
        },
        "company_id": {"column": "company", "scheme": "XX-REG"},
        "interest": {"constant": "shares"},
        "share_low": {"column": "share", "range_end": "low"},
        "share_high": {"column": "share", "range_end": "high"},
        "valid_from": "since",
        "valid_to": "until",
    }
    tables = {"ownership": {"columns": columns}}
    return make_source(**{"id": "owners", "path": "owners.csv", "tables": tables, **changes})


def read_owners(folder: Any, *rows: str, **changes: Any) -> Reading:
    text = "\n".join(["owner;company;share;since;until", *rows]) + "\n"
    return read_study(folder, {"owners.csv": text}, owners(delimiter=";", **changes))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("75.5 %", "0.755", "0.755"),
        ("25-50", "0.25", "0.5"),
        ("25% - 50%", "0.25", "0.5"),
        ("from 25 to 50 %", "0.25", "0.5"),
        (">25%", "0.25", "1"),
        ("over 25", "0.25", "1"),
        ("25 or more", "0.25", "1"),
        ("< 10", "0", "0.1"),
        ("up to 10 %", "0", "0.1"),
        ("100", "1", "1"),
        ("0", "0", "0"),
        ("50-25", None, None),
        ("150", None, None),
        ("-5", None, None),
        ("majority", None, None),
        ("", None, None),
    ],
)
def test_ends_of_a_share(text, low, high):
    assert (read_range_end(text, "low"), read_range_end(text, "high")) == (low, high)


def test_a_point_is_no_decimal_mark_where_the_comma_is():
    assert read_range_end("33,3-66,6 %", "high", ",") == "0.666"
    assert read_range_end("33.3", "high", ",") is None


def test_owners_with_ranges_and_periods(tmp_path):
    reading = read_owners(
        tmp_path,
        "1;2;25,5-50 %;2015-01-01;",
        "P77;2;>25%;2015-01-01;2016-01-01",
        "1;2;150;2016-01-01;",
        "1;2;half;2017-01-01;",
        "1;2;10;2018-01-01;2017-01-01",
        "1;1;10;2018-01-01;",
        ";2;10;2018-01-01;",
        decimal=",",
    )
    rows = [
        (row["owner_kind"], row["share_low"], row["share_high"])
        for row in reading.rows("ownership")
    ]
    assert sorted(rows) == [
        ("company", 0.1, 0.1),
        ("company", 0.255, 0.5),
        ("natural_person", 0.25, 1.0),
    ]
    assert reading.rejections() == [
        (4, "number", "share_low"),
        (5, "number", "share_low"),
        (6, "reversed_dates", "valid_to"),
        (8, "missing_key", "owner_id"),
    ]
    assert sum(reading.outcomes("ownership").values()) == 7


def test_a_range_is_taken_of_shares_only(tmp_path):
    made = owners()
    made["tables"]["ownership"]["columns"]["valid_from"] = {"column": "since", "range_end": "low"}
    data = write_files(tmp_path, {"owners.csv": "owner,company,share,since,until\n"})
    problems = [str(problem) for problem in check_sources(make_study(made), data)]
    assert any("shares only" in problem for problem in problems)


def test_a_company_with_ten_thousand_directors(tmp_path):
    columns = {
        "company_id": {"column": "company", "scheme": "XX-REG"},
        "officer_id": {"column": "officer", **NUMBER},
        "role": {"column": "role", "map": {"Director": "director"}},
        "valid_from": "since",
        "valid_to": "until",
    }
    text = "company,officer,role,since,until\n" + "".join(
        f"1,P{number:05d},Director,2015-01-01,{'2014-12-31' if number % 100 == 0 else ''}\n"
        for number in range(10_000)
    )
    made = make_source(id="officers", path="o.csv", tables={"officers": {"columns": columns}})
    reading = read_study(tmp_path, {"o.csv": text}, made)
    assert reading.report.tables["officers"] == 9_900
    assert reading.outcomes("officers") == {
        ("loaded", ""): 9_900,
        ("rejected", "reversed_dates"): 100,
    }
    assert len(set(reading.column("officers", "officer_id"))) == 9_900


def test_accounts_taken_from_tagged_filings(tmp_path):
    text = (
        "entity,period_end,filed,TurnoverRevenue,ProfitLoss,NetAssets,Employees\n"
        '1,2019-12-31,2020-09-30,"1,250,000",-35000,20000,12\n'
        "2,2019-12-31,2020-09-30,n/a,,,\n"
        "3,2019-12-31,2020-09-30,-1,,,\n"
    )
    columns = {
        "company_id": {"column": "entity", "scheme": "XX-REG"},
        "year_end_on": "period_end",
        "filed_on": "filed",
        "currency": {"constant": "XXX"},
        "revenue": "TurnoverRevenue",
        "net_income": "ProfitLoss",
        "equity": "NetAssets",
        "employees": "Employees",
    }
    made = make_source(
        id="filings",
        path="a.csv",
        thousands=",",
        missing=["", "n/a"],
        tables={"accounts": {"columns": columns}},
    )
    reading = read_study(tmp_path, {"a.csv": text}, made)
    first, second = reading.rows("accounts")
    assert (first["revenue"], first["net_income"]) == (Decimal("1250000.00"), Decimal("-35000.00"))
    assert first["filed_on"] == date(2020, 9, 30)
    assert second["revenue"] is None
    assert reading.rejections() == [(4, "negative_amount", "revenue")]
