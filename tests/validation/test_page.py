"""The notebook about a validation, run on rows made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from infiltrate.errors import RunFailed
from infiltrate.runs.validation_page import make_validation_page
from tests.report.html_checks import find_mistakes
from tests.validation.rows import country, refused, table

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def _write_recovery(folder: Path) -> Path:
    rng = np.random.default_rng(1)
    rows = []
    for scenario in ("base", "hard", "base:wrong-entries-x0"):
        for seed in (1, 2, 3):
            for estimator in ("pool", "joint_detection", "scar_em"):
                facts = {"scenario": scenario, "seed": seed, "estimator": estimator}
                rows.append(country(100, 80 + rng.random() * 40, (10, 25, 35), **facts))
                for at in range(4):
                    place = facts | {"area_id": f"R{at}", "effort": at - 1.5, "listed": 5 + at}
                    cell = {"sector_id": "F", "estimand": "cell_infiltrated_firms"}
                    rows += [
                        country(20, 15 + 9 * rng.random(), (2, 4, 6), **place | more)
                        for more in ({}, cell)
                    ]
    rows.append(refused(90, scenario="one_list", reason="One list only."))
    path = folder / "recovery.csv"
    table(*rows).to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_the_page_is_whole(tmp_path):
    page = make_validation_page(_write_recovery(tmp_path), NOTEBOOKS, tmp_path)
    html = page.read_text(encoding="utf-8")
    assert find_mistakes(html) == []
    for words in (
        "Do the intervals hold?",
        "Always refused in one list",
        "SCAR, mixture by EM",
        "10 synthetic",
    ):
        assert words in html
    assert str(tmp_path) not in html


def test_a_folder_without_the_notebook_has_no_page(tmp_path):
    assert make_validation_page(tmp_path / "recovery.csv", tmp_path, tmp_path) is None


@pytest.mark.slow
def test_a_page_that_cannot_be_made_says_where_the_results_are(tmp_path):
    path = tmp_path / "recovery.csv"
    path.write_text("scenario,seed\nbase,1\n")
    with pytest.raises(RunFailed, match=r"results are in .*recovery\.csv, but their page"):
        make_validation_page(path, NOTEBOOKS, tmp_path)
