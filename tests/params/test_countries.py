"""The parameter files that the repository ships."""

from pathlib import Path

import pytest

from infiltrate.params.load import find_problems

FILES = sorted((Path(__file__).parents[2] / "params").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_shipped_file_loads_and_tells_editors_its_schema(path: Path):
    assert [str(problem) for problem in find_problems(path)[1]] == []
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == "# yaml-language-server: $schema=schema.json"


def test_there_are_files_to_look_at():
    assert "_defaults.yaml" in {path.name for path in FILES}
