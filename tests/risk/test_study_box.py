"""The worth of the head of a ranking, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.params.lists import ListDefinition
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.study_box import study_base_rates


def a_list(*, organised_crime: bool) -> ListDefinition:
    return ListDefinition.model_validate(
        {"id": "a", "title": "A list", "nature": "court_final", "organised_crime": organised_crime}
        | {"authority": "Office", "legal_basis": "Act 1", "source": "Act 1", "status": "seen"}
    )


CRIME, OTHER = [a_list(organised_crime=True)], [a_list(organised_crime=False)]


def metrics(sensitivity: float, specificity: float) -> pd.DataFrame:
    values = {"recall_at_5pct": sensitivity, "specificity_at_5pct": specificity}
    return pd.DataFrame(
        [
            {"name": n, "design": CONNECTED, "ranks": True, "value": v, "low": v, "high": v}
            for n, v in values.items()
        ]
    )


def estimates(**row: object) -> pd.DataFrame:
    base = {
        "estimand": "infiltrated_share",
        "estimator": "detection",
        "status": "use",
        "sector_id": None,
        "area_id": None,
        "value": float("nan"),
        "low": 0.01,
        "high": 0.04,
    }
    return pd.DataFrame([base | row])


def test_the_published_example_at_two_per_cent() -> None:
    result = study_base_rates(metrics(0.76, 0.742), estimates(), CRIME, assumed=[0.02])
    assert result.box is not None
    assert result.box.prevalence == pytest.approx(0.02)
    assert result.box.positive_predictive_value == pytest.approx(0.0567, abs=5e-4)
    assert result.table["expected_of_100"][0] == pytest.approx(5.67, abs=0.05)
    assert (result.box.positive_predictive_value_low or 0) < 0.0567


@pytest.mark.parametrize("row", [{"status": "caution"}, {"estimator": "floor"}, {"area_id": "A"}])
def test_without_bounds_there_is_no_box_but_what_ifs(row: dict[str, object]) -> None:
    result = study_base_rates(metrics(0.5, 0.95), estimates(**row), CRIME)
    assert result.box is None
    assert "not known" in result.why_not
    assert len(result.table) == 3


def test_a_ranking_that_was_not_validated_has_neither() -> None:
    result = study_base_rates(metrics(0.5, 0.95).assign(value=None), estimates(), CRIME)
    assert result.box is None
    assert "could not be validated" in result.why_not
    assert result.table.empty


def test_a_ranking_tested_on_other_lists_says_nothing_of_infiltration() -> None:
    result = study_base_rates(metrics(0.76, 0.742), estimates(), OTHER)
    assert result.box is None and result.table.empty
    assert "not about organised crime" in result.why_not


def test_a_study_without_a_list_says_so() -> None:
    result = study_base_rates(metrics(0.76, 0.742), estimates(), [])
    assert result.box is None and result.table.empty
    assert "no list of known firms" in result.why_not


def test_before_anything_is_estimated_only_the_what_ifs_are_shown() -> None:
    result = study_base_rates(metrics(0.76, 0.742), None, CRIME)
    assert result.box is None and len(result.table) == 3
    assert "first page" in result.why_not
