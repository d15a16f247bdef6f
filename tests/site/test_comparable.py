"""Numbers stand side by side when they mean the same; the others say in what they differ."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from infiltrate.site.comparable import Comparison, compare_studies
from infiltrate.site.finished import read_studies
from tests.site.samples import DEFAULT_ESTIMATES, estimate, flag, write_results

ESTIMATE = "Infiltrated firms, estimate"


def compare(tmp_path: Path, *differences: dict[str, Any]) -> Comparison:
    """Compare one study per set of differences, named Aland, Bland, Cland."""
    return compare_studies(
        read_studies(
            [
                write_results(
                    tmp_path / letter.lower(),
                    **{"title": f"{letter}land, 2025", "with_pages": False} | changes,
                )
                for letter, changes in zip("ABC", differences, strict=False)
            ]
        )
    )


def why(compared: Comparison, what: str) -> str:
    rows = compared.apart[compared.apart["measure"] == what]
    assert len(rows) == 1, compared.apart
    return str(rows["why not compared"].iloc[0])


def test_two_alike_studies_are_compared_with_their_own_numbers(tmp_path: Path) -> None:
    other = (estimate("pool", 0.02, 0.01, 0.05), *DEFAULT_ESTIMATES[1:])
    compared = compare(
        tmp_path, {}, {"estimates": other, "flags": (flag("C01", "Single bid", 0.3),)}
    )
    pool = compared.estimates[compared.estimates["group"] == ESTIMATE].set_index("label")
    assert pool.loc["Aland", ["value", "low", "high"]].tolist() == [0.075, 0.04, 0.14]
    assert pool.loc["Bland", ["value", "low", "high"]].tolist() == [0.02, 0.01, 0.05]
    assert compared.estimates["unit"].eq("share").all()
    assert compared.estimates["group"].iloc[0] == ESTIMATE
    assert compared.flags.set_index("study")["base_rate"].to_dict() == {"Aland": 0.5, "Bland": 0.3}
    assert why(compared, "C03 Closed procedure") == "no other study here gives it"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"interval": 0.9}, "interval: 90% in Bland, 95% in Aland"),
        (
            {"among": "bidders up to {day}"},
            "counted among: bidders in Bland, active firms by the official count in Aland",
        ),
        (
            {"what": "infiltrated firms of the north"},
            "definition: infiltrated firms of the north in Bland",
        ),
    ],
)
def test_another_definition_is_told_and_not_compared(
    tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    other = (estimate("pool", 0.02, 0.01, 0.05, **changed), *DEFAULT_ESTIMATES[1:])
    compared = compare(tmp_path, {}, {"estimates": other})
    assert set(compared.estimates["group"]) == {
        "Infiltrated firms, floor: rightly on a list about organised crime"
    }
    assert named in why(compared, ESTIMATE)
    row = compared.apart.set_index("measure").loc[ESTIMATE, "numbers"]
    assert row == "Aland 7.5% (4% to 14%); Bland 2% (1% to 5%)"


def test_another_choice_of_method_is_named(tmp_path: Path) -> None:
    compared = compare(tmp_path, {}, {"choices": "prevalence: {window_years: 5}"})
    assert "choices.prevalence.window_years: 5.0 in Bland, null in Aland" in why(compared, ESTIMATE)


def test_the_day_and_the_number_of_firms_are_no_difference(tmp_path: Path) -> None:
    other = tuple(
        row | {"definition": row["definition"].replace("2026-06-30", "2025-01-01")} | {"n_units": 7}
        for row in DEFAULT_ESTIMATES
    )
    compared = compare(tmp_path, {}, {"estimates": other, "day": "2025-01-01"})
    assert compared.apart.empty
    assert not any("different years" in caution for caution in compared.cautions)


def test_a_refusal_stays_in_sight_beside_two_estimates(tmp_path: Path) -> None:
    refused = (estimate("pool", None, None, None, status="reject", reason="two lists only"),)
    compared = compare(tmp_path, {}, {}, {"estimates": refused})
    pool = compared.estimates[compared.estimates["group"] == ESTIMATE].set_index("label")
    assert pool["status"].to_dict() == {"Aland": "caution", "Bland": "caution", "Cland": "reject"}
    assert pool.loc["Cland", "reason"] == "two lists only"


def test_one_estimate_and_a_refusal_are_no_comparison(tmp_path: Path) -> None:
    refused = (estimate("pool", None, None, None, status="reject", reason="two lists only."),)
    compared = compare(tmp_path, {}, {"estimates": refused})
    assert compared.estimates.empty
    assert why(compared, ESTIMATE) == "no other study here gives it; Bland: two lists only"


def test_of_three_the_two_that_agree_are_compared_in_any_order(tmp_path: Path) -> None:
    third = (estimate("pool", 0.5, 0.4, 0.6, interval=0.5), *DEFAULT_ESTIMATES[1:])
    folders = [
        write_results(tmp_path / "a", title="Aland", with_pages=False),
        write_results(tmp_path / "b", title="Bland", with_pages=False, estimates=third),
        write_results(tmp_path / "c", title="Cland", with_pages=False),
    ]
    seen = []
    for order in permutations(folders):
        compared = compare_studies(read_studies(list(order)))
        pool = compared.estimates[compared.estimates["group"] == ESTIMATE]
        assert pool["label"].tolist() == ["Aland", "Cland"]
        assert why(compared, ESTIMATE).startswith("interval: 50% in Bland, 95% in Aland")
        seen.append(compared.apart.to_csv() + compared.flags.to_csv())
    assert len(set(seen)) == 1


def test_a_flag_is_compared_with_the_same_settings_only(tmp_path: Path) -> None:
    setting = "indicators: {submission_days: {settings: {short_days: 10}}}"
    flags = (flag("C04", "Short submission period", 0.4),)
    compared = compare(tmp_path, {"flags": flags}, {"flags": flags, "choices": setting})
    assert compared.flags.empty
    said = why(compared, "C04 Short submission period")
    assert said == "setting short_days: 10 in Bland, 14 in Aland"


def test_a_flag_that_is_seldom_known_off_or_nowhere_computable_is_apart(tmp_path: Path) -> None:
    ours = (
        flag("C01", "Single bid", 0.5),
        flag("C02", "No call published", 0.1),
        flag("C03", "Closed procedure", float("nan"), coverage=0.0),
    )
    theirs = (
        flag("C01", "Single bid", 0.5, coverage=0.49),
        flag("C02", "No call published", float("nan"), on=False, units=0),
        ours[2],
    )
    compared = compare(tmp_path, {"flags": ours}, {"flags": theirs})
    assert compared.flags.empty
    assert "Bland: computable for 49% of its units only" in why(compared, "C01 Single bid")
    assert "Bland: turned off in the parameters" in why(compared, "C02 No call published")
    assert why(compared, "C03 Closed procedure") == "computable in no study here"


def test_studies_of_different_years_carry_a_caution(tmp_path: Path) -> None:
    compared = compare(tmp_path, {"day": "2020-06-30"}, {"country": "PE"})
    assert "different years: Aland of 2020-06-30, Bland of 2026-06-30" in compared.cautions[0]
    assert "Invented, to show how it works: Aland." in compared.cautions


def test_one_study_alone_is_compared_with_nothing(tmp_path: Path) -> None:
    compared = compare(tmp_path, {})
    assert compared.estimates.empty
    assert compared.flags.empty
    assert set(compared.apart["why not compared"]) == {"there is one study only"}
