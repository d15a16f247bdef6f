from __future__ import annotations

from datetime import date

import pytest

from infiltrate.errors import StoreError
from infiltrate.validation.document import BEGIN, END, insert_results, write_summary
from tests.validation.rows import country, refused, table

DAY = date(2026, 11, 22)
PAGE = f"# A page\n\nBefore.\n\n{BEGIN}\noutdated\n{END}\n\nAfter.\n"


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    rows = [country(100, 100, (5, 20, 30), seed=seed) for seed in (1, 2)]
    rows += [country(100, 50, (5, 20, 30), seed=1, estimator="scar_em", status="caution")]
    rows += [refused(90, scenario="one_list", reason="One list | only.")]
    table(*rows).to_csv(folder / "recovery.csv", index=False)
    (folder / "run.json").write_text('{"command": "infiltrate validate", "machine": "2 cores"}')
    return folder


def test_the_part_between_the_markers_is_replaced_and_no_other(tmp_path, results):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    insert_results(results, page, DAY)
    text = page.read_text()
    assert text.startswith("# A page\n\nBefore.\n")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "outdated" not in text
    for words in ("Run on 2026-11-22 on 2 cores.", "    infiltrate validate", "seeds 1 to 2"):
        assert words in text
    assert "| median of pool / truth | base | 0.90 to 1.10 | 1.00 | yes | 2 | 1 to 2 |" in text
    assert "| one_list | refused |  |" in text
    insert_results(results, page, DAY)
    assert page.read_text() == text


@pytest.mark.parametrize("page", ["# A page\n", f"{END}\n{BEGIN}\n", f"{BEGIN}{BEGIN}{END}"])
def test_a_page_without_both_markers_is_left_alone(tmp_path, results, page):
    path = tmp_path / "page.md"
    path.write_text(page)
    with pytest.raises(StoreError, match="once, in this order"):
        insert_results(results, path, DAY)
    assert path.read_text() == page


def test_the_summary_is_made_of_the_rows_alone(results):
    first = write_summary(results).read_bytes()
    for name in ("summary.csv", "goals.csv", "summary.md"):
        (results / name).unlink()
    assert write_summary(results).read_bytes() == first
    assert "pool" in (results / "summary.csv").read_text()
