"""The ladder holds our effects against published ones and never against numbers nobody gave."""

from __future__ import annotations

import pytest

from infiltrate.impact.answer import Effect
from infiltrate.impact.published_effects import PUBLISHED_EFFECTS, PublishedEffect, build_ladder


def effect(estimate: float, low: float, high: float) -> Effect:
    return Effect(
        "event_study", "Sun and Abraham", "log_revenue", "average", estimate, 0.01, low, high
    )


def test_ours_stand_beside_those_about_the_same_thing() -> None:
    ladder = build_ladder(
        [
            ("rivals' revenue", "revenue of rivals", effect(-0.01, -0.03, 0.01)),
            ("own revenue", "revenue of listed companies", effect(0.08, 0.05, 0.11)),
        ]
    )
    assert list(ladder["is_ours"])[:2] == [True, False]
    assert list(ladder["subject"][:2]) == ["own revenue", "own revenue"]
    assert list(ladder.loc[ladder["is_ours"], "direction"]) == ["rises", "not told from zero"]
    assert len(ladder) == len(PUBLISHED_EFFECTS) + 2
    assert len(build_ladder([])) == len(PUBLISHED_EFFECTS)


def test_a_direction_is_no_number_and_a_range_has_no_middle() -> None:
    ladder = build_ladder([]).set_index("source")
    assert ladder.loc["Pinotti 2015, Economic Journal", "estimate"] == -0.16
    bunching = ladder.loc[ladder["subject"] == "procurement prices"].iloc[0]
    assert (bunching["low"], bunching["high"]) == (0.18, 0.28)
    directions = ladder[ladder["design"].str.contains("2006 to 2016")]
    assert directions[["estimate", "low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("published", PUBLISHED_EFFECTS, ids=lambda one: one.about[:30])
def test_every_number_has_a_source_and_agrees_with_its_direction(
    published: PublishedEffect,
) -> None:
    assert published.link.startswith("https://")
    assert published.source and published.design
    if published.low is not None:
        assert (published.low > 0) == (published.direction == "rises")
        assert published.high >= published.low
