"""Tables: caption, scopes, alignment, folding, and what is missing is not zero."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import SchemaError
from infiltrate.report.tables import show_table
from tests.report.html_checks import PageReader, find_mistakes


def _page(html: str) -> str:
    return f"<main><h1>x</h1>{html}</main>"


def test_a_table_has_caption_scopes_units_and_right_aligned_numbers():
    frame = pd.DataFrame({"list": ["a", "b"], "firms": [1200, 7], "share": [0.057, None]})
    html = show_table(
        frame, caption="Lists", units={"firms": "firms"}, formats={"share": "percent"}, note="N."
    )._repr_html_()
    assert find_mistakes(_page(html)) == []
    assert '<td class="number">1,200</td>' in html
    assert '<td class="number">5.7%</td>' in html
    assert 'title="missing">–</span>' in html and "nan" not in html
    assert '<span class="units">firms</span>' in html and '<p class="note">N.</p>' in html


def test_cells_are_written_as_they_are_read():
    frame = pd.DataFrame(
        {
            "year": [2019],
            "day": [date(2019, 2, 1)],
            "yes": [True],
            "parts": [["a", "b"]],
            "amount": [1234567.8],
            "text": ["<b>&"],
        }
    )
    html = show_table(frame, caption="c")._repr_html_()
    for written in ("2019<", "2019-02-01", ">yes<", "a, b", "1,234,568", "&lt;b&gt;&amp;"):
        assert written in html


def test_what_nobody_has_checked_is_marked():
    html = show_table(pd.DataFrame({"fact": ["limit"], "status": ["to_check"]}), caption="c").html
    assert '<mark class="state to-check">to check</mark>' in html


def test_long_tables_are_folded_with_the_number_of_hidden_rows():
    html = show_table(pd.DataFrame({"n": range(40)}), caption="c").html
    assert "Show 25 more rows" in html and "rows 16 to 40 of 40" in html
    assert len(PageReader(html).all("tr")) == 42
    assert "<details" not in show_table(pd.DataFrame({"n": range(18)}), caption="c").html
    huge = show_table(pd.DataFrame({"n": range(700)}), caption="c").html
    assert "Show 485 more rows<" in huge and "200 others are in the published table" in huge


def test_an_empty_table_says_so():
    html = show_table(pd.DataFrame({"n": []}), caption="Nothing").html
    assert "No rows." in html and "<caption><span>Nothing</span></caption>" in html
    told = show_table(
        pd.DataFrame({"n": []}), caption="Nothing", note="In brackets.", empty="Turned off."
    ).html
    assert "No rows." not in told and "In brackets." not in told
    assert told.count("Turned off.") == 1
    assert PageReader(told).mistakes == []


def test_units_of_an_absent_column_are_a_mistake():
    with pytest.raises(SchemaError, match="amuont"):
        show_table(pd.DataFrame({"amount": [1]}), caption="c", units={"amuont": "EUR"})
