"""Goals of the effects, judged on rows made by hand; and how they are shown."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import StoreError
from infiltrate.impact.event_study import MAIN
from infiltrate.impact.staggered import TWO_WAY
from infiltrate.validation import impact as is_
from infiltrate.validation.document import insert_results
from infiltrate.validation.impact_country import KNOWN, STATED
from infiltrate.validation.impact_document import BEGIN, END, insert_impact, write_impact_summary
from infiltrate.validation.impact_goals import hold_impact_against_goals
from infiltrate.validation.impact_summary import read_impact, summarise_impact
from tests.validation.impact_rows import judged, row, table

BIAS = "bias of the average effect"
HELD = "95 % interval holds the planted effect"
FAILING = "two-way fixed effects shown failing"
NOTHING = "effect found where none was planted"


def verdict(rows: list[dict], goal: str, card: str, estimator: str = MAIN) -> pd.Series:
    goals = hold_impact_against_goals(table(*rows))
    (found,) = goals[
        (goals["goal"] == goal)
        & (goals["scenario"] == card)
        & (goals["estimator"] == estimator)
        & (goals["sample"] != is_.NEARBY)
    ].itertuples()
    return found


def countries(number: int, **of_last) -> list[dict]:
    """Return countries that reach all goals, and a last one with other facts."""
    rows = [one for seed in range(number - 1) for one in judged(seed=seed)]
    return rows + judged(seed=number - 1, **of_last)


def test_countries_that_reach_everything():
    goals = hold_impact_against_goals(table(*countries(3)))
    assert set(goals["reached"]) == {"yes"}
    assert set(goals["countries"]) == {"3"}


def test_what_was_not_run_is_said():
    goals = hold_impact_against_goals(table(row(estimator=MAIN)))
    assert set(goals["reached"]) == {"yes", "not run"}
    assert len(goals[goals["reached"] == "yes"]) == 2


@pytest.mark.parametrize(("estimate", "reached"), [(0.1049, "yes"), (0.1051, "no"), (0.0949, "no")])
def test_bias_is_that_of_the_mean_over_countries(estimate, reached):
    rows = [one | {"estimate": estimate} for one in judged()]
    found = verdict(rows, BIAS, "high")
    assert found.reached == reached
    assert found.result.startswith(f"{1000 * (estimate - 0.1):+.1f} %; without noise +0.0 %")


def test_bias_without_noise_is_said_beside():
    rows = countries(2, of_own=0.09, of_rivals=0.002)
    assert verdict(rows, BIAS, "high").result == "+0.0 % ± 0.0; without noise -4.0 %"


def test_an_interval_must_hold_in_more_than_nine_of_ten():
    outside = {"low": 0.11, "high": 0.14}
    assert verdict(countries(13, **outside), HELD, "high").reached == "yes"
    assert verdict(countries(12, **outside), HELD, "high").reached == "no"
    assert verdict(countries(12, **outside), HELD, "high").result == "11 of 12 (62 to 100 %)"


def test_two_way_fixed_effects_must_be_wrong_and_not_hold():
    assert verdict(countries(3), FAILING, "high", TWO_WAY).reached == "yes"
    rows = countries(3)
    for change in ({"of_own": 0.099}, {"high": 0.12}):
        changed = [
            one | change if (one["sample"], one["estimator"]) == (is_.ALONE, TWO_WAY) else one
            for one in rows
        ]
        assert verdict(changed, FAILING, "high", TWO_WAY).reached == "no"


def test_effects_found_where_there_are_none_must_be_as_rare_as_chance_allows():
    rows = countries(40)
    number = 0
    for one in rows:
        if one["scenario"] == "no_impact" and one["seed"] < 9:
            one["p_value"] = 0.01
            number += 1
    assert number
    found = verdict(rows, NOTHING, "no_impact")
    assert found.result == "9 of 40 (11 to 38 %)"
    assert found.reached == "no"
    assert verdict(countries(40), NOTHING, "no_impact").result == "0 of 40 (0 to 9 %)"


def test_summary_counts_only_what_was_answered():
    refused = row(estimator=MAIN, sample=STATED, seed=2, estimate=float("nan"), reason="too few")
    rows = table(row(estimator=MAIN, sample=STATED), refused, row(estimator=MAIN, sample=KNOWN))
    summary = summarise_impact(rows)
    assert list(summary["sample"]) == [KNOWN, STATED]
    stated = summary.iloc[1]
    assert (stated["countries"], stated["answered"], stated["reason"]) == (2, 1, "too few")
    assert (stated["held"], stated["found"], stated["bias"]) == (1, 1, 0)


def test_a_summary_is_written_and_put_between_its_own_markers(tmp_path):
    table(*countries(2)).to_csv(tmp_path / "impact.csv", index=False)
    text = write_impact_summary(tmp_path).read_text()
    assert "| high | all infiltrated, true days |" in text
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nfrom before\n{END}\nafter\n")
    insert_impact(tmp_path, page, date(2026, 11, 23))
    shown = page.read_text()
    assert shown.startswith(f"before\n{BEGIN}\n6 synthetic countries")
    assert shown.endswith(f"{END}\nafter\n")
    assert "from before" not in shown
    with pytest.raises(StoreError):
        insert_results(tmp_path, page, date(2026, 11, 23))


def test_another_file_is_no_impact_file(tmp_path):
    (tmp_path / "impact.csv").write_text("scenario,seed\nhigh,1\n")
    with pytest.raises(StoreError, match="no impact file"):
        read_impact(tmp_path / "impact.csv")
