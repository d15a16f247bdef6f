"""`infiltrate trace` and `infiltrate export` on a planted chain, by the command line alone."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import igraph
import pytest

from infiltrate import cli
from infiltrate.keys import KEY_VARIABLE, derive_key
from infiltrate.tables.identifiers import pseudonymise
from infiltrate.tables.store import TableStore

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Said:
    """What a command printed."""

    stdout: str
    stderr: str


Command = Callable[..., Said]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("trace")
    (place / "key").write_text(KEY)
    (place / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "01_tables.ipynb", place / "notebooks")
    return place


@pytest.fixture(scope="module")
def infiltrate(folder: Path) -> Command:
    def run(*words: str, key: str = "key", works: bool = True) -> Said:
        said, errors, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv(KEY_VARIABLE, str(folder / key))
            patch.setenv("PYTHONPATH", str(ROOT / "src"))
            patch.setattr(sys, "argv", ["infiltrate", *words])
            with redirect_stdout(said), redirect_stderr(errors):
                try:
                    cli.main()
                except SystemExit as stop:
                    code = int(stop.code or 0)
        assert (code == 0) == works, errors.getvalue()
        return Said(said.getvalue(), errors.getvalue())

    run("simulate", "base", "--out", "base", "--firms", "2000")
    run("run", "base/params.yaml", "--data", "base", "--out", "res", "--notebooks", "notebooks")
    return run


@pytest.fixture(scope="module")
def chain(infiltrate: Command, folder: Path) -> list[dict[str, str]]:
    """A planted chain none of whose rows was spoilt on the way into the register."""
    with (folder / "base" / "truth" / "chains.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    persons = derive_key(KEY.encode(), "XX:persons")
    for row in rows:
        local = row["owner"].partition(":")[2]
        if local.startswith("9") and row["step"] == "1":
            row["owner"] = pseudonymise("XX-REG", local, persons)
    held = {
        (row["owner_id"], row["company_id"])
        for row in TableStore(folder / "res" / "tables").read("ownership").to_pylist()
    }
    for number in dict.fromkeys(row["chain"] for row in rows):
        steps = [row for row in rows if row["chain"] == number]
        if {(row["owner"], row["company"]) for row in steps} <= held:
            return steps
    raise AssertionError("every planted chain was spoilt")


STUDY = ("--params", "base/params.yaml")


def test_the_true_path_of_a_planted_chain_is_printed(infiltrate, chain, folder):
    front = chain[-1]["company"]
    done = infiltrate("trace", "--company", front, *STUDY, "--out", "res", "--internal")
    said = done.stdout
    places = []
    for row in chain:
        step = rf"{row['step']}\. {row['owner']}\b.* owns 75% to 100% of {row['company']}\b"
        record = rf"\[ownership:{row['owner']}/{row['company']}/shares/\d{{4}}-\d\d-\d\d; source"
        found = re.search(f"{step}.*{record}", said)
        assert found, (step, said)
        places.append(found.start())
    assert places == sorted(places)
    last = rf"{chain[0]['owner']} (serves|owns) {chain[0]['listed']}\b"
    assert re.search(last, said), said


def test_the_same_path_is_shown_under_tags_without_the_key(infiltrate, chain):
    front = chain[-1]["company"]
    open_trace, closed_trace = (
        json.loads(
            infiltrate(
                "trace", "--company", front, *STUDY, "--out", "res", "--format", "json", *more
            ).stdout
        )
        for more in (("--key", "key"), ())
    )
    long = next(row for row in open_trace["chains"] if row["company_id"] == front)["chain"]
    ids = [row["owner_id"] for row in open_trace["chains"] if row["chain"] == long]
    assert ids == [row["owner"] for row in chain]
    tags = [row["owner_id"] for row in closed_trace["chains"] if row["chain"] == long]
    assert tags[0].startswith("Person ") and all(tag.startswith("Firm ") for tag in tags[1:])
    assert not re.search(r"[A-Z]{2}-[A-Z]{3}(-P)?:", json.dumps(closed_trace))
    tag = closed_trace["company_id"]
    for written in (tag, tag.lower(), tag.removeprefix("Firm ")):
        by_tag = infiltrate("trace", "--company", written, *STUDY, "--results", "res").stdout
        assert by_tag.startswith(tag)


def test_an_opening_is_written_down_and_nothing_else_is(infiltrate, chain, folder):
    front, log = chain[-1]["company"], folder / "res" / ".run" / "trace_audit.log"
    before = log.read_text().splitlines() if log.exists() else []
    infiltrate("trace", "--company", front, *STUDY, "--out", "res")
    assert (log.read_text().splitlines() if log.exists() else []) == before
    infiltrate("trace", "--company", front, *STUDY, "--out", "res", "--internal")
    (line,) = log.read_text().splitlines()[len(before) :]
    assert front in line and "\tXX\t" in line and re.match(r"\d{4}-\d\d-\d\dT", line)
    assert KEY not in line


@pytest.mark.parametrize("ending", ["svg", "png", "html"])
def test_it_is_drawn(infiltrate, chain, folder, ending):
    out = folder / f"drawing.{ending}"
    front = chain[-1]["company"]
    infiltrate("trace", "--company", front, *STUDY, "--out", "res", "--draw", out.name)
    assert out.stat().st_size > 5_000
    assert front.partition(":")[2].encode() not in out.read_bytes()


def test_an_earlier_day_knows_less(infiltrate, chain):
    front = chain[-1]["company"]
    words = ("trace", "--company", front, *STUDY, "--out", "res", "--internal")
    early = infiltrate(*words, "--day", "1950-01-01", works=False).stderr
    assert "no such company on 1950-01-01" in early


def test_what_cannot_be_traced_is_refused_in_words(infiltrate, chain, folder):
    def refused(*words: str, key: str = "key") -> str:
        done = infiltrate(*words, key=key, works=False)
        assert "Traceback" not in done.stderr
        return done.stderr

    front = chain[-1]["company"]
    trace = ("trace", *STUDY, "--out", "res", "--company")
    closed = refused(*trace, front[:-1])
    assert "--internal" in closed and front not in closed.replace(front[:-1], "")
    assert f"nearest: {front}" in refused(*trace, front[:-1], "--internal")
    assert "natural person" in refused(*trace, chain[0]["owner"])
    assert "no company of this study has this tag" in refused(*trace, "Firm AAAAA-AAAAA")
    assert "natural person" in refused(*trace, "Person AAAAA-AAAAA")
    assert "'Firm K3QM7-T2XA9', or its id" in refused(*trace, "")
    nowhere = refused("trace", *STUDY, "--out", "nowhere", "--company", front)
    assert "infiltrate run base/params.yaml --out nowhere" in nowhere
    assert "allowed: .svg, .png, .html" in refused(*trace, front, "--draw", "a.gif")
    assert "allowed: text, json" in refused(*trace, front, "--format", "xml")
    (folder / "other").write_text(KEY[::-1])
    assert "is not the key" in refused(*trace, front, "--key", "other")
    assert "is not the key" in refused(*trace, front, key="other")
    assert "cannot be used" in refused(*trace, front, "--key", "absent")
    out = folder / "x.json"
    export = ("export", *STUDY, "--results", "res", "--out", str(out))
    assert "allowed: bods, ftm, graphml" in refused(*export, "--to", "csv")
    assert "no such company" in refused(*export, "--to", "bods", "--company", "XX-REG:1")
    assert not out.exists()


@pytest.mark.parametrize("damage", ["absent", "cut", "facts", "country"])
def test_damaged_results_are_refused_with_what_to_do(infiltrate, chain, folder, damage):
    broken = folder / f"broken_{damage}"
    shutil.copytree(folder / "res", broken)
    owners = broken / "tables" / "ownership.parquet"
    if damage == "absent":
        owners.unlink()
    elif damage == "cut":
        owners.write_bytes(owners.read_bytes()[:100])
    elif damage == "facts":
        (broken / "run.json").write_text("{")
    else:
        (broken / "params.json").write_text('{"country": "YY"}')
    front = chain[-1]["company"]
    words = ("trace", *STUDY, "--results", broken.name, "--company", front)
    said = infiltrate(*words, works=False).stderr
    expected = {
        "absent": "ownership.parquet: was written by the run and is not there",
        "cut": "ownership.parquet: is not a whole Parquet file",
        "facts": "run.json: has no pseudonym_key, or cannot be read",
        "country": "holds results of YY",
    }
    assert expected[damage] in said
    again = f"infiltrate run base/params.yaml --out {broken.name}"
    assert again in said or damage == "country"


def test_exports_hold_the_planted_chain(infiltrate, chain, folder):
    front = chain[-1]["company"]
    words = ("export", *STUDY, "--results", "res", "--company", front, "--internal")
    for standard in ("bods", "ftm", "graphml"):
        infiltrate(*words, "--to", standard, "--out", f"out.{standard}")
    pairs = [(row["owner"], row["company"]) for row in chain]
    held = [
        (one["recordDetails"]["interestedParty"], one["recordDetails"]["subject"])
        for one in json.loads((folder / "out.bods").read_text())
        if one["recordType"] == "relationship"
    ]
    assert set(pairs) <= set(held)
    schemata = [
        json.loads(line)["schema"] for line in (folder / "out.ftm").read_text().splitlines()
    ]
    assert {"Company", "Person", "Ownership", "Directorship", "Sanction"} <= set(schemata)
    graph = igraph.Graph.Read_GraphML(str(folder / "out.graphml"))
    drawn = {(graph.vs[edge.source]["id"], graph.vs[edge.target]["id"]) for edge in graph.es}
    assert set(pairs) <= drawn
