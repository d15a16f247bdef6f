"""A file of verdicts is an input of the run: checked before it, and stale when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from infiltrate.errors import SourceError
from infiltrate.params.load import load_params
from infiltrate.runs.check import check_study
from infiltrate.runs.inputs import VERDICTS, gather_inputs
from infiltrate.sources.reviewed import read_reviewed

PARAMS = """\
country: XX
title: A study of nothing
currency: EUR
choices: {linkage: {reviewed: review/verdicts.csv}}
"""


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "xx.yaml"
    path.write_text(PARAMS)
    return path


def test_a_changed_file_of_verdicts_changes_what_the_stage_of_raw_files_depends_on(
    params: Path, tmp_path: Path
) -> None:
    study = load_params(params)
    file = tmp_path / "review" / "verdicts.csv"
    assert gather_inputs(study, params, tmp_path).files == ()
    file.parent.mkdir()
    file.write_text("one")
    (first,) = gather_inputs(study, params, tmp_path).files
    file.write_text("two")
    (second,) = gather_inputs(study, params, tmp_path).files
    assert first.source_id == VERDICTS and first.name == "review/verdicts.csv"
    assert first.sha256 != second.sha256


def test_a_missing_or_unreadable_file_is_told_before_the_run(params: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no review/verdicts"):
        check_study(params, tmp_path)
    file = tmp_path / "review" / "verdicts.csv"
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="UTF-8"):
        check_study(params, tmp_path)
    file.write_text("\ufeffrecord_id", encoding="utf-8")
    study = check_study(params, tmp_path)
    assert read_reviewed(study.choices.linkage, tmp_path) == "record_id"
