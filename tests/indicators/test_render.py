"""The page of indicators is fresh, and a report shows the very rule that ran."""

from __future__ import annotations

import difflib
from pathlib import Path

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.render import describe_indicators, render_catalogue
from tests.indicators.country import make_params

PAGE = Path(__file__).parents[2] / "docs" / "indicators.md"


def test_the_page_is_fresh() -> None:
    written, fresh = PAGE.read_text(encoding="utf-8"), render_catalogue()
    changes = "\n".join(difflib.unified_diff(written.splitlines(), fresh.splitlines(), lineterm=""))
    assert written == fresh, (
        "docs/indicators.md is stale; run "
        f"python -m infiltrate.indicators.render > docs/indicators.md\n{changes}"
    )


def test_the_page_has_every_indicator_and_setting() -> None:
    page = render_catalogue()
    for code, indicator in load_catalogue().items():
        assert f"### {code} {indicator.title}" in page
        assert indicator.definition in page
        assert all(f"`{name}`" in page for name in indicator.settings)


def test_a_report_is_told_the_rule_and_the_settings_used() -> None:
    params = make_params(indicators={"C04": {"settings": {"short_days": 10}}, "C05": {"on": False}})
    described = {entry["code"]: entry for entry in describe_indicators(params, ["lot"])}
    assert set(described) >= {"C01", "C02", "C03", "C04", "C05", "C33", "T01"}
    assert described["C04"]["sql"] == load_catalogue()["C04"].sql
    assert "FROM tenders" in described["C04"]["unit_sql"]
    settings = {entry["name"]: entry for entry in described["C04"]["settings"]}
    assert (settings["short_days"]["value"], settings["short_days"]["changed"]) == (10, True)
    assert settings["longest_days"]["changed"] is False
    assert (described["C04"]["on"], described["C05"]["on"]) == (True, False)
