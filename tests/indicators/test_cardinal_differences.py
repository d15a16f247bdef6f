"""Where Cardinal's answer is not the right one: both answers, and the switch between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.indicators.ocds_files import award, bid, flagged, judge, like_cardinal, process


def both(folder: Path, releases: list[Any], code: str, level: str = "process") -> tuple[set, set]:
    """Give the units flagged by default, and like Cardinal."""
    settings = {code: {}}
    right = flagged(judge(folder, releases, settings), code, level)
    compatible = flagged(judge(folder, releases, settings, cardinal=True), code, level)
    return right, compatible


def period(ocid: str, start: str, end: str) -> Any:
    return process(ocid, tenderPeriod={"startDate": start, "endDate": end})


def test_R003_a_period_that_ends_before_it_starts_is_a_wrong_date(tmp_path: Path) -> None:
    releases = [period("ocds-a", "2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z")]
    assert both(tmp_path, releases, "R003") == (set(), {"ocds-a"})
    row = judge(tmp_path, releases, {"R003": {}})["R003", "process", "ocds-a"]
    assert (row["state"], row["detail"]) == ("not_computable", "the period ends before it starts")


def test_R003_dates_without_time_or_zone_are_judged(tmp_path: Path) -> None:
    releases = [
        period("ocds-days", "2024-01-01", "2024-01-11"),
        period("ocds-local", "2024-01-01T08:00:00", "2024-01-11T07:00:00"),
        period("ocds-mixed", "2024-01-01T08:00:00Z", "2024-01-11T07:00:00"),
    ]
    assert both(tmp_path, releases, "R003") == ({"ocds-days", "ocds-local"}, set())
    judged = judge(tmp_path, releases, {"R003": {}})
    assert judged["R003", "process", "ocds-days"]["value"] == 10
    assert judged["R003", "process", "ocds-local"]["value"] == 9
    assert judged["R003", "process", "ocds-mixed"]["state"] == "not_computable"


def test_R003_zones_are_respected(tmp_path: Path) -> None:
    releases = [period("ocds-a", "2024-01-01T00:00:00+05:00", "2024-01-15T20:00:00+01:00")]
    row = judge(tmp_path, releases, {"R003": {}})["R003", "process", "ocds-a"]
    assert (row["state"], row["value"]) == ("clear", 15)


def late(ocid: str, bid_date: str | None, deadline: str | None) -> Any:
    return process(
        ocid, [bid("W", 1, date=bid_date)], [award("W")], tenderPeriod={"endDate": deadline}
    )


def test_R030_instants_are_compared_and_not_text(tmp_path: Path) -> None:
    releases = [
        late("ocds-late", "2024-01-01T11:00:00Z", "2024-01-01T12:00:00+02:00"),
        late("ocds-in-time", "2024-01-01T11:00:00+02:00", "2024-01-01T10:00:00Z"),
    ]
    assert both(tmp_path, releases, "R030") == ({"ocds-late"}, {"ocds-in-time"})


def test_R030_a_deadline_without_time_is_the_whole_day(tmp_path: Path) -> None:
    releases = [
        late("ocds-same-day", "2024-01-01T17:00:00Z", "2024-01-01"),
        late("ocds-next-day", "2024-01-02T00:10:00Z", "2024-01-01"),
        late("ocds-unreadable", "soon", "2024-01-01"),
        late("ocds-none", None, "2024-01-01"),
    ]
    right, compatible = both(tmp_path, releases, "R030")
    assert right == {"ocds-next-day"}
    assert compatible == {"ocds-same-day", "ocds-next-day", "ocds-unreadable"}
    judged = judge(tmp_path, releases, {"R030": {}})
    assert judged["R030", "process", "ocds-none"]["state"] == "not_computable"
    assert judged["R030", "process", "ocds-unreadable"]["state"] == "not_computable"


def test_R018_tenderers_of_bids_are_counted_where_their_number_is_missing(tmp_path: Path) -> None:
    releases = [
        process("ocds-counted", [bid("A"), bid("A")], procurementMethod="open"),
        process("ocds-text", numberOfTenderers="1", procurementMethod="open"),
        process("ocds-decimal", numberOfTenderers=1.0, procurementMethod="open"),
        process("ocds-two", [bid("A"), bid("B", status="disqualified")], procurementMethod="open"),
        process("ocds-unknown", procurementMethod="open"),
    ]
    wanted = {"ocds-counted", "ocds-text", "ocds-decimal"}
    assert both(tmp_path, releases, "R018") == (wanted, set())
    judged = judge(tmp_path, releases, {"R018": {"count_bids": False}})
    assert flagged(judged, "R018") == {"ocds-text", "ocds-decimal"}
    assert judged["R018", "process", "ocds-unknown"]["state"] == "not_computable"


def disqualifier(ocid: str, buyer: str, struck: int, kept: int) -> Any:
    bids = [bid(f"{ocid}{number}", status="disqualified") for number in range(struck)]
    return process(ocid, [*bids, *(bid(f"{ocid}v{n}") for n in range(kept))], buyer=buyer)


def test_R038_processes_are_counted_as_processes(tmp_path: Path) -> None:
    releases = [
        disqualifier("p1", "one-process", 2, 1),
        disqualifier("p2", "two-processes", 2, 1),
        disqualifier("p3", "two-processes", 2, 1),
    ]
    settings = {"R038": {"threshold": 0.5}}
    right = flagged(judge(tmp_path, releases, settings), "R038", "buyer")
    compatible = flagged(judge(tmp_path, releases, settings, cardinal=True), "R038", "buyer")
    assert (right, compatible) == ({"two-processes"}, {"one-process", "two-processes"})


def test_prices_in_other_currencies_are_never_compared_nor_dropped(tmp_path: Path) -> None:
    releases = [
        process("eur", [bid("A", 100), bid("B", 150)], [award("A")]),
        process(
            "usd", [bid("A", 100, currency="USD"), bid("B", 150, currency="USD")], [award("A")]
        ),
        process("mixed", [bid("A", 100), bid("B", 150, currency="USD")], [award("A")]),
    ]
    settings = {"R058": {"threshold": 0.4}}
    judged = judge(tmp_path, releases, settings)
    assert flagged(judged, "R058") == {"eur", "usd"}
    assert judged["R058", "process", "mixed"]["detail"] == "bids in other currencies"
    assert flagged(judge(tmp_path, releases, settings, cardinal=True), "R058") == {"eur"}
    in_dollars = judge(tmp_path, releases, {"currency": "USD", **settings})
    assert flagged(in_dollars, "R058") == {"usd"}
    assert in_dollars["R058", "process", "eur"]["detail"] == "bids in other currencies"


def test_the_first_currency_of_the_file_rules_like_cardinal(tmp_path: Path) -> None:
    releases = [
        process("usd", [bid("A", 1, currency="USD"), bid("B", 2, currency="USD")], [award("A")]),
        process("eur", [bid("A", 1), bid("B", 2)], [award("A")]),
    ]
    settings = {"R058": {"threshold": 0.4}}
    assert set(like_cardinal(tmp_path, releases, settings)["OCID"]) == {"usd"}
    assert set(like_cardinal(tmp_path, releases[::-1], settings)["OCID"]) == {"eur"}
    settings = {"currency": "EUR", **settings}
    assert set(like_cardinal(tmp_path, releases, settings)["OCID"]) == {"eur"}


def test_amounts_of_zero_or_less_are_no_prices(tmp_path: Path) -> None:
    releases = [
        process("negative", [bid("A", 10), bid("D", -5, "disqualified")], [award("A")]),
        process("zero", [bid("A", 10), bid("D", 0, "disqualified")], [award("A")]),
        process("text", [bid("A", "10"), bid("D", "5", "disqualified")], [award("A")]),
    ]
    assert both(tmp_path, releases, "R036") == ({"text"}, {"negative", "zero"})


def test_R036_of_equal_bids_none_is_the_lowest(tmp_path: Path) -> None:
    struck, kept = bid("D", 5, "disqualified"), bid("A", 5)
    releases = [
        process("struck-first", [struck, kept], [award("A")]),
        process("struck-last", [kept, struck], [award("A")]),
    ]
    assert both(tmp_path, releases, "R036") == (set(), {"struck-first"})


def test_R028_a_firm_and_its_own_joint_bid_are_no_rivals(tmp_path: Path) -> None:
    releases = [
        process("joint", [bid(["A", "B"], 7), bid("A", 7)]),
        process("rivals", [bid(["A", "B"], 7), bid("C", 7)]),
    ]
    assert both(tmp_path, releases, "R028") == ({"rivals"}, {"joint", "rivals"})
    judged = judge(tmp_path, releases, {"R028": {}})
    assert flagged(judged, "R028", "tenderer") == {"A", "B", "C"}


def test_of_duplicates_the_latest_is_judged_once(tmp_path: Path) -> None:
    old = {**process("dup", numberOfTenderers=1, procurementMethod="open"), "date": "2024-01-01"}
    new = {**process("dup", numberOfTenderers=5, procurementMethod="open"), "date": "2024-02-01"}
    for releases in ([old, new], [new, old]):
        judged = judge(tmp_path, releases, {"R018": {}})
        assert judged["R018", "process", "dup"]["value"] == 5
        assert like_cardinal(tmp_path, releases, {"R018": {}}) == {"OCID": {"dup": {"R018": 1.0}}}


def test_of_duplicates_cardinal_measures_the_last_gap(tmp_path: Path) -> None:
    first = process("dup", [bid("A", 10), bid("B", 20)], [award("A")])
    last = process("dup", [bid("A", 10), bid("B", 13)], [award("A")])
    got = like_cardinal(tmp_path, [first, last], {"R058": {"threshold": 0.1}})
    assert got["OCID"] == {"dup": {"R058": 0.3}}
