"""Executed notebooks to HTML pages: nothing fetched, whole without script, readable on a phone."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from infiltrate.report.jupyter import import_jupyter
from infiltrate.report.markup import element
from infiltrate.report.notebook_cells import (
    ReadableNotebook,
    read_cells,
    without_machine_paths,
)
from infiltrate.report.site import Site
from infiltrate.tables.files import replace_file

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_KINDS = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"]
_SUBHEADING = re.compile(r"<h2\b[^>]*>(.*?)</h2>", re.DOTALL)
_FEWEST_CONTENTS = 3
_NOT_MADE = "<!-- this page was not made -->"


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
    notebook = read_cells(_read_notebook(executed_ipynb, missing_allowed=failed is not None))
    what_failed = None if failed is None else without_machine_paths(failed)
    html = _export(notebook, site, out_html.stem, failed=what_failed)
    with replace_file(out_html) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return out_html


def write_site(site: Site, folder: Path) -> list[Path]:
    """Write, for every page of the site that was not made, a page that says so.

    Returns
    -------
    list of Path
        The pages written; pages that were made are left alone.
    """
    written = []
    for slug, _ in site.ordered_pages:
        path = folder / f"{slug}.html"
        if path.exists() and _NOT_MADE not in path.read_text(encoding="utf-8"):
            continue
        html = _export(_no_notebook(), site, slug, is_made=False)
        if not path.exists() or path.read_text(encoding="utf-8") != html:
            with replace_file(path) as temporary:
                temporary.write_text(html, encoding="utf-8")
            written.append(path)
    return written


def page_style() -> str:
    """Return the style sheet of every page."""
    return _template("style.css")


def page_script() -> str:
    """Return the script of every page: rows sort and filter, figures enlarge, code unfolds."""
    return _template("page.js")


def hash_of_script(script: str) -> str:
    """Return what a page's policy names, so that this script runs there and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _read_notebook(path: Path, *, missing_allowed: bool) -> Any:
    nbformat = import_jupyter("nbformat")
    try:
        return nbformat.read(path, as_version=4)
    except Exception:
        if missing_allowed:
            return nbformat.v4.new_notebook()
        raise


def _no_notebook() -> ReadableNotebook:
    return ReadableNotebook("", [], {"language_info": {"name": "python"}}, None)


def _export(
    notebook: ReadableNotebook,
    site: Site,
    slug: str,
    *,
    failed: str | None = None,
    is_made: bool = True,
) -> str:
    page_title = site.page_title(slug)
    nbformat = import_jupyter("nbformat")
    node = nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": notebook.metadata}
        | {"cells": notebook.cells}
    )
    resources = {
        "site": site,
        "page_title": notebook.title or page_title,
        "navigation": site.navigation(slug),
        "neighbours": site.neighbours(slug),
        "style": page_style(),
        "script": page_script(),
        "script_hash": hash_of_script(page_script()),
        "failed": failed,
        "failed_cell": notebook.failed_cell,
        "not_made": "" if is_made else _NOT_MADE,
    }
    html, _ = _exporter().from_notebook_node(node, resources)
    return _add_contents(_keep_one_title(html))


def _template(name: str) -> str:
    return (_TEMPLATES / "infiltrate" / name).read_text(encoding="utf-8")


@cache
def _exporter() -> Any:
    nbconvert = import_jupyter("nbconvert")
    config = import_jupyter("traitlets.config").Config()
    config.NbConvertBase.display_data_priority = [*_SHOWN_KINDS, "text/plain"]
    return nbconvert.HTMLExporter(
        config=config,
        extra_template_basedirs=[str(_TEMPLATES)],
        template_name="infiltrate",
        embed_images=True,
        exclude_anchor_links=True,
    )


def _keep_one_title(html: str) -> str:
    head, mark, body = html.partition("</h1>")
    body = re.sub(r"<(/?)h1\b", r"<\1h2", body)
    return f"{head}{mark}{body}".rstrip() + "\n"


def _add_contents(html: str) -> str:
    links: list[str] = []

    def give_anchor(match: re.Match[str]) -> str:
        words = re.sub("<[^>]+>", "", match.group(1)).strip()
        anchor = f"{len(links) + 1}-{re.sub(r'[^a-z0-9]+', '-', words.lower()).strip('-')}"
        links.append(element("li", f'<a href="#{anchor}">{words}</a>'))
        return f'<h2 id="{anchor}">{match.group(1)}</h2>'

    html = _SUBHEADING.sub(give_anchor, html)
    contents = ""
    if len(links) >= _FEWEST_CONTENTS:
        contents = element(
            "nav", element("ul", "".join(links)), class_="contents", aria_label="On this page"
        )
    return html.replace("<!-- contents -->", contents, 1)
