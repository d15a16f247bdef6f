"""Figures about ties say what they show, and stay calm where there is nothing to show."""

from __future__ import annotations

import numpy as np

from infiltrate.report import figures
from tests.report.firm_samples import distances, hazards


def test_the_title_compares_the_groups_at_the_nearest_distance() -> None:
    figure = figures.listed_distances(distances())
    expected = "30% of listed firms and 2% of other firms have a listed firm at one step"
    assert figure.title == expected
    assert "says nothing of any single firm" in figure.caption
    assert figure.svg()


def test_the_title_says_whether_chance_explains_the_ties() -> None:
    null = np.linspace(0.01, 0.03, 100)
    found = figures.assortativity_null(0.06, 0.03, 0.1, null, 0.01)
    assert "more than chance gives (2%, p 0.010)" in found.title
    assert "no more than" in figures.assortativity_null(0.02, 0.01, 0.1, null, 0.4).title
    assert found.svg() == figures.assortativity_null(0.06, 0.03, 0.1, null, 0.01).svg()


def test_the_title_names_the_lists_whose_interval_lies_above_one() -> None:
    figure = figures.listing_hazards(hazards())
    assert figure.title == (
        "After a neighbour's entry firms are listed more often on lists that follow cases "
        "(soon after a neighbour)"
    )
    assert "no upper end" in figure.alt
    assert "No sign" in figures.listing_hazards(hazards(low=0.5)).title


def test_a_row_that_may_not_be_shown_stays_with_its_reason() -> None:
    figure = figures.listing_hazards(
        hazards(hazard_ratio=[np.nan, 1.2], low=[np.nan, 0.6], reason=["fewer than 5", ""])
    )
    assert list(figure.numbers["reason"]) == ["fewer than 5", ""]
    assert figure.svg()


def test_nothing_to_show_is_said() -> None:
    assert figures.listed_distances(distances().iloc[:0]).drawing is None
    assert figures.listing_hazards(hazards(hazard_ratio=np.nan, reason="too few")).alt == (
        "too few and too few"
    )
    refused = figures.assortativity_null(
        np.nan, np.nan, np.nan, np.zeros(0), np.nan, reason="2 listed companies have ties"
    )
    assert refused.alt == "2 listed companies have ties"
