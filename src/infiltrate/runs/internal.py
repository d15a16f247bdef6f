"""The pages of a report with the names of companies, for analysts who may see them."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path

from infiltrate.errors import StoreError
from infiltrate.runs.opened import OpenedStudy, open_finished_study

FOLDER = "report_internal"

_TAG = re.compile(r"\b(?:Firm|Buyer) [A-Z][0-9A-Z]{4}-[A-Z][0-9A-Z]{4}\b")
_DRAWING = re.compile(r"(data:image/svg\+xml;base64,)([A-Za-z0-9+/=]+)")
_MAIN = re.compile(r"<main\b[^>]*>")
_NOTICE = (
    '<p class="banner"><strong>For authorised analysts.</strong> This page names companies. It was '
    "opened with the key of the study, and the opening is written down. Do not hand it on, and do "
    "not decide anything about a company by it alone.</p>"
)
_UNITS = {
    "firm": "SELECT company_id AS id, any_value(name) AS name FROM companies "
    "WHERE coalesce(kind, '') <> 'natural_person' GROUP BY company_id ORDER BY id",
    "buyer": "SELECT buyer_id AS id, any_value(name) AS name FROM buyers "
    "GROUP BY buyer_id ORDER BY id",
}


def write_internal_report(params_file: Path, run_dir: Path, key_file: Path | None = None) -> Path:
    """Write the pages of a finished run once more, with names and ids in place of tags.

    Natural persons stay pseudonyms. The folder can be read by its owner only, is held back from
    every release, and the public pages are not touched. The opening is written into the log of
    the results folder before any name is.

    Parameters
    ----------
    params_file, run_dir : Path
        The study and the results of its run.
    key_file : Path, optional
        The pseudonym key that the study was run with; where it usually is by default.

    Returns
    -------
    Path
        First page of the report with names.

    Raises
    ------
    DisclosureError
        When the key is not the one that the study was run with.
    StoreError
        When there is no finished run, or nothing can be written.
    """
    pages = sorted((run_dir / "report").glob("*.html"))
    with open_finished_study(
        params_file,
        run_dir,
        asked=["report with names"],
        # a page may name a company of any day
        day=date.max,
        key_file=key_file,
        internal=True,
    ) as study:
        names = _name_tags(study)
    folder = run_dir / FOLDER
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        for page in pages:
            html = _open_names(page.read_text(encoding="utf-8"), names)
            (folder / page.name).write_text(_warn(html), encoding="utf-8")
            (folder / page.name).chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"{folder}: the pages with names cannot be written: {error.strerror}."
        ) from error
    return folder / "index.html"


def _name_tags(study: OpenedStudy) -> dict[str, str]:
    names = {}
    for kind, sql in _UNITS.items():
        for row in study.engine.query(sql).to_pylist():
            shown = f"{row['name']} ({row['id']})" if row["name"] else row["id"]
            names[study.tags.tag(kind, row["id"])] = shown
    return names


def _open_names(html: str, names: Mapping[str, str]) -> str:
    def name(found: re.Match[str]) -> str:
        return escape(names.get(found.group(), found.group()))

    def redraw(found: re.Match[str]) -> str:
        drawing = base64.b64decode(found[2]).decode("utf-8")
        named = _TAG.sub(name, drawing)
        return found[1] + base64.b64encode(named.encode()).decode()

    return _DRAWING.sub(redraw, _TAG.sub(name, html))


def _warn(html: str) -> str:
    return _MAIN.sub(lambda found: found.group() + _NOTICE, html, count=1)
