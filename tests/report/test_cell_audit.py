"""Tables that may be shown raise no alarm; one number too many does."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.rounding import round_additively, round_counts
from infiltrate.protection.suppression import protect
from infiltrate.report.cell_audit import find_open_cells
from infiltrate.report.grids import Grid, as_grid
from tests.protection.additive import two_way

EXACT = DisclosureChoices(round_to=1)
BODIES = st.lists(
    st.lists(st.sampled_from([0, 1, 3, 5, 8, 12, 26, 31, 90]), min_size=3, max_size=3),
    min_size=2,
    max_size=4,
)


def as_cells(counts: np.ndarray, closed: np.ndarray, rows: int, place: str = "cells") -> Grid:
    sectors, areas = [*"ABCDEF"[:rows], "all"], ["R1", "R2", "R3", "all"]
    lines = [
        (sector, area, "" if hidden else int(count), "suppressed" if hidden else "use")
        for (sector, area), count, hidden in zip(
            [(s, a) for s in sectors for a in areas], counts, closed, strict=True
        )
    ]
    return as_grid(["sector_id", "area_id", "listed", "status"], lines, place)


@settings(max_examples=25, deadline=None)
@given(BODIES, st.sampled_from(["exact", "nearest", "controlled"]))
def test_a_protected_table_raises_no_alarm(body, rounding):
    counts, equations = two_way(np.array(body))
    closed = protect(counts, equations, counts < 5, 5)
    if rounding == "exact":
        shown, rules = counts, EXACT
    elif rounding == "nearest":
        shown, rules = round_counts(counts, 5), DisclosureChoices()
    else:
        shown = round_additively(counts, equations, 5).counts
        rules = DisclosureChoices(rounding="controlled")
        closed |= (shown < 5) & (shown > 0)
    assert list(find_open_cells([as_cells(shown, closed, len(body))], rules)) == []


@settings(max_examples=25, deadline=None)
@given(BODIES)
def test_small_counts_alone_closed_are_found_whenever_an_attack_finds_them(body):
    """The attack is a subtraction: the only closed cell of a row or column is known."""
    counts, _ = two_way(np.array(body))
    closed = counts < 5
    grid = closed.reshape(-1, 4)
    alone = np.zeros_like(grid)
    alone |= grid & (grid.sum(axis=1, keepdims=True) == 1)
    alone |= grid & (grid.sum(axis=0, keepdims=True) == 1)
    found = {
        finding.place.split("row ")[1].partition(",")[0]
        for finding in find_open_cells([as_cells(counts, closed, len(body))], EXACT)
    }
    sectors, areas = [*"ABCDEF"[: len(body)], "all"], ["R1", "R2", "R3", "all"]
    expected = {f"{sectors[i]} / {areas[j]}" for i, j in zip(*np.nonzero(alone), strict=True)}
    assert expected <= found


def test_two_tables_give_away_together_what_neither_does_alone():
    """Areas in one table and the places in them in another: the difference is a closed cell."""
    large = as_grid(
        ["area_id", "parent_id", "listed"],
        [("all", "", 100), ("R1", "all", 47), ("R2", "all", 53)],
        "areas",
    )
    small = as_grid(
        ["area_id", "parent_id", "listed", "status"],
        [("R1", "all", 47, "use"), ("R1A", "R1", 45, "use"), ("R1B", "R1", "", "suppressed")],
        "places",
    )
    alone = as_grid(small.columns, small.rows[1:], "places")
    assert not list(find_open_cells([alone], EXACT))
    together = list(find_open_cells([large, small], EXACT))
    assert [finding.place for finding in together] == ["places, row all / R1B, column listed"]


def test_a_count_closed_in_one_table_and_shown_in_another_is_found():
    counts, equations = two_way(np.array([[2, 30, 26], [40, 50, 61]]))
    closed = protect(counts, equations, counts < 5, 5)
    shown = round_counts(counts, 5)
    opened = closed.copy()
    opened[np.flatnonzero(closed & (counts > 5))[0]] = False
    grids = [as_cells(shown, closed, 2, "a"), as_cells(shown, opened, 2, "b")]
    words = [finding.words for finding in find_open_cells(grids, DisclosureChoices())]
    assert any("closed in a" in text for text in words)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"what": ["bids", "contracts", "lists"], "rows": [3, 2, 1]}),
        pd.DataFrame({"step": ["total", "read"], "share": ["4%", "2%"]}),
        pd.DataFrame({"year": [2019, 2020], "contracts": [3, ""]}),
        pd.DataFrame({"name": ["a", "b", "total"], "n": ["", 40, 40]}),
        pd.DataFrame({"name": ["top a", "top b", "all"], "n": [7, 9, 400]}),
    ],
)
def test_ordinary_tables_raise_no_alarm(table):
    grid = as_grid(list(table.columns), table.astype(object).to_numpy().tolist(), "table")
    assert not list(find_open_cells([grid], DisclosureChoices()))
