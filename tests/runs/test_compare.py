"""Two runs are held against each other, and each difference is given to what made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infiltrate.errors import ParamsError, StoreError
from infiltrate.runs.code_record import describe_parts
from infiltrate.runs.compare.compare import Comparison, compare_results
from infiltrate.runs.compare.wording import comparison_json, comparison_text
from infiltrate.runs.compare.written import write_comparison
from infiltrate.runs.fingerprints import PACKAGE
from infiltrate.tables.store import TableStore
from tests.runs.graph import Graph, retell


def compare(one: Graph, other: Graph) -> Comparison:
    return compare_results(one.results, other.results, labels=("before", "after"))


def moved_tables(comparison: Comparison) -> list[str]:
    return [change.table for change in comparison.tables]


def causes_of(comparison: Comparison, table: str) -> list[tuple[str, str]]:
    return [(route.cause.kind, route.cause.what) for route in comparison.routes[table]]


def test_two_runs_of_one_study_in_two_folders_are_identical(first: Graph, tmp_path: Path) -> None:
    second = Graph(tmp_path)
    second.run()
    comparison = compare(first, second)
    assert comparison.verdict == "identical", comparison_text(comparison)
    assert not comparison.causes
    assert "are identical" in comparison_text(comparison)


def test_a_changed_threshold_is_given_to_the_threshold_along_its_way(
    first: Graph, threshold: Graph
) -> None:
    comparison = compare(first, threshold)
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
    comparison = compare(first, second)
    assert moved_tables(comparison) == ["estimates", "firm_indicators", "numbers"]
    assert causes_of(comparison, "estimates") == [("data", "raw file raw.csv")]
    numbers = comparison.tables[2]
    assert (numbers.key, numbers.rows_changed, numbers.rows_added) == (("firm",), 1, 0)
    assert numbers.columns[0].largest_difference == 27
    assert "apart" not in comparison.routes, "constants did not move, so nothing passes through it"


def test_several_causes_are_all_named_and_not_split(
    first: Graph, threshold: Graph, tmp_path: Path
) -> None:
    told = threshold.copied_to(tmp_path / "told")
    rewrite(told, "numbers", pd.DataFrame({"firm": ["F1"], "value": [1.0]}))
    retell(told.results, "manifest.json", _other_raw_file)
    comparison = compare(first, told)
    assert causes_of(comparison, "estimates") == [
        ("data", "raw file raw.csv"),
        ("parameters", "choices.risk.quarantine_months"),
    ]
    assert causes_of(comparison, "numbers") == [("data", "raw file raw.csv")]
    assert "cannot tell how much each of them did" in comparison_text(comparison)


def test_a_changed_function_is_named_and_a_changed_comment_moves_nothing(
    first: Graph, threshold: Graph, tmp_path: Path
) -> None:
    """The moved tables of another threshold, told as if a function had moved them."""
    told = threshold.copied_to(tmp_path / "told")
    for file in ("params.json", "run.json"):
        was = json.loads((first.results / file).read_text())
        retell(told.results, file, lambda content, was=was: content.update(was))
    retell(told.results, "manifest.json", _as_if_without_another_threshold)
    retell(told.results, "code.json", _other_function)
    comparison = compare(first, told)
    assert causes_of(comparison, "estimates") == [("code", "study/stage.py: Study.frame")]
    (effect, *others) = comparison.causes
    assert effect.enters == ("01_numbers", "02_flags", "03_share", "04_apart")
    assert not others

    retell(told.results, "code.json", _only_a_comment)
    comparison = compare(first, told)
    assert comparison.unexplained == ("estimates", "firm_indicators")
    assert "comments, layout or documentation only" in comparison_text(comparison)
    assert "changes no number" in comparison_text(comparison)


def test_words_of_a_notebook_change_no_number(first: Graph, second: Graph) -> None:
    notebook = "notebooks/02_flags.ipynb"
    retell(second.results, notebook, lambda content: content["cells"][0].update(source="# New"))
    retell(
        second.results, "manifest.json", lambda told: told["stages"][1].update(notebook="0" * 64)
    )
    comparison = compare(first, second)
    (effect,) = comparison.causes
    assert (effect.cause.what, effect.cause.can_move) == ("notebook 02_flags: words only", False)
    assert (comparison.tables, comparison.verdict) == ((), "moved")
    assert [change.name for change in comparison.files] == [notebook]


def test_a_cause_that_moved_nothing_is_said_to_have_moved_nothing(
    first: Graph, threshold: Graph, tmp_path: Path
) -> None:
    told = threshold.copied_to(tmp_path / "told")
    retell(told.results, "manifest.json", _other_raw_file)
    comparison = compare(first, told)
    assert causes_of(comparison, "estimates") == [("parameters", "choices.risk.quarantine_months")]
    data, _ = comparison.causes
    assert (data.cause.kind, data.enters, data.moved) == ("data", ("01_numbers",), ())
    assert "moved no table" in comparison_text(comparison)


def test_chance_that_the_seed_does_not_reach_is_not_explained_away(
    first: Graph, second: Graph
) -> None:
    rewrite(second, "constants", pd.DataFrame({"name": ["pi"], "value": [4.0]}))
    comparison = compare(first, second)
    assert comparison.unexplained == ("constants",)
    assert "not reproducible" in comparison_text(comparison)


@pytest.mark.parametrize(
    ("value", "verdict"), [(3.0 * (1 + 1e-12), "same up to rounding"), (3.001, "moved")]
)
def test_last_digits_are_told_from_changes(
    first: Graph, second: Graph, value: float, verdict: str
) -> None:
    rewrite(second, "constants", pd.DataFrame({"name": ["pi"], "value": [value]}))
    assert compare(first, second).verdict == verdict


def test_a_table_or_column_that_one_run_has_is_said(first: Graph, second: Graph) -> None:
    rewrite(second, "constants", pd.DataFrame({"name": ["pi", "e"], "unit": ["1", "1"]}))
    (change,) = compare(first, second).tables
    assert (change.columns_added, change.columns_removed) == (("unit",), ("value",))
    assert (change.rows_added, change.rows_before, change.rows_after) == (1, 1, 2)


def test_pseudonyms_of_another_key_are_taken_for_one(
    first: Graph, second: Graph, tmp_path: Path
) -> None:
    runs = [graph.copied_to(tmp_path / name) for graph, name in ((first, "a"), (second, "b"))]
    for graph, letter in zip(runs, "ab", strict=True):
        ids = [f"XX-ID-P:{letter * 16}", "XX-ID:12345"]
        evidence = [sorted([ids[0], "XX-ID-P:aabbaabbaabbaabb", "XX-ZZ:9"]), None]
        rows = {"name": ids, "value": [1.0, 2.0], "evidence": evidence}
        rewrite(graph, "constants", pd.DataFrame(rows))
    assert compare(*runs).verdict == "moved", "the key is the same, so the persons are not"
    for name, value in (("environment", {"numpy": "1.0"}), ("pseudonym_key", "another")):
        retell(runs[1].results, "manifest.json", lambda c, n=name, v=value: _set(c, n, v))
    comparison = compare(*runs)
    assert comparison.verdict == "identical but for pseudonyms"
    kinds = {(effect.cause.kind, effect.cause.what) for effect in comparison.causes}
    assert ("key", "pseudonym key") in kinds
    assert ("environment", "numpy") in kinds


def test_folders_of_one_name_are_told_apart(first: Graph, threshold: Graph) -> None:
    comparison = compare_results(first.results, threshold.results)
    assert comparison.before.label == f"{first.folder.name}/results"
    assert comparison.after.label == "study/results"


def test_a_folder_that_was_changed_or_never_finished_is_not_compared(
    first: Graph, second: Graph
) -> None:
    (second.results / "tables" / "numbers.parquet").write_bytes(b"another")
    with pytest.raises(StoreError, match="changed since the run") as failure:
        compare(first, second)
    assert "tables/numbers.parquet" in str(failure.value)
    retell(second.results, "manifest.json", lambda content: content.update(finished=False))
    with pytest.raises(StoreError, match="did not finish"):
        compare(first, second)
    retell(second.results, "manifest.json", lambda content: content.update(format=1))
    with pytest.raises(StoreError, match="another version"):
        compare(first, second)
    (second.results / "manifest.json").unlink()
    with pytest.raises(StoreError, match="no finished run"):
        compare(first, second)


def test_it_is_written_as_json_and_as_a_page(
    first: Graph, threshold: Graph, tmp_path: Path
) -> None:
    comparison = compare(first, threshold)
    written = json.loads(comparison_json(comparison))
    assert (written["verdict"], written["unexplained"]) == ("moved", [])
    assert comparison_json(comparison) == comparison_json(compare(first, threshold))
    write_comparison(comparison, "html", tmp_path / "compare.html")
    html = (tmp_path / "compare.html").read_text()
    assert "choices.risk.quarantine_months" in html
    assert "Do not publish it" in html
    assert str(tmp_path) not in html
    with pytest.raises(ParamsError, match="--out"):
        write_comparison(comparison, "html", None)


def rewrite(graph: Graph, table: str, rows: pd.DataFrame) -> None:
    """Put other rows into a table as if the run had written them."""
    path = graph.results / "tables" / f"{table}.parquet"
    TableStore(path.parent).write(table, rows)
    manifest = json.loads((graph.results / "manifest.json").read_text())
    manifest["outputs"][f"tables/{table}.parquet"]["sha256"] = hashlib.sha256(
        path.read_bytes()
    ).hexdigest()
    manifest["tables"][table] = len(rows)
    (graph.results / "manifest.json").write_text(json.dumps(manifest))


def _set(content: dict[str, Any], name: str, value: Any) -> None:
    content[name] = {**content[name], **value} if isinstance(value, dict) else value


def _other_raw_file(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["sha256"] = "0" * 64


def _as_if_without_another_threshold(manifest: dict[str, Any]) -> None:
    for stage in manifest["stages"]:
        stage["parameters"].pop("choices.risk", None)
        stage["code"]["study"] = "0" * 64


def _other_function(code: dict[str, Any]) -> None:
    code["files"]["study/stage.py"]["sha256"] = "0" * 64
    code["files"]["study/stage.py"]["parts"]["Study.frame"] = "0" * 12


def _only_a_comment(code: dict[str, Any]) -> None:
    code["files"]["study/stage.py"]["parts"] = describe_parts(PACKAGE / "study/stage.py")
