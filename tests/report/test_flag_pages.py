"""Verdicts, components and tables of the bidding page in words; nobody is named."""

from __future__ import annotations

import pandas as pd

from infiltrate.report import bidding_pages, flag_pages
from tests.report import flag_samples as samples
from tests.report.html_checks import PageReader


def test_every_flag_stands_under_its_verdict_with_a_reason() -> None:
    verdicts = samples.verdicts()
    panel = flag_pages.say_verdicts(verdicts, samples.TITLES)
    assert "Says something here: 10 of 40 flags" in panel.text
    assert "Runs the wrong way here: 10 of 40 flags" in panel.text
    assert "Flag number 4: never on." in panel.html
    for title in samples.TITLES.values():
        assert panel.html.count(f"<li>{title}:") == 1
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
