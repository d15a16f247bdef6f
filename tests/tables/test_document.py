"""The documentation of the tables is what the definitions say."""

from __future__ import annotations

from pathlib import Path

from infiltrate.tables.document import render_tables


def test_the_page_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "tables.md"
    assert page.read_text(encoding="utf-8") == render_tables(), (
        "docs/tables.md is stale; run: python -m infiltrate.tables.document"
    )
