"""Two runs are held against each other, and each difference is given to what made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infiltrate.errors import StoreError
from infiltrate.runs.compare.compare import Comparison, compare_results
from infiltrate.runs.compare.wording import comparison_json, comparison_text
from infiltrate.runs.compare.written import write_comparison
from tests.runs.project import PARAMS, Project

RAW = """\
import csv
import pandas as pd
from pathlib import Path
rows = list(csv.DictReader((Path(data_dir) / "raw.csv").open()))
frame = pd.DataFrame({"firm": [r["firm"] for r in rows], "value": [float(r["value"]) for r in rows]})
study.publish("numbers", frame, ["firm"])
study.publish("constants", pd.DataFrame({"name": ["pi"], "value": [3.0]}), ["name"])
study.finish()
"""
FLAGS = """\
import pandas as pd
least = study.params.choices.risk.quarantine_months
rows = study.frame("SELECT firm, value FROM numbers")
state = ["flag" if value >= least else "clear" for value in rows.value]
study.publish(
    "firm_indicators",
    pd.DataFrame({"indicator": "F01", "entity_id": rows.firm, "state": state, "value": rows.value}),
    ["indicator", "entity_id"],
)
study.finish()
"""
ESTIMATE = """\
import pandas as pd
share = study.frame("SELECT avg((state = 'flag')::INT) AS share FROM firm_indicators").share[0]
study.publish("estimates", pd.DataFrame({"estimand": ["share"], "value": [share]}), ["estimand"])
study.finish()
"""
APART = """\
import pandas as pd
name = study.frame("SELECT name FROM constants").name[0]
study.publish("apart", pd.DataFrame({"name": [name]}), ["name"])
study.finish()
"""
SOURCES = """\
sources:
  - id: raw
    title: Raw numbers
    publisher: Nobody
    licence: CC0-1.0
    path: raw.csv
    tables:
      areas: {columns: {area_id: {column: firm}}}
"""


class Graph(Project):
    """01 reads a raw file; 02 flags by a threshold; 03 sums up; 04 stands apart."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.notebooks / "02_sum.ipynb").unlink()
        self.params.write_text(PARAMS + SOURCES)
        self.raw.write_text("firm,value\n" + "".join(f"F{i},{i}\n" for i in range(1, 21)))
        self.stage("01_numbers", 'writes=["numbers", "constants"]', RAW, raw=True)
        self.flag_stage(FLAGS)
        self.stage("03_share", 'reads=["firm_indicators"], writes=["estimates"]', ESTIMATE)
        self.stage("04_apart", 'reads=["constants"], writes=["apart"]', APART)

    @property
    def raw(self) -> Path:
        return self.folder / "raw.csv"

    def flag_stage(self, code: str) -> None:
        declared = 'reads=["numbers"], writes=["firm_indicators"], params=["choices.risk"]'
        self.stage("02_flags", declared, code)

    def compared_with(self, other: Graph) -> Comparison:
        return compare_results(self.results, other.results, labels=("before", "after"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    graph = Graph(tmp_path_factory.mktemp("first"))
    graph.run()
    return graph


@pytest.fixture
def second(first: Graph, tmp_path: Path) -> Graph:
    return first.copied_to(tmp_path / "second")


def moved_tables(comparison: Comparison) -> list[str]:
    return [change.table for change in comparison.tables]


def causes_of(comparison: Comparison, table: str) -> list[tuple[str, str]]:
    return [(route.cause.kind, route.cause.what) for route in comparison.routes[table]]


def test_two_runs_of_one_study_in_two_folders_are_identical(first: Graph, tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    second = Graph(tmp_path / "apart")
    second.run()
    comparison = first.compared_with(second)
    assert comparison.verdict == "identical", comparison_text(comparison)
    assert not comparison.causes
    assert "identical" in comparison_text(comparison)


def test_a_changed_threshold_is_given_to_the_threshold_along_its_way(
    first: Graph, second: Graph
) -> None:
    second.run("choices.risk.quarantine_months=6")
    comparison = first.compared_with(second)
    assert moved_tables(comparison) == ["estimates", "firm_indicators"]
    (route,) = comparison.routes["estimates"]
    assert str(route.cause) == "choices.risk.quarantine_months (12 to 6)"
    assert route.steps == ("02_flags", "firm_indicators", "03_share")
    (flags,) = comparison.flags
    assert (flags.flagged_before, flags.flagged_after, flags.newly) == (9, 15, 6)
    (estimate,) = comparison.estimates
    assert estimate.difference == pytest.approx(0.3)
    (effect,) = comparison.causes
    assert effect.cause.kind == "parameters"
    assert effect.moved == ("estimates", "firm_indicators")
    text = comparison_text(comparison)
    assert "(12 to 6) → 02_flags → firm_indicators → 03_share" in text


def test_a_changed_input_row_is_given_to_its_file_and_counted_where_it_moved(
    first: Graph, second: Graph
) -> None:
    second.raw.write_text(second.raw.read_text().replace("F3,3\n", "F3,30\n"))
    second.run()
    comparison = first.compared_with(second)
    assert moved_tables(comparison) == ["estimates", "firm_indicators", "numbers"]
    assert causes_of(comparison, "estimates") == [("data", "raw file raw.csv")]
    numbers = comparison.tables[2]
    assert (numbers.key, numbers.rows_changed, numbers.rows_added) == (("firm",), 1, 0)
    assert numbers.columns[0].largest_difference == 27
    assert "apart" not in comparison.routes, "constants did not move, so nothing passes through it"


def test_a_changed_function_is_named(first: Graph, second: Graph) -> None:
    change_code(second, "study/stage.py", {"finish": "0" * 12})
    comparison = first.compared_with(second)
    assert [str(effect.cause) for effect in comparison.causes] == ["study/stage.py: finish"]
    assert comparison.causes[0].cause.kind == "code"


def test_a_changed_cell_is_named_and_one_more_sentence_changes_no_number(
    first: Graph, second: Graph
) -> None:
    second.flag_stage(FLAGS.replace(">= least", "> least"))
    second.run()
    comparison = first.compared_with(second)
    assert causes_of(comparison, "estimates") == [("code", "notebook 02_flags: code cell 3")]

    words = second.notebooks / "02_flags.ipynb"
    second.flag_stage(FLAGS)
    words.write_text(words.read_text().replace("# 02_flags", "# Flags, explained"))
    second.run()
    comparison = first.compared_with(second)
    (effect,) = comparison.causes
    assert (effect.cause.what, effect.cause.can_move) == ("notebook 02_flags: words only", False)
    assert not comparison.tables
    assert comparison.verdict == "moved", "the page has another title"
    assert all(change.routes for change in comparison.files)


def test_several_causes_are_all_named_and_not_split(first: Graph, second: Graph) -> None:
    second.raw.write_text(second.raw.read_text().replace("F3,3\n", "F3,30\n"))
    second.run("choices.risk.quarantine_months=6")
    comparison = first.compared_with(second)
    assert causes_of(comparison, "estimates") == [
        ("data", "raw file raw.csv"),
        ("parameters", "choices.risk.quarantine_months"),
    ]
    assert causes_of(comparison, "numbers") == [("data", "raw file raw.csv")]
    assert "cannot tell how much each of them did" in comparison_text(comparison)


def test_a_cause_that_moved_nothing_is_said_to_have_moved_nothing(
    first: Graph, second: Graph
) -> None:
    second.raw.write_text(second.raw.read_text().replace("firm,value\n", "firm,value\n\n"))
    second.run("choices.risk.quarantine_months=6")
    comparison = first.compared_with(second)
    assert causes_of(comparison, "estimates") == [("parameters", "choices.risk.quarantine_months")]
    data, _ = comparison.causes
    assert (data.cause.kind, data.enters, data.moved) == ("data", ("01_numbers",), ())
    assert "moved no table" in comparison_text(comparison)


def test_chance_without_a_seed_is_not_explained_away(first: Graph, second: Graph) -> None:
    """The same notebook gives other numbers: nothing recorded explains it, and that is said."""
    for graph, value in ((first, "3.0"), (second, "4.0")):
        lucky = RAW.replace("[3.0]", "[float(__import__('os').environ['LUCK'])]")
        graph = graph.copied_to(second.folder.parent / f"luck{value}")
        graph.stage("01_numbers", 'writes=["numbers", "constants"]', lucky, raw=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LUCK", value)
            graph.run()
    runs = [second.folder.parent / f"luck{value}" / "results" for value in ("3.0", "4.0")]
    comparison = compare_results(*runs)
    assert comparison.unexplained == ("constants",)
    assert "not reproducible" in comparison_text(comparison)


def test_a_changed_file_is_not_compared(first: Graph, second: Graph) -> None:
    (second.results / "tables" / "numbers.parquet").write_bytes(b"another")
    with pytest.raises(StoreError, match="changed since the run") as failure:
        first.compared_with(second)
    assert "tables/numbers.parquet" in str(failure.value)
    (second.results / "manifest.json").unlink()
    with pytest.raises(StoreError, match="no finished run"):
        first.compared_with(second)


def test_another_key_and_another_library_are_causes(first: Graph, second: Graph) -> None:
    path = second.results / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["environment"]["numpy"] = "1.0"
    manifest["pseudonym_key"] = "another"
    path.write_text(json.dumps(manifest))
    comparison = first.compared_with(second)
    assert {effect.cause.kind for effect in comparison.causes} == {"environment", "key"}
    assert comparison.verdict == "identical but for pseudonyms"


def test_it_is_written_as_json_and_as_a_page(first: Graph, second: Graph, tmp_path: Path) -> None:
    second.run("choices.risk.quarantine_months=6")
    comparison = first.compared_with(second)
    assert json.loads(comparison_json(comparison))["verdict"] == "moved"
    assert comparison_json(comparison) == comparison_json(first.compared_with(second))
    write_comparison(comparison, "html", tmp_path / "compare.html")
    html = (tmp_path / "compare.html").read_text()
    assert "choices.risk.quarantine_months" in html
    assert "Do not publish it" in html
    assert str(tmp_path) not in html


def change_code(graph: Graph, path: str, parts: dict[str, str]) -> None:
    """Let the records of a run tell of other code, as if another version had made it."""
    results = graph.results
    code = json.loads((results / "code.json").read_text())
    code["files"][path]["sha256"] = "0" * 64
    code["files"][path]["parts"] |= parts
    text = json.dumps(code)
    (results / "code.json").write_text(text)
    manifest = json.loads((results / "manifest.json").read_text())
    for stage in manifest["stages"]:
        stage["code"]["study"] = "0" * 64
    import hashlib

    manifest["outputs"]["code.json"]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (results / "manifest.json").write_text(json.dumps(manifest))
