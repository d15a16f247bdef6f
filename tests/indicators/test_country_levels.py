"""The published levels by country can be copied into parameters as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from infiltrate.params.facts import Facts

PAGE = Path(__file__).parents[2] / "docs" / "corruption_risk_levels.md"


def blocks() -> dict[str, dict[str, Any]]:
    """Return the block of each country, by code."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^## ([A-Z]{2})\n\n```yaml\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    return {code: YAML(typ="safe", pure=True).load(block) for code, block in found}


def test_every_block_is_valid_and_says_each_component_once() -> None:
    countries = blocks()
    assert len(countries) > 40
    for code, block in countries.items():
        levels = Facts.model_validate(block["facts"]).risk_levels
        components = [item.component for item in levels]
        assert len(components) == len(set(components)), code
        assert all(item.source.startswith("Government Transparency Institute") for item in levels)


def test_the_numbers_are_those_of_the_source() -> None:
    facts = {
        code: {item.component: item for item in Facts.model_validate(block["facts"]).risk_levels}
        for code, block in blocks().items()
    }
    italy = facts["IT"]["submission_days"]
    assert [(part.low, part.high, part.level) for part in italy.ranges] == [
        (1, 41, 1.0),
        (42, 101, 0.0),
        (102, 365, 0.5),
    ]
    assert facts["IT"]["decision_days"].missing_level == 0.5
    assert "benford" not in facts["IT"]
    assert facts["HU"]["decision_days"].missing_level == 1.0
    assert [
        (part.low, part.high, part.level) for part in facts["GB"]["submission_days"].ranges
    ] == [
        (1, 41, 0.5),
        (42, 176, 0.0),
        (177, 365, 0.5),
    ]
    assert "secrecy_score" not in facts["GB"]
    assert facts["RO"]["benford"].ranges[1].level == 0.5
