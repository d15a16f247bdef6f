"""A reader can open the very rule that ran."""

from __future__ import annotations

from infiltrate.report.rules import show_rules

RULE = {
    "code": "X01",
    "title": "A made-up rule",
    "definition": "The value is at most ten.",
    "formula": "Value <= 10.",
    "why": "Ten is few.",
    "ocp": ["R999"],
    "missing": "The value is not recorded.",
    "direction": "+",
    "sources": ["Author (2020)"],
    "exclusions": [],
    "assumptions": ["Values are counts."],
    "settings": [
        {"name": "most", "value": 10, "unit": "things", "changed": True, "description": "Limit."}
    ],
    "on": False,
    "sql": "SELECT 1 AS value WHERE 1 < $most",
}


def test_definition_settings_and_query_are_there_and_escaped() -> None:
    panel = show_rules([RULE])
    assert "1 &lt; $most" in panel.html
    assert "most = 10 things, changed from the default. Limit." in panel.html
    assert "turned off in this study" in panel.html
    assert "Value &lt;= 10." in panel.html and "R999" in panel.html
    assert "X01 A made-up rule" in repr(panel)


def test_a_relation_that_other_rules_read_too_is_shown_with_its_name() -> None:
    rule = {**RULE, "shared_sql": {"spreads": "SELECT 2 AS spread WHERE 1 < 2"}}
    panel = show_rules([rule])
    assert "The relation spreads that it reads" in panel.html
    assert "SELECT 2 AS spread WHERE 1 &lt; 2" in panel.html
