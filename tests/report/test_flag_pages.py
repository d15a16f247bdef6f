"""Verdicts, components and tables of the bidding page in words; nobody is named."""

from __future__ import annotations

import re

import pandas as pd

from infiltrate.report import bidding_pages, flag_pages
from tests.report import flag_samples as samples
from tests.report.html_checks import PageReader


def test_every_flag_stands_under_its_verdict_with_a_reason() -> None:
    verdicts = samples.verdicts()
    panel = flag_pages.say_verdicts(verdicts, samples.TITLES)
    assert "Says something here: 10 of 40 flags" in panel.text
    assert "Runs the wrong way here: 10 of 40 flags" in panel.text
    assert "<li>Never on: Flag number 4, Flag number 8" in panel.html
    for title in samples.TITLES.values():
        assert len(re.findall(rf"{title}\b", panel.html)) == 1
    assert PageReader(panel.html).mistakes == []
    empty = flag_pages.say_verdicts(verdicts[verdicts["verdict"] == "informative"], samples.TITLES)
    assert "Runs the wrong way here: 0 of 10 flags: none" in empty.text


def test_the_table_of_tests_has_a_column_for_each_list() -> None:
    verdicts = pd.concat([samples.verdicts(), samples.verdicts(8).assign(list_id="court")])
    table = flag_pages.tabulate_verdicts(verdicts, samples.TITLES, {"court": "Courts"})
    assert len(table) == 40
    assert table["Courts"].notna().sum() == 6
    assert table["verdict"].iloc[0] == "informative"
    assert table["verdict"].iloc[-1] == "not testable"
    shown = flag_pages.show_verdicts(verdicts, samples.TITLES, {"court": "Courts"})
    assert PageReader(shown.html).mistakes == []
    assert "Every flag that can be tested" in shown.html
    nothing = verdicts[verdicts["verdict"] == "not testable"]
    assert "<table" not in flag_pages.show_verdicts(nothing, samples.TITLES, {}).html


def test_base_rates_stand_by_level_and_what_is_never_computable_is_folded() -> None:
    nan = float("nan")
    rows = [
        ("Single bid", "lot", True, 1200, 0.9, 0.2, 0.1, 0.3, "no bids recorded (120)"),
        ("No call", "lot", True, 1200, 1.0, 0.4, nan, nan, ""),
        ("Old owner", "lot", True, 1200, 0.0, nan, nan, nan, "owners not recorded (1,200)"),
        ("Crime", "area", True, 16, 1.0, 0.0, 0.0, 0.2, ""),
        ("Urgency", "lot", False, 0, nan, nan, nan, nan, ""),
    ]
    names = ["title", "level", "on", "units", "coverage", "base_rate", "low", "high", "reasons"]
    panel = flag_pages.show_base_rates(pd.DataFrame(rows, columns=names))
    assert PageReader(panel.html).mistakes == []
    assert "Red flags of 1,200 lots: share on if computable" in panel.html
    assert "Red flags of 16 areas: share on if computable" in panel.html
    assert panel.html.index("No call") < panel.html.index("Single bid")
    assert "1 flag cannot be computed for any unit." in panel.html
    assert panel.html.index("<details") < panel.html.index("Old owner")
    assert "Turned off, or without units: Urgency." in panel.html
    none = flag_pages.show_base_rates(pd.DataFrame(rows, columns=names).iloc[[2, 4]])
    assert "Red flags of" not in none.html


def test_components_come_with_their_block() -> None:
    components = pd.DataFrame(
        {
            "indicator": ["C01", "C02"],
            "title": ["One", "Two"],
            "status": ["not validated", "validated"],
            "direction": ["", "+"],
            "in_index": [False, True],
            "units": [0, 500],
            "mean": [float("nan"), 0.25],
            "reason": ["no cut point beyond chance", "effect +0.050"],
        }
    )
    panel = flag_pages.show_components(components, "choices:\n  cri: <x>\n", note="Held against.")
    assert panel.html.index("Two") < panel.html.index("One")
    assert "Not in the index, no cut point beyond chance: One." in panel.html
    assert "cri: &lt;x&gt;" in panel.html
    assert PageReader(panel.html).mistakes == []


def test_groups_have_numbers_and_no_markets_or_companies() -> None:
    table = bidding_pages.tabulate_groups(samples.groups())
    assert table["group"].tolist() == ["Group\u00a01", "Group\u00a02"]
    assert not table.astype(str).stack().str.contains("45, N").any()
    assert table["p value"].tolist() == ["0.001", "0.400"]


def test_thresholds_count_the_buyers_tested_and_flagged() -> None:
    (row,) = bidding_pages.tabulate_thresholds(samples.threshold_tests()).to_dict("records")
    assert row["threshold"] == "direct award, goods: 40,000 EUR from 2021"
    assert (row["buyers tested"], row["of these flagged"]) == (2, 1)
    assert row["too many just below"] == "20% (10% to 30%)"
    ranks = bidding_pages.stack_ranks(
        {"area": samples.composite(), "sector": samples.composite(refused=True)}
    )
    assert ranks["ranked"].tolist() == ["area"] * 3


def test_thresholds_that_cannot_be_tested_stand_in_a_sentence() -> None:
    tests = samples.threshold_tests()
    other = tests[tests["buyer_id"].isna()].assign(category="works", state="not_computable")
    panel = bidding_pages.show_thresholds(pd.concat([tests, other], ignore_index=True))
    assert "Not computable for 1 threshold" in panel.html
    assert panel.html.count("<tr>") == 2
    alone = bidding_pages.show_thresholds(other)
    assert "<td" in alone.html and alone.html.count("Not computable for 1 threshold") == 1
