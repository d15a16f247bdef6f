"""Executed notebooks to HTML pages: no script, nothing fetched, readable on a phone."""

from __future__ import annotations

import re
import sys
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from infiltrate.report.markup import element
from infiltrate.report.notebook_cells import (
    ReadableNotebook,
    read_cells,
    without_machine_paths,
)
from infiltrate.report.site import Page, Site
from infiltrate.tables.files import replace_file

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_KINDS = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"]
_SUBHEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)
_FEWEST_CONTENTS = 3


def render_notebook(
    executed_ipynb: Path, out_html: Path, *, site: Site, failed: str | None = None
) -> Path:
    """Write the page of one executed notebook and return its path.

    Parameters
    ----------
    executed_ipynb : Path
        The notebook with its outputs. When the step failed it may be absent or broken.
    out_html : Path
        Where the page goes; the name without ``.html`` is its slug in the site.
    site : Site
        All pages of the report.
    failed : str, optional
        What failed and what to do; the page then begins with it and with the failing cell.

    Returns
    -------
    Path
        ``out_html``; the same notebook and site give the same bytes.

    Raises
    ------
    StoreError
        When the site has no such page or the file cannot be written.
    """
    page = site.page(out_html.stem)
    notebook = read_cells(_read_notebook(executed_ipynb, missing_allowed=failed is not None))
    html = _export(notebook, site, page, None if failed is None else without_machine_paths(failed))
    with replace_file(out_html) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return out_html


def write_site(site: Site, folder: Path) -> list[Path]:
    """Bring every page of a site up to date and return those that were written.

    A page that was not made gets a page that says so; pages made earlier get the navigation
    as it is now. Pages that would not change are left alone.
    """
    written = []
    for page in site.pages:
        path = folder / page.file_name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if page.status == "not_made" or not before:
            after = _export(_no_notebook(), site, page, None, absent=True)
        else:
            after = site.renew(before, page.slug)
        if after != before:
            with replace_file(path) as temporary:
                temporary.write_text(after, encoding="utf-8")
            written.append(path)
    return written


def _read_notebook(path: Path, *, missing_allowed: bool) -> Any:
    nbformat = _import_without_grammar("nbformat")
    try:
        return nbformat.read(path, as_version=4)
    except Exception:
        if missing_allowed:
            return nbformat.v4.new_notebook()
        raise


def _no_notebook() -> ReadableNotebook:
    return ReadableNotebook("", [], {"language_info": {"name": "python"}}, None)


def _export(
    notebook: ReadableNotebook, site: Site, page: Page, failed: str | None, absent: bool = False
) -> str:
    nbformat = _import_without_grammar("nbformat")
    node = nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": notebook.metadata}
        | {"cells": notebook.cells}
    )
    title = notebook.title or page.title
    resources = {
        "site": site,
        "page": page,
        "page_title": title,
        "navigation": site.navigation(page.slug),
        "neighbours": site.neighbours(page.slug),
        "style": (_TEMPLATES / "infiltrate" / "style.css").read_text(encoding="utf-8"),
        "failed": failed,
        "failed_cell": notebook.failed_cell,
        "absent": absent,
    }
    html, _ = _exporter().from_notebook_node(node, resources)
    return _add_contents(_keep_one_title(html))


@cache
def _exporter() -> Any:
    nbconvert = _import_without_grammar("nbconvert")
    config = _import_without_grammar("traitlets.config").Config()
    config.NbConvertBase.display_data_priority = [*_SHOWN_KINDS, "text/plain"]
    return nbconvert.HTMLExporter(
        config=config,
        extra_template_basedirs=[str(_TEMPLATES)],
        template_name="infiltrate",
        embed_images=True,
        exclude_anchor_links=True,
    )


def _import_without_grammar(name: str) -> Any:
    # nbconvert and nbformat pull a grammar that takes 1.5 s to build and that jsonschema only
    # needs for formats no notebook uses; it takes the absence in its stride
    from importlib import import_module

    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    return import_module(name)


def _keep_one_title(html: str) -> str:
    head, mark, body = html.partition("</h1>")
    body = re.sub(r"<(/?)h1\b", r"<\1h2", body)
    return f"{head}{mark}{body}".rstrip() + "\n"


def _add_contents(html: str) -> str:
    headings = _SUBHEADING.findall(html)
    links = [
        element("li", f'<a href="#{anchor}">{re.sub("<[^>]+>", "", text).strip()}</a>')
        for anchor, text in headings
        if unescape(text).strip()
    ]
    contents = ""
    if len(links) >= _FEWEST_CONTENTS:
        contents = element(
            "nav", element("ul", "".join(links)), class_="contents", aria_label="On this page"
        )
    return html.replace("<!-- contents -->", contents, 1)
