"""What several indicators work out alike stands once, and in the query that runs."""

from __future__ import annotations

from importlib import resources

import pytest

from infiltrate.indicators.catalogue import load_catalogue, step_sql

FOLDER = resources.files("infiltrate.indicators") / "sql"
STEPS = sorted(file.name.removesuffix(".sql") for file in (FOLDER / "steps").iterdir())


def users(step: str) -> set[str]:
    marker = f"{step}: steps/{step}.sql */"
    files = [file for file in FOLDER.iterdir() if file.name.endswith(".sql")]
    return {file.name[:3].upper() for file in files if marker in file.read_text(encoding="utf-8")}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_serves_several_indicators(step: str) -> None:
    assert len(users(step)) >= 2


@pytest.mark.parametrize("step", STEPS)
def test_the_query_that_runs_holds_the_step_and_no_reference_to_a_file(step: str) -> None:
    first_line = step_sql(step).splitlines()[1]
    for code in users(step):
        sql = load_catalogue()[code].sql
        assert f"{step} AS (\n    /*\n    {first_line}" in sql
        assert "steps/" not in sql


def test_every_file_that_an_indicator_names_is_a_step() -> None:
    assert not [item.code for item in load_catalogue().values() if "steps/" in item.sql]
