"""Only finished results, as their run left them, may stand in a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infiltrate.errors import RunFailed
from infiltrate.site.finished import find_changed, find_finished, read_studies
from tests.site.samples import finish, write_results


def test_studies_come_in_the_order_of_their_folders_and_are_told_apart(tmp_path: Path) -> None:
    b = write_results(tmp_path / "b", with_pages=False)
    a = write_results(tmp_path / "a", with_pages=False)
    c = write_results(tmp_path / "c", title="Southland, 2025", with_pages=False)
    studies = read_studies([b, c, a])
    assert [study.slug for study in studies] == ["a", "b", "c"]
    assert [study.label for study in studies] == ["Northland (a)", "Northland (b)", "Southland"]


def test_everything_that_is_not_finished_is_named_together(tmp_path: Path) -> None:
    write_results(tmp_path / "good", with_pages=False)
    stopped = write_results(tmp_path / "stopped", with_pages=False)
    (stopped / "manifest.json").unlink()
    failed = write_results(tmp_path / "failed", with_pages=False)
    finish(failed, finished=False, stages=[{"stage": "07_prevalence", "failure": "no memory"}])
    old = write_results(tmp_path / "old", with_pages=False)
    finish(old, format=1)
    silent = write_results(tmp_path / "silent", with_pages=False)
    (silent / "report" / "index.html").unlink()
    broken = write_results(tmp_path / "broken", with_pages=False)
    (broken / "params.json").write_text('{"country": "XX"')
    torn = write_results(tmp_path / "torn", with_pages=False)
    (torn / "manifest.json").write_text('{"format": 2')
    wrong = [stopped, failed, old, silent, broken, torn, tmp_path / "absent"]
    with pytest.raises(RunFailed) as refused:
        read_studies([tmp_path / "good", *wrong])
    assert [problem.where for problem in refused.value.problems] == sorted(map(str, wrong))
    assert "07_prevalence" in str(refused.value)


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    first = write_results(tmp_path / "x" / "pe", with_pages=False)
    second = write_results(tmp_path / "y" / "pe", with_pages=False)
    with pytest.raises(RunFailed, match="2 folders have this name"):
        read_studies([first, second])
    with pytest.raises(RunFailed, match="no folder was named"):
        read_studies([])


@pytest.mark.parametrize("name", ["tables/estimates.parquet", "report/index.html", "params.json"])
def test_a_file_changed_after_the_run_is_found(tmp_path: Path, name: str) -> None:
    (study,) = read_studies([write_results(tmp_path / "a", with_pages=False)])
    assert find_changed(study) == []
    path = study.folder / name
    path.write_bytes(path.read_bytes() + b" ")
    (problem,) = find_changed(study)
    assert problem.where.endswith(name)
    path.unlink()
    assert len(find_changed(study)) == 1


def test_what_is_no_finished_study_is_passed_over(tmp_path: Path) -> None:
    write_results(tmp_path / "a", with_pages=False)
    (tmp_path / "validation").mkdir()
    stopped = write_results(tmp_path / "b", with_pages=False)
    (stopped / "manifest.json").write_text(json.dumps({"format": 1}))
    assert [study.slug for study in find_finished(tmp_path)] == ["a"]
    with pytest.raises(RunFailed, match="no finished study"):
        find_finished(tmp_path / "validation")
