"""The PDF of a report: printed by a real browser, or a message that helps."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from infiltrate.errors import RunFailed, StoreError
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.runs import pdf
from infiltrate.runs.pdf import print_report
from tests.report import samples

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PAGES = [("index", "Report"), ("02_contracts", "Contracts"), ("06_risk", "Risk")]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    notebook = samples.notebook([samples.panels()[0], samples.FIGURES["flag_base_rates"]()])
    report = tmp_path / "xx" / "report"
    report.mkdir(parents=True)
    for slug, _ in PAGES:
        nbformat.write(notebook, tmp_path / f"{slug}.ipynb")
        render_notebook(
            tmp_path / f"{slug}.ipynb",
            report / f"{slug}.html",
            site=Site("An invented country", PAGES, "XX"),
        )
    (report.parent / "manifest.json").write_text("{}")
    return report.parent


def browser_that(folder: Path, does: str) -> str:
    program = folder / "browser"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the PDF was NOT printed")
def test_all_pages_become_one_pdf_with_numbered_contents(results: Path) -> None:
    before = sorted(path.name for path in results.rglob("*"))
    first = print_report(results, results / "report.pdf", browser=CHROMIUM).read_bytes()
    places = pdf._page_numbers(first)
    assert places["index"] == 2, "the contents fill the first page"
    assert places["index"] < places["02_contracts"] < places["06_risk"]
    assert "06_risk-1-part-1" in places
    assert b"/Title (An invented country)" in first and b"/Outlines" in first
    assert b"/Marked true" in first, "a screen reader needs a tagged PDF"
    assert not re.search(rb"(?:/tmp|/home|file:)/", first)
    assert sorted(path.name for path in results.rglob("*")) == sorted([*before, "report.pdf"])


@pytest.mark.validate
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the PDF was NOT printed")
def test_the_same_report_gives_the_same_pdf(results: Path, tmp_path: Path) -> None:
    first = print_report(results, tmp_path / "a.pdf", browser=CHROMIUM).read_bytes()
    assert print_report(results, tmp_path / "b.pdf", browser=CHROMIUM).read_bytes() == first
    whole = print_report(results, tmp_path / "c.pdf", browser=CHROMIUM, whole=True).read_bytes()
    assert whole.count(b"/Type /Page\n") > first.count(b"/Type /Page\n")


def test_without_a_browser_the_message_says_what_to_do(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(results))
    with pytest.raises(
        RunFailed, match=r"no Chromium.*apt install chromium.*--browser.*index.html"
    ):
        print_report(results, results / "report.pdf")
    with pytest.raises(RunFailed, match="no browser 'netscape'"):
        print_report(results, results / "report.pdf", browser="netscape")
    assert not (results / "report.pdf").exists()


def test_a_browser_that_fails_is_quoted(results: Path, tmp_path: Path) -> None:
    program = browser_that(tmp_path, "echo 'starting' >&2; echo 'no usable sandbox' >&2; exit 3")
    with pytest.raises(RunFailed, match="code 3 and without a PDF: no usable sandbox"):
        print_report(results, results / "report.pdf", browser=program)
    assert not (results / "report.pdf").exists()


def test_a_browser_that_hangs_is_stopped(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_MOST_SECONDS", 0.2)
    with pytest.raises(RunFailed, match=r"did not print within 0\.2 s"):
        print_report(
            results, results / "report.pdf", browser=browser_that(tmp_path, "exec sleep 60")
        )


def test_the_command_ends_with_the_code_of_its_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from infiltrate.cli import main; main()", "pdf"]
    ended = subprocess.run([*command, str(tmp_path)], check=False, capture_output=True, text=True)
    assert ended.returncode == StoreError.exit_code
    assert "holds no report" in ended.stderr and "Traceback" not in ended.stderr


def test_a_run_without_report_or_manifest_is_not_printed(results: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no report"):
        print_report(tmp_path / "nothing", tmp_path / "x.pdf")
    (results / "manifest.json").unlink()
    with pytest.raises(StoreError, match="not finished"):
        print_report(results, tmp_path / "x.pdf")
