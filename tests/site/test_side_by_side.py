"""The figure and the tables of several studies say what the numbers say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from infiltrate.report.figures import flags_by_country
from infiltrate.site.answers import read_answer, tabulate_answers
from infiltrate.site.finished import read_studies
from infiltrate.site.side_by_side import tabulate_flags, tabulate_studies
from tests.site.samples import write_results


def rates(studies: int) -> pd.DataFrame:
    rows = [
        ("C01", "Single bid", f"Land {number}", 0.1 * number, 0.1 * number, 0.1 * number, 1.0)
        for number in range(studies)
    ]
    rows += [("C03", "Closed procedure", f"Land {number}", 0.2, 0.1, 0.3, 0.6) for number in (0, 1)]
    columns = ["code", "flag", "study", "base_rate", "low", "high", "coverage"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("studies", [2, 9])
def test_the_figure_names_the_flag_that_differs_most(studies: int) -> None:
    figure = flags_by_country(rates(studies))
    last = studies - 1
    most = f"{10 * last}%"
    assert figure.title == (
        f"Single bid differs most: {most} of units in Land {last}, 0% in Land 0"
    )
    assert f"Land {last} {most}" in figure.alt
    assert b"<svg" in figure.svg()[:200]


def test_without_a_comparable_flag_the_figure_says_so() -> None:
    figure = flags_by_country(rates(2).iloc[:0])
    assert figure.drawing is None
    assert figure.alt == "No red flag means the same in two of these studies."


def test_a_flag_is_a_row_and_a_study_a_column() -> None:
    table = tabulate_flags(rates(2))
    assert table.to_dict("list") == {
        "flag": ["C01 Single bid", "C03 Closed procedure"],
        "Land 0": ["0% (of 100%)", "20% (of 60%)"],
        "Land 1": ["10% (of 100%)", "20% (of 60%)"],
    }
    assert tabulate_flags(rates(2).iloc[:0]).empty


def test_what_a_study_answers_and_stands_on(tmp_path: Path) -> None:
    studies = read_studies([write_results(tmp_path / "a", with_pages=False)])
    answer = tabulate_answers([read_answer(study) for study in studies]).iloc[0]
    assert answer["infiltrated"] == "7.5% (4% to 14%)"
    assert answer["rightly listed"] == "3% (2.5% to 3.5%)"
    assert answer["if detection is as stated"] == "not stated"
    assert answer["counted among"] == "active firms by the official count"
    behind = tabulate_studies(studies).set_index("fact")["Northland"]
    assert (behind["companies"], behind["lists about organised crime"]) == (
        "4,000",
        "Confiscations",
    )
    assert behind["other lists"] == "Tax list"
