"""Every page of a site, written into one folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import infiltrate
from infiltrate.errors import RunFailed
from infiltrate.report.closed import read_closed
from infiltrate.report.disclosure import check_page
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.runs.notebook import execute_notebook
from infiltrate.site.answers import Answer, read_answer
from infiltrate.site.documents import Document, group_documents, read_documents
from infiltrate.site.finished import FinishedStudy
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
METHODS = "methods"

_NOTEBOOK = "90_countries.ipynb"
_METHODS_TITLE = "Methods"
_SIDE_BY_SIDE = "Side by side"
_SUBHEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
_FEWEST_CONTENTS = 3
_SHOWN_PAGES = {"07_prevalence.html": "How many", "08_sectors_and_regions.html": "Where"}
_DOWNLOAD = "estimates.csv"


@dataclass
class SiteWriter:
    """The pages of several studies, and all words of them for the search.

    Attributes
    ----------
    studies : list of FinishedStudy
        In the order in which they are shown.
    folder : Path
        Where the pages go.
    title : str
        Title of the site.
    sections : list of (str, Section)
        What the search finds so far.
    """

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

    def check_methods(self) -> None:
        """Look for units of the studies on the pages about methods.

        Their examples are invented, so that small counts and dates of birth in them are no leak.
        """
        closed = read_closed([study.folder for study in self.studies])
        for page in sorted((self.folder / "methods").rglob("*.html")):
            check_page(
                page.read_text(encoding="utf-8"),
                closed.ids,
                closed.names,
                page=page.relative_to(self.folder).as_posix(),
                allowed_texts=closed.allowed_texts,
            )

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
                notebooks / _NOTEBOOK,
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
            _METHODS_TITLE,
            _METHODS_TITLE,
            groups=group_documents(documents),
        )
        for document in documents:
            self._write_page(
                "document.html.j2",
                f"methods/{document.name}",
                document.title,
                _METHODS_TITLE,
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
