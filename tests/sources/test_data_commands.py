"""`infiltrate fetch`, `new-country`, `checklist` and `profile`, by the command line alone."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infiltrate import cli
from infiltrate.params.load import load_params
from tests.sources.server import Behaviour, Server, serve

PROGRAM = "from infiltrate.cli import main; main()"
CONTENT = b"id,name\n" + b"1,Invented authority\n" * 400


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run a command in a folder of its own; give exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["infiltrate", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return command


def write_study(folder: Path, server: Server, name: str = "a.csv") -> tuple[Path, Path]:
    """Write a study of one source, and a registry that has it on the server."""
    registry = folder / "registry.yaml"
    registry.write_text(
        f"""\
data_sets:
  - id: authorities
    country: XX
    title: Register of authorities
    publisher: Invented office
    licence: CC0-1.0
    address: {server.address(name)}
    format: CSV
    path: xx/authorities.csv
    pin: by the journal
    source: invented
  - id: rulings
    country: XX
    title: Rulings
    publisher: Invented court
    licence: none
    access: request
    by_hand: Write to the court
    format: paper
    path: xx/rulings.csv
    pin: the letter
    source: invented
"""
    )
    params = folder / "xx.yaml"
    params.write_text(
        """\
country: XX
title: Invented
currency: XXX
sources:
  - id: authorities
    title: Register of authorities
    publisher: Invented office
    licence: CC0-1.0
    data_sets: [authorities]
    path: xx/authorities.csv
    tables: {buyers: {columns: {buyer_id: id, name: name}, duplicates: first}}
"""
    )
    return params, registry


def test_fetch_has_the_files_of_a_study(say, tmp_path: Path) -> None:
    with serve({"a.csv": Behaviour(CONTENT)}) as server:
        params, registry = write_study(tmp_path, server)
        settings = (params, "--data", tmp_path / "data", "--registry", registry)
        code, out, err = say("fetch", *settings)
        assert (code, err) == (0, "")
        assert "fetched" in out
        assert "1 file is in data; fetched.json there says what came from where." in out
        assert (tmp_path / "data/xx/authorities.csv").read_bytes() == CONTENT
        code, out, _ = say("fetch", *settings, "--everything")
        assert "there already" in out
        assert "rulings: it is given on request. Write to the court. Put it at xx/rulings" in out
        server.files["a.csv"] = Behaviour(CONTENT + b"2,Another\n", etag='"2"')
        assert "changed" in say("fetch", *settings, "--again")[1]
        assert say("fetch", *settings, "--only", "rulings")[1].endswith(
            "There is nothing to download.\n"
        )


def test_fetch_says_what_went_wrong(say, tmp_path: Path) -> None:
    with serve({}) as server:
        params, registry = write_study(tmp_path, server)
        settings = (params, "--data", tmp_path / "data", "--registry", registry)
        code, _, err = say("fetch", *settings)
        assert code == 3
        assert err.startswith("error: 1 of 1 files could not be had; there are 0.")
        assert "has no such file (status 404)" in err
        assert "Traceback" not in err
    assert say("fetch")[0] == 2
    assert say("fetch", *settings, "--day", "June")[0] == 2
    code, _, err = say("fetch", *settings, "--only", "rullings")
    assert (code, "authorities, rulings" in err) == (2, True)
    assert say("fetch", "--list", "FR", "--registry", registry)[0] == 2
    assert "rulings" in say("fetch", "--list", "all", "--registry", registry)[1]


@pytest.mark.slow
def test_fetch_stopped_by_the_keyboard_keeps_what_came(tmp_path: Path) -> None:
    with serve({"a.csv": Behaviour(CONTENT, pause=0.05)}) as server:
        params, registry = write_study(tmp_path, server)
        words = ["fetch", params, "--data", tmp_path / "data", "--registry", registry]
        command = [sys.executable, "-c", PROGRAM, *map(str, words)]
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        partial = tmp_path / "data/xx/.authorities.csv.partial"
        deadline = time.monotonic() + 20
        while not (partial.is_file() and partial.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        assert "the same command goes on from there" in child.communicate(timeout=20)[1]
        assert child.returncode == 130
        assert partial.stat().st_size > 0
        server.files["a.csv"].pause = 0.0
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
        assert server.requests[-1][1] is not None
    assert (tmp_path / "data/xx/authorities.csv").read_bytes() == CONTENT


@pytest.mark.slow
def test_fetch_shows_bars_on_a_terminal(tmp_path: Path) -> None:
    with serve({"a.csv": Behaviour(CONTENT)}) as server:
        params, registry = write_study(tmp_path, server)
        words = ["fetch", params, "--data", tmp_path / "data", "--registry", registry]
        ours, theirs = pty.openpty()
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, words)], stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        while child.poll() is None or not shown.endswith(b"\n"):
            try:
                shown += os.read(ours, 65_536)
            except OSError:
                break
        os.close(ours)
    assert child.wait() == 0
    assert b"xx/authorities.csv" in shown
    assert b"\x1b[" in shown


def test_a_country_is_started(say, tmp_path: Path) -> None:
    code, out, _ = say("new-country", "CO")
    assert code == 0
    assert "params/co.yaml: 0 sources" in out
    assert load_params(Path("params/co.yaml")).currency == "COP"
    assert "- [ ] " in Path("params/co_checklist.md").read_text()
    code, _, err = say("new-country", "CO")
    assert (code, "is there already" in err) == (2, True)
    code, out, _ = say("checklist", "params/co.yaml")
    assert (code, out.startswith("# Checklist: CO")) == (0, True)
    assert say("new-country", "ZZ")[0] == 2


def test_a_file_is_profiled(say, tmp_path: Path) -> None:
    path = tmp_path / "data/xx/authorities.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    code, out, _ = say("profile", path)
    assert code == 0
    assert 'path: "xx/authorities.csv"' in out
    code, out, _ = say("profile", path, "--out", "draft.yaml", "--country", "it")
    assert (code, "id: authorities" in out) == (0, False)
    assert Path("draft.yaml").read_text().startswith("sources:\n")
    assert say("profile", path, "--out", "draft.yaml")[0] == 2
    code, _, err = say("profile", tmp_path / "none.csv")
    assert (code, "cannot be read" in err) == (3, True)


def test_the_journal_holds_no_path_of_this_machine(say, tmp_path: Path) -> None:
    with serve({"a.csv": Behaviour(CONTENT)}) as server:
        params, registry = write_study(tmp_path, server)
        say("fetch", params, "--data", tmp_path / "data", "--registry", registry)
    text = (tmp_path / "data/fetched.json").read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)[0]["path"] == "xx/authorities.csv"
