"""Figures of tracing: what cannot be drawn is said, and what is drawn says what it is."""

from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.report import figures
from tests.report.firm_samples import EDGES, NODES, STAGES


def test_values_by_stage_say_what_is_closed_and_what_nobody_can_tell() -> None:
    figure = figures.value_by_stage(STAGES)
    assert figure.title == "At least 2 million EUR of contracts are reached from listed firms"
    words = [text.get_text() for text in figure.drawing.axes[0].texts]
    assert "closed" in words[1] and "not computable" in words[2]
    assert b"<svg" in figure.svg()


def test_each_currency_has_a_panel_of_its_own() -> None:
    both = pd.concat([STAGES, STAGES.assign(currency="USD")], ignore_index=True)
    assert len(figures.value_by_stage(both).drawing.axes) == 2


def test_nothing_reached_is_said() -> None:
    assert figures.value_by_stage(STAGES.iloc[1:]).drawing is None
    empty = figures.layered_graph(NODES.head(0), EDGES.head(0), title="One", empty="No example.")
    assert (empty.drawing, empty.alt) == (None, "No example.")


def test_a_graph_names_units_and_shares_and_is_the_same_each_time() -> None:
    figure = figures.layered_graph(NODES, EDGES, title="One", left_out=["2 more officers"])
    assert "Person B owns Firm A (25–50%)" in figure.alt
    assert "owner not on record" in figure.alt
    assert "2 more officers" in figure.caption
    again = figures.layered_graph(NODES, EDGES, title="One", left_out=["2 more officers"])
    assert figure.svg() == again.svg()


@pytest.mark.parametrize("column", ["kind", "layer"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(Exception, match=column):
        figures.layered_graph(NODES.drop(columns=column), EDGES, title="One")
