"""A site is whole, opens from disk, and holds nothing that may not leave."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from infiltrate.errors import DisclosureError, RunFailed, StoreError
from tests.site.samples import SamplePair, finish, write_pair

LINK = re.compile(r'<(?:a|link|script|img|form)\b[^>]*?\b(?:href|src|action)="([^"]*)"')


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SamplePair:
    pair = write_pair(tmp_path_factory.mktemp("site"))
    pair.build()
    return pair


@pytest.fixture
def pair(built: SamplePair, tmp_path: Path) -> SamplePair:
    shutil.copytree(built.folder, tmp_path / "copy")
    return SamplePair(tmp_path / "copy")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_link_leads_to_a_page_of_the_site(built: SamplePair) -> None:
    broken, outside = [], set()
    for page in built.site.rglob("*.html"):
        for address in map(unescape, LINK.findall(page.read_text())):
            parts = urlsplit(address)
            if parts.scheme in ("https", "http", "data", "mailto"):
                outside.add(parts.scheme)
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = target.read_text() if target.is_file() else ""
            anchor = f'id="{parts.fragment}"' if parts.fragment else ""
            if not there or anchor not in there:
                broken.append((page.name, address))
    assert broken == []
    assert "http" not in outside


def test_nothing_is_fetched_from_a_network(built: SamplePair) -> None:
    for path in built.site.rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text()
            assert not re.search(r'(?:src|action)="(?:https?:)?//', text), path
            assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//|fetch\(|XMLHttp", text), (
                path
            )
        if path.suffix == ".html":
            assert "default-src 'none'" in path.read_text(), path


def test_the_first_page_says_what_each_study_answers(built: SamplePair) -> None:
    index = (built.site / "index.html").read_text()
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", index)).split())
    assert "Risk is not guilt" in words
    assert words.index("Northland, purchases, 2025") < words.index("Southland, 2025")
    assert "Firms infiltrated 7.5% (4% to 14%)" in words
    assert "Firms infiltrated 2% (1% to 5%)" in words
    assert "As of 2026-06-30" in words
    assert words.count("1 warning of the run") == 2
    assert "Facts that nobody has checked yet 1" in words


def test_countries_side_by_side_hold_what_agrees_and_name_the_rest(built: SamplePair) -> None:
    page = (built.site / "compare.html").read_text()
    assert "Infiltrated firms, estimate" in page
    assert "computable for 20% of its units only" in page
    assert str(built.folder) not in page


def test_pages_of_a_report_lead_back_to_the_list(built: SamplePair) -> None:
    original = (built.results[0] / "report" / "index.html").read_text()
    page = (built.site / "north" / "index.html").read_text()
    assert '<a href="../index.html">' in page
    added = re.sub(r'<nav class="pages" aria-label="All countries".*?</nav>', "", page)
    assert added == original


def test_a_site_is_replaced_whole_by_the_same_bytes(pair: SamplePair) -> None:
    before = contents(pair.site)
    record = json.loads((pair.site / "site.json").read_text())
    assert {**record["files"], "site.json": before["site.json"]} == before
    (pair.site / "left_over.html").write_text("x")
    built = pair.build()
    assert contents(pair.site) == before
    assert (built.studies, built.pages) == (2, sum(name.endswith(".html") for name in before))


def test_a_folder_that_is_no_site_or_holds_results_is_not_touched(pair: SamplePair) -> None:
    other = pair.folder / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("x")
    with pytest.raises(StoreError, match="holds something else than a site"):
        pair.build(other)
    with pytest.raises(StoreError, match="holds something else than a site"):
        pair.build(pair.results[0])
    with pytest.raises(StoreError, match="the same place as the results"):
        pair.build(pair.results[0] / "site")
    with pytest.raises(StoreError, match="is a file"):
        pair.build(other / "thesis.txt")
    assert (other / "thesis.txt").read_text() == "x"


def test_results_changed_after_their_run_make_no_site(pair: SamplePair) -> None:
    before = contents(pair.site)
    page = pair.results[1] / "report" / "index.html"
    page.write_text(page.read_text().replace("Province A", "Province Z"))
    (pair.results[0] / "estimates.csv").unlink()
    with pytest.raises(RunFailed, match="changed after their run") as refused:
        pair.build()
    named = [problem.where for problem in refused.value.problems]
    assert [name.endswith(end) for name, end in zip(named, ("csv", "html"), strict=True)]
    assert contents(pair.site) == before
    assert [path.name for path in pair.folder.iterdir() if "being-built" in path.name] == []


def test_results_that_change_while_the_site_is_made_make_none(
    pair: SamplePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(pair.site)

    def run_meanwhile(*_: object, **__: object) -> None:
        (pair.results[1] / "manifest.json").unlink()

    monkeypatch.setattr("infiltrate.site.build.SiteWriter.write_rest", run_meanwhile)
    with pytest.raises(RunFailed, match="changed while it was made") as refused:
        pair.build()
    assert [problem.where for problem in refused.value.problems] == [str(pair.results[1])]
    assert contents(pair.site) == before


def test_pages_that_may_not_leave_make_no_site(pair: SamplePair) -> None:
    before = contents(pair.site)
    leaks = ("Registered as XX-REG:12345678.", "See /home/analyst/north.csv.", "A mafia firm.")
    for results, leak in zip([pair.results[0], *pair.results], leaks, strict=True):
        page = results / "report" / "07_prevalence.html"
        page.write_text(page.read_text().replace("</main>", f"<p>{leak}</p></main>"))
        finish(results)
    with pytest.raises(DisclosureError, match="no site was written") as refused:
        pair.build()
    where = [problem.where.partition("/")[0] for problem in refused.value.problems]
    assert sorted(where) == ["north", "north", "south"]
    assert contents(pair.site) == before


def test_a_page_of_another_version_is_refused(pair: SamplePair) -> None:
    page = pair.results[0] / "report" / "index.html"
    page.write_text(page.read_text().replace('<header class="site">', "<header>"))
    finish(pair.results[0])
    with pytest.raises(RunFailed, match="no page of this version"):
        pair.build()
