"""What leaves of effects: rounded sizes, no number that rests on too few listed companies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.publish import publish_effects, publish_findings
from infiltrate.params.choices import DisclosureChoices

RULES = DisclosureChoices(minimum_listed=5, round_to=5)


def effect(treated: int | None, design: str = "event_study") -> Effect:
    return Effect(
        design, "x", "log_revenue", "year 4", 0.1, 0.02, 0.06, 0.14, 0.001, treated=treated, rows=33
    )


def test_sizes_are_rounded_and_effects_of_few_closed() -> None:
    table = publish_effects([ImpactAnswer((effect(23), effect(3), effect(None)))], RULES)
    assert list(table["rows"]) == [35, 35, 35]
    assert table["treated"][0] == 25
    assert pd.isna(table["treated"][1])
    assert list(np.isnan(table["estimate"])) == [False, True, False]
    assert list(np.isnan(table["high"])) == [False, True, False]


def test_one_treated_area_is_no_company() -> None:
    table = publish_effects([ImpactAnswer((effect(1, "synthetic_control"),))], RULES)
    assert table["treated"][0] == 1
    assert table["estimate"][0] == 0.1


def test_an_empty_study_has_both_tables() -> None:
    assert list(publish_effects([], RULES).columns) == list(
        publish_effects([ImpactAnswer((effect(9),))], RULES).columns
    )
    assert publish_findings([]).empty


def test_a_finding_is_said_once_refusals_first() -> None:
    warning, refusal = Finding("warning", "panel", "Gaps."), Finding("refused", "drivers", "None.")
    table = publish_findings([ImpactAnswer((), (warning, refusal)), ImpactAnswer((), (warning,))])
    assert list(table["severity"]) == ["refused", "warning"]
