"""A run replaces the sections of its parts, keeps all others, and refuses a broken page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks.__main__ import NAMES, main
from benchmarks.kept import KeptRuns, Run
from benchmarks.page import PREAMBLE, PageError, read_page, render_section
from benchmarks.part import Section

ROOT = Path(__file__).parents[2]
OWNERS = (
    "## Owners of 7 companies\n\n<!-- part: ownership -->\n\n`make bench`, by hand, on a day.\n\n"
    "### More\n\n| a |\n|---|\n| 1 |\n"
)
TIES = "## Ties of 9 companies\n\n<!-- part: network -->\n\nOld words.\n"
OLDER_TIES = "## Ties of 8 companies\n\n<!-- part: network -->\n\nOlder words.\n"


def keep_ocds(folder: Path) -> None:
    kept = KeptRuns(folder / "runs.jsonl")
    for what in ("cardinal", "parquet", "peer"):
        kept.add(f"ocds 9 {what}", 0, Run(1.0, 2.0, 0.5))


def keep_network(folder: Path) -> None:
    facts = {"memberships": 30, "hubs": 20, "listed": 1}
    kept = KeptRuns(folder / "runs.jsonl")
    kept.add("network 12 all", 0, Run(1.0, 2.0, 0.5), {"facts": facts, "seconds": {"read": 1.0}})
    for tool in ("ours", "networkx"):
        kept.add(f"network 10 {tool}", 0, Run(1.0, 2.0, 0.5))


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # kept runs are enough: nothing is run, and no tool is looked for
    for part in (command.ocds, command.network):
        monkeypatch.setattr(part, "find_peer", lambda *_: "python")
    keep_ocds(tmp_path)
    keep_network(tmp_path)
    sizes = "--lines 9 --runs 1 --tied-companies 12 --network-companies 10 --network-runs 1"
    return [*sizes.split(), "--keep", str(tmp_path), "--out", str(tmp_path / "page.md")]


def test_a_section_survives_a_run_of_another_part(tmp_path: Path, words: list[str]) -> None:
    page = tmp_path / "page.md"
    # sections that were put together without an empty line, as merges leave them
    page.write_text("# Benchmarks\n\nOur preamble.\n" + OWNERS + TIES + OLDER_TIES)
    assert main(["network", *words]) == 0
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\nOur preamble.\n\n" + OWNERS + "\n## Ties of 12 ")
    assert "ld words" not in text and "er words" not in text and "OCDS" not in text
    assert main(["ocds", *words]) == 0
    both = page.read_text()
    kept_text = text.removeprefix("# Benchmarks\n\nOur preamble.\n\n")
    assert both.endswith("|\n\n" + kept_text)
    assert both.index("## Red flags") < both.index("## Owners") < both.index("## Ties")
    assert main(["ocds", "network", *words]) == 0
    again = page.read_text()
    assert OWNERS in again and again.count("## ") == both.count("## ")
    assert main(["network", *words]) == 0 and main(["network", *words]) == 0
    assert page.read_text().count("<!-- part: network -->") == 1


def test_a_page_is_begun_where_there_is_none(tmp_path: Path, words: list[str]) -> None:
    assert main(["network", *words]) == 0
    text = (tmp_path / "page.md").read_text()
    assert text.startswith(PREAMBLE + "\n## Ties of 12 companies\n\n<!-- part: network -->\n")
    assert '`make bench ARGS="network --lines 9 ' in text and '--out page.md"`, 20' in text
    assert str(tmp_path) not in text
    assert [path.name for path in tmp_path.iterdir() if "page" in path.name] == ["page.md"]


def test_a_part_without_runs_keeps_its_section(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PREAMBLE + TIES)
    (tmp_path / "runs.jsonl").unlink()
    for name in ("run_network", "run_beside_networkx"):
        monkeypatch.setattr(command.network, name, lambda *_: None)
    assert main(["network", *words]) == 0
    assert page.read_text() == PREAMBLE + "\n" + TIES


def test_fresh_forgets_only_the_parts_that_are_run(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.ocds, "run_ocds", lambda *_: keep_ocds(tmp_path))
    assert main(["ocds", "--fresh", *words]) == 0
    kept = KeptRuns(tmp_path / "runs.jsonl")
    assert len(kept.of("ocds 9 peer")) == 1 and len(kept.of("network 12 all")) == 1
    lines = (tmp_path / "runs.jsonl").read_text().splitlines()
    assert [json.loads(line)["key"].split()[0] for line in lines] == ["network"] * 3 + ["ocds"] * 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "another first line"),
        (b"# Something else\n", "another first line"),
        (b"# Benchmarks\n\n\xff\n", "a page in UTF-8"),
        (b"# Benchmarks\n\n## Ties\n\nWords.\n", "## Ties: names no part"),
        (b"# Benchmarks\n\n## Ties\n\n<!-- part: netwrok -->\n", "names netwrok as its part"),
        (
            b"# Benchmarks\n\n## A\n\n<!-- part: ocds -->\n<!-- part: awards -->\n",
            "names ocds and awards",
        ),
        (
            b"# Benchmarks\n\n<<<<<<< ours\n## A\n\n<!-- part: ocds -->\n=======\n>>>>>>> b\n",
            "a merge that was not finished",
        ),
    ],
)
def test_a_broken_page_is_told_before_anything_runs_and_stays(
    tmp_path: Path,
    words: list[str],
    text: bytes,
    told: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "page.md"
    page.write_bytes(text)
    monkeypatch.setattr(command.network, "run_network", _refuse)
    assert main(["network", *words]) == 2
    assert told in capsys.readouterr().err
    assert page.read_bytes() == text


def test_all_that_is_wrong_with_a_page_is_told_together(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Words\n## A\n\n## B\n\n<!-- part: ocds -->\n\n## C\n\n<!-- part: x -->\n")
    with pytest.raises(PageError) as told:
        read_page(page, NAMES)
    assert len(told.value.problems) == 3


def test_a_section_tells_its_days_machines_and_loads(tmp_path: Path) -> None:
    made = [("2026-01-02", 3.0), ("2026-01-01", 0.5), ("2026-01-02", 9.0)]
    entries = [
        {
            "key": f"ocds {turn // 2} peer",
            "turn": turn,
            "run": {},
            "facts": {},
            "circumstances": {"day": day, "machine": "1 core", "load": load},
        }
        for turn, (day, load) in enumerate(made)
    ]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    kept = KeptRuns(tmp_path / "runs.jsonl")
    text = render_section("ocds", Section("A", ["Words."], ["ocds 0 peer"]), "make bench", kept)
    assert text == (
        "## A\n\n<!-- part: ocds -->\n\n`make bench`, 2026-01-01 to 2026-01-02, 1 core, load of "
        "the machine as runs ended 0.5 to 3.0.\n\nWords.\n"
    )
    text = render_section("ocds", Section("A", [], ["ocds 7 peer"]), "make bench", kept)
    assert "`make bench`, day, machine and load were not kept." in text


def test_a_wrong_part_and_a_file_of_two_sizes_are_refused(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["netwrok", *words])
    assert "no part netwrok" in capsys.readouterr().err
    sizes = ["--lines", "9", "10", "--file", "lines.jsonl"]
    assert main(["ocds", *words, *sizes]) == 1
    assert "2 numbers of lines for one file" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_the_page_of_the_repository_can_be_brought_up_to_date() -> None:
    path = ROOT / "docs" / "benchmarks.md"
    page = read_page(path, NAMES)
    assert page.preamble.strip() == PREAMBLE.strip()
    assert page.replace({}, NAMES).text() == path.read_text(encoding="utf-8")
    assert len({part for part, _ in page.sections}) >= 4


def _refuse(*_: object) -> None:
    raise AssertionError("ran before the page was read")
