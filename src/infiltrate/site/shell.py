"""What stands around every page of a site that is not a report: head, navigation, search."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from jinja2.loaders import FunctionLoader

ASSETS = "assets"
PAGES = (
    ("index", "Countries"),
    ("compare", "Side by side"),
    ("methods/index", "Methods"),
    ("search", "Search"),
)
"""Pages that every page of the site links to: name without ``.html``, and title."""

_REPORTS = "infiltrate.report"
_OWN = "infiltrate.site"
_TEMPLATES = "templates"


def render_page(template: str, *, place: str, title: str, site_title: str, **content: Any) -> str:
    """Return one page.

    Parameters
    ----------
    template : str
        ``index.html.j2``, ``methods.html.j2``, ``document.html.j2`` or ``search.html.j2``.
    place : str
        Name of the page in the site without ``.html``: ``methods/prevalence``.
    title, site_title : str
        Heading of the page, and of the site.
    **content
        What the template shows.
    """
    root = "../" * place.count("/")
    return (
        _environment()
        .get_template(template)
        .render(
            place=place,
            root=root,
            title=title,
            site_title=site_title,
            navigation=PAGES,
            **content,
        )
    )


def style_sheet() -> str:
    """Return the style of the reports with what only a site needs after it."""
    return f"{_report_text('style.css')}\n{_own_text('site.css')}"


def page_script() -> str:
    """Return the script of the reports, which sorts and filters the rows of tables."""
    return _report_text("page.js")


def search_script() -> str:
    """Return the script of the search page."""
    return _own_text("search.js")


def index_script(index: dict[str, Any]) -> str:
    """Return the search index as a script, which a page opened from disk may load."""
    text = json.dumps(index, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # a page may be saved with its scripts inside it
    safe = text.replace("</", r"<\u002f")
    return f"window.SEARCH_INDEX={safe};\n"


def link_back(html: str) -> str | None:
    """Return the page of a report with links to the site's list of countries and search.

    None when the page has no header to put them in.
    """
    header = '<header class="site">'
    if header not in html:
        return None
    links = (
        '<nav class="pages" aria-label="All countries" style="margin-bottom:1rem"><ol>'
        '<li><a href="../index.html">&#8592; All countries</a></li>'
        '<li><a href="../compare.html">Side by side</a></li>'
        '<li><a href="../search.html">Search</a></li></ol></nav>'
    )
    return html.replace(header, header + links, 1)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_own_text),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _report_text(name: str) -> str:
    folder = resources.files(_REPORTS).joinpath(_TEMPLATES, "infiltrate")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _own_text(name: str) -> str:
    return resources.files(_OWN).joinpath(_TEMPLATES, name).read_text(encoding="utf-8")
