"""Reports of several countries as one folder of static pages."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import infiltrate
from infiltrate.errors import DisclosureError, Problem, RunFailed, StoreError
from infiltrate.report.pages import render_notebook
from infiltrate.report.release import scan_release
from infiltrate.report.site import Site
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.runs.manifest import MANIFEST
from infiltrate.runs.notebook import execute_notebook
from infiltrate.site.answers import Answer, read_answer
from infiltrate.site.documents import Document, group_documents, read_documents
from infiltrate.site.finished import FIRST_PAGE, FinishedStudy, find_changed, read_studies
from infiltrate.site.search import Section, build_index, read_sections
from infiltrate.site.shell import (
    ASSETS,
    PAGES,
    index_script,
    link_back,
    page_script,
    render_page,
    search_script,
    style_sheet,
)

RECORD = "site.json"
NOTEBOOK = "90_countries.ipynb"
_METHODS = "Methods"
_SIDE_BY_SIDE = "Side by side"
_RESERVED = frozenset(["assets", "methods"])
_SUBHEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
_FEWEST_CONTENTS = 3
_SHOWN_PAGES = {"07_prevalence.html": "How many", "08_sectors_and_regions.html": "Where"}
_DOWNLOAD = "estimates.csv"


@dataclass(frozen=True)
class BuiltSite:
    """A site that was written.

    Attributes
    ----------
    first_page : Path
        The list of countries.
    studies, pages, size : int
        Studies in it, its pages, and bytes of all files.
    """

    first_page: Path
    studies: int
    pages: int
    size: int


def build_site(
    results: Sequence[Path],
    out: Path,
    *,
    notebooks: Path,
    docs: Path,
    title: str = "infiltrate: countries",
    say: Callable[[str], None] = print,
) -> BuiltSite:
    """Write one site of the reports of several finished studies.

    Parameters
    ----------
    results : sequence of Path
        Results folders of ``infiltrate run``; the name of each is its folder in the site.
    out : Path
        Folder of the site; one that a site was written to before is replaced whole.
    notebooks : Path
        Folder with ``90_countries.ipynb``.
    docs : Path
        The documentation, which becomes the pages about methods.
    title : str
        Title of the site.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    RunFailed
        When a folder is not finished or was changed since, with every reason; or when the
        comparison failed. Nothing has been written then.
    DisclosureError
        When anything that would leave must stay closed, with every finding; nothing has been
        written then.
    StoreError
        When ``out`` is something else than a site, or cannot be written.
    """
    studies = read_studies(results)
    _check_place(out, studies)
    _check_unchanged(studies)
    runs = {study.slug: fingerprint_file(study.folder / MANIFEST) for study in studies}
    building = out.with_name(f".{out.name}.{os.getpid()}.being-built")
    try:
        site = _Site(studies, building, title)
        site.write_reports(say)
        say("looking whether the reports may leave ...")
        _scan(building, studies, out)
        site.write_rest(notebooks, docs, say)
        say("looking at the other pages ...")
        _scan(building, studies, out, left_out=[f"{study.slug}/*" for study in studies])
        _check_same_runs(studies, runs)
        site.record(runs)
        _put_in_place(building, out)
    except OSError as error:
        raise StoreError(
            f"{out}: could not be written: {error.strerror or error} ({error.filename}). What was "
            "there before is untouched; free space or mend the permission, then give the same "
            "command again."
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    files = [path for path in out.rglob("*") if path.is_file()]
    return BuiltSite(
        out / FIRST_PAGE,
        len(studies),
        sum(path.suffix == ".html" for path in files),
        sum(path.stat().st_size for path in files),
    )


@dataclass
class _Site:
    studies: list[FinishedStudy]
    folder: Path
    title: str
    sections: list[tuple[str, Section]] = field(default_factory=list)

    def write_reports(self, say: Callable[[str], None]) -> None:
        """Copy the pages of every study, with a way back to the list of countries."""
        for study in self.studies:
            say(f"{study.slug}: its pages ...")
            self._write_study(study)

    def write_rest(self, notebooks: Path, docs: Path, say: Callable[[str], None]) -> None:
        """Write everything that is about the studies together, or about methods."""
        answers = [read_answer(study) for study in self.studies]
        say("countries side by side ...")
        self._write_comparison(notebooks)
        say("methods ...")
        self._write_methods(read_documents(docs))
        self._write_index(answers)
        self._write_search()
        self._write_text(f"{ASSETS}/site.css", style_sheet())
        self._write_text(f"{ASSETS}/page.js", page_script())

    def record(self, runs: Mapping[str, str]) -> None:
        """Leave what the site was made of, and the hash of every file in it."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        record = {
            "title": self.title,
            "infiltrate": infiltrate.__version__,
            "studies": [
                {
                    "folder": study.slug,
                    "title": study.params.title,
                    "finished_at": study.manifest.get("finished_at"),
                    "manifest_sha256": runs[study.slug],
                }
                for study in self.studies
            ],
            "files": {
                path.relative_to(self.folder).as_posix(): fingerprint_file(path) for path in files
            },
        }
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        self._write_text(RECORD, text + "\n")

    def _write_study(self, study: FinishedStudy) -> None:
        for name in _published(study):
            source = study.folder / name
            target = f"{study.slug}/{Path(name).relative_to('report') if '/' in name else name}"
            if source.suffix != ".html":
                self._write_bytes(target, source.read_bytes())
                continue
            html = source.read_text(encoding="utf-8")
            linked = link_back(html)
            if linked is None:
                raise RunFailed(
                    f"{source}: is no page of this version of infiltrate. Give `infiltrate run` "
                    "for it again."
                )
            self._write_text(target, linked)
            self._find_sections(study.label, html, target)

    def _write_comparison(self, notebooks: Path) -> None:
        page = self.folder / "compare.html"
        with TemporaryDirectory(prefix="infiltrate-") as name:
            work = Path(name)
            shown = work / "results"
            shown.mkdir()
            for study in self.studies:
                (shown / study.slug).symlink_to(study.folder.resolve(), target_is_directory=True)
            executed = work / "compare.ipynb"
            execute_notebook(
                notebooks / NOTEBOOK,
                executed,
                {"results": "results"},
                cwd=work,
                log=work / "kernel.log",
            )
            render_notebook(executed, page, site=Site(self.title, PAGES))
        self._find_sections(_SIDE_BY_SIDE, page.read_text(encoding="utf-8"), page.name)

    def _write_methods(self, documents: Sequence[Document]) -> None:
        self._write_page(
            "methods.html.j2",
            "methods/index",
            _METHODS,
            _METHODS,
            groups=group_documents(documents),
        )
        for document in documents:
            self._write_page(
                "document.html.j2",
                f"methods/{document.name}",
                document.title,
                _METHODS,
                html=document.html,
                contents=list(_contents(document.html)),
            )

    def _write_index(self, answers: Sequence[Answer]) -> None:
        pages = {
            study.slug: [
                (page, name)
                for page, name in [*_SHOWN_PAGES.items(), (_DOWNLOAD, "Estimates as CSV")]
                if (self.folder / study.slug / page).is_file()
            ]
            for study in self.studies
        }
        self._write_page(
            "index.html.j2", "index", "Countries", "Countries", studies=answers, answer_pages=pages
        )

    def _write_search(self) -> None:
        index = build_index(self.sections)
        self._write_page("search.html.j2", "search", "Search", None, parts=index["parts"])
        self._write_text(f"{ASSETS}/search-index.js", index_script(index))
        self._write_text(f"{ASSETS}/search.js", search_script())

    def _write_page(
        self, template: str, place: str, title: str, part: str | None, **content: object
    ) -> None:
        html = render_page(template, place=place, title=title, site_title=self.title, **content)
        self._write_text(f"{place}.html", html)
        if part:
            self._find_sections(part, html, f"{place}.html")

    def _find_sections(self, part: str, html: str, address: str) -> None:
        self.sections += [(part, section) for section in read_sections(html, address)]

    def _write_text(self, name: str, text: str) -> None:
        self._write_bytes(name, text.encode("utf-8"))

    def _write_bytes(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _check_place(out: Path, studies: Sequence[FinishedStudy]) -> None:
    place = out.resolve()
    if out.exists() and not out.is_dir():
        raise StoreError(f"{out}: is a file. Give a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD).is_file():
        raise StoreError(
            f"{out}: holds something else than a site, and is not touched. Give another folder "
            "with --out, or empty this one."
        )
    for study in studies:
        folder = study.folder.resolve()
        if place == folder or place.is_relative_to(folder) or folder.is_relative_to(place):
            raise StoreError(f"{out}: is the same place as the results {study.folder}.")
        if study.slug in _RESERVED:
            raise StoreError(
                f"{study.folder}: the site needs the name '{study.slug}' for its own pages. "
                "Rename the folder."
            )


def _check_unchanged(studies: Sequence[FinishedStudy]) -> None:
    problems: list[Problem] = [problem for study in studies for problem in find_changed(study)]
    if problems:
        raise RunFailed(
            "No site was written: results were changed after their run, so that their pages may "
            "not be true of their tables.",
            problems,
        )


def _check_same_runs(studies: Sequence[FinishedStudy], runs: Mapping[str, str]) -> None:
    """Refuse when a run has written to a folder meanwhile: it takes its manifest away first."""
    problems = [
        Problem(str(study.folder), "a run has written to it meanwhile", fix="Wait until it ended.")
        for study in studies
        if not (path := study.folder / MANIFEST).is_file()
        or fingerprint_file(path) != runs[study.slug]
    ]
    if problems:
        raise RunFailed("No site was written, for results changed while it was made.", problems)


def _scan(
    building: Path,
    studies: Sequence[FinishedStudy],
    out: Path,
    left_out: Sequence[str] = (),
) -> None:
    try:
        scan_release(building, [study.folder for study in studies], left_out=left_out)
    except DisclosureError as error:
        raise DisclosureError(
            f"{out}: no site was written, for it may not leave: {len(error.problems)} findings. "
            "Pages of a study stand under the name of its folder.",
            error.problems,
        ) from error


def _published(study: FinishedStudy) -> Iterator[str]:
    """Yield the files of a study that its site shows: pages, what they link to, estimates."""
    for name in sorted(study.manifest["outputs"]):
        if name.startswith("report/") or name == _DOWNLOAD:
            yield name


def _contents(html: str) -> Iterator[tuple[str, str]]:
    found = _SUBHEADING.findall(html)
    if len(found) >= _FEWEST_CONTENTS:
        for anchor, words in found:
            yield anchor, unescape(re.sub(r"<[^>]+>", "", words))


def _put_in_place(building: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.replace(old)
    building.replace(out)
    shutil.rmtree(old, ignore_errors=True)
