"""The pages of indicators are fresh, and a report shows the very rule that ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.render import describe_indicators, page_name, render_catalogue
from tests.indicators.country import make_params

FOLDER = Path(__file__).parents[2] / "docs" / "indicators"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return render_catalogue()


def test_the_folder_is_fresh(pages: dict[str, str]) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    stale = sorted(name for name in {*written, *pages} if written.get(name) != pages.get(name))
    assert not stale, f"stale; run python -m infiltrate.indicators.render: {stale}"


def test_every_indicator_has_a_page_with_all_there_is_to_say(pages: dict[str, str]) -> None:
    for code, indicator in load_catalogue().items():
        page = pages[page_name(indicator)]
        assert page.startswith(f"# {code} {indicator.title}\n")
        for text in (indicator.definition, indicator.formula, indicator.why, indicator.missing):
            assert text in page
        for sentence in (*indicator.sources, *indicator.exclusions, *indicator.assumptions):
            assert f"- {sentence}\n" in page
        assert all(f"| `{name}` |" in page for name in indicator.settings)
        assert "| flag | " in page and "| not computable | " in page


def test_the_index_links_to_every_page_and_no_other(pages: dict[str, str]) -> None:
    links = re.findall(r"\]\(([a-z0-9_]+\.md)\)", pages["index.md"])
    assert sorted(links) == sorted(page_name(item) for item in load_catalogue().values())


def test_the_example_is_computed_and_not_typed(pages: dict[str, str]) -> None:
    page = pages["c13_delay.md"]
    assert "| `K1/1/F` | flag | 0.2 | 0.1 | large delay | `contracts:K1/1/F` |" in page


def test_codes_of_the_open_contracting_partnership_are_those_of_the_eleven() -> None:
    codes = {code: set(item.ocp) for code, item in load_catalogue().items() if item.ocp}
    assert codes == {
        "C01": {"R018"},
        "C04": {"R003"},
        "C20": {"R035"},
        "C21": {"R036"},
        "C22": {"R028"},
        "C23": {"R030"},
        "C24": {"R024"},
        "C25": {"R058"},
        "M04": {"R025"},
        "M05": {"R038"},
        "M06": {"R048"},
        "M08": {"R038"},
    }


def test_a_report_is_told_the_rule_and_the_settings_used() -> None:
    params = make_params(indicators={"C04": {"settings": {"short_days": 10}}, "C05": {"on": False}})
    described = {entry["code"]: entry for entry in describe_indicators(params, ["lot"])}
    lots = {code for code, item in load_catalogue().items() if item.level == "lot"}
    assert set(described) == lots
    assert described["C04"]["sql"] == load_catalogue()["C04"].sql
    assert "FROM tenders" in described["C04"]["unit_sql"]
    assert set(described["T01"]["shared_sql"]) == {"bid_prices", "bid_spreads"}
    assert described["C04"]["shared_sql"] == {}
    settings = {entry["name"]: entry for entry in described["C04"]["settings"]}
    assert (settings["short_days"]["value"], settings["short_days"]["changed"]) == (10, True)
    assert settings["longest_days"]["changed"] is False
    assert (described["C04"]["on"], described["C05"]["on"]) == (True, False)
