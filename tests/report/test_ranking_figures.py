from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.errors import SchemaError
from infiltrate.report import ranking_figures as figures

AREAS = pd.DataFrame(
    {
        "design": ["random by firm", "random by firm", "grouped by buyer region"],
        "model": ["logistic", "latent", "latent"],
        "mean": [0.72, 0.77, 0.74],
        "error": [0.01, 0.01, None],
    }
)
TYPES = pd.DataFrame(
    {
        "scenario": ["base", "base", "adversarial"],
        "type": ["functional", "relational", "functional"],
        "mean": [0.5, 0.12, 0.25],
        "error": [0.02, 0.03, 0.02],
    }
)


def test_the_title_says_how_far_the_leading_learner_is_from_the_oracle_and_where_it_is_worst():
    drawn = figures.areas_by_design(AREAS, 0.80, leading="latent")
    assert drawn.title == (
        "'latent' reaches 0.77 at random, 0.030 below what knows the truth, and 0.74 grouped by "
        "buyer region"
    )
    assert "random by firm, logistic: 0.720" in drawn.alt
    assert len(drawn.numbers) == 3


def test_without_an_oracle_or_the_leading_learner_the_title_does_not_claim_any():
    assert "truth" not in figures.areas_by_design(AREAS, float("nan"), leading="latent").title
    assert figures.areas_by_design(AREAS, 0.8, leading="boosting").title == (
        "'boosting' could not be fitted"
    )


def test_types_are_named_with_their_shares():
    drawn = figures.types_found(TYPES)
    assert drawn.title == (
        "Of functional companies 38% are found, of relational ones 12%: chance is 10%"
    )


@pytest.mark.parametrize("drawn", [
    lambda: figures.areas_by_design(AREAS.head(0), 0.8, leading="latent"),
    lambda: figures.types_found(TYPES.head(0)),
])  # fmt: skip
def test_nothing_to_draw_is_said(drawn):
    assert drawn().drawing is None


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(SchemaError):
        figures.types_found(TYPES.drop(columns="mean"))
