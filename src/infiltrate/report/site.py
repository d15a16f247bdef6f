"""The pages of one report and how a reader gets from one to the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

from infiltrate.errors import StoreError
from infiltrate.report.markup import element, text_element

PageStatus = Literal["made", "failed", "not_made"]

_START = "<!-- {} -->"
_END = "<!-- end of {} -->"
_REMARKS = {"made": "", "failed": "did not finish", "not_made": "not available"}


@dataclass(frozen=True)
class Page:
    """One page of a report.

    Attributes
    ----------
    slug : str
        Name of its file without ``.html``; the first page is ``index``.
    title : str
        As it stands in the navigation.
    status : str
        ``made``, ``failed`` (made, and says what failed) or ``not_made``.
    """

    slug: str
    title: str
    status: PageStatus = "made"

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.slug}.html"


@dataclass(frozen=True)
class Site:
    """All pages of one report, in reading order, and what stands above each of them."""

    title: str
    country: str
    pages: tuple[Page, ...]

    def page(self, slug: str) -> Page:
        """Return one page.

        Raises
        ------
        StoreError
            When the report has no such page.
        """
        for page in self.pages:
            if page.slug == slug:
                return page
        known = ", ".join(page.slug for page in self.pages)
        raise StoreError(f"the report has no page '{slug}'; its pages are {known}.")

    def navigation(self, current: str) -> str:
        """Return the list of pages as markup, the current one marked, the absent ones said so."""
        items = "".join(element("li", _link(page, current)) for page in self.pages)
        navigation = element("nav", element("ol", items), class_="pages", aria_label="Pages")
        return _marked("pages", navigation)

    def neighbours(self, current: str) -> str:
        """Return links to the page before and after, leaving out those not made."""
        pages = [page for page in self.pages if page.status != "not_made" or page.slug == current]
        place = next((at for at, page in enumerate(pages) if page.slug == current), None)
        if place is None:
            return _marked("neighbours", "")
        before = pages[place - 1] if place else None
        after = pages[place + 1] if place + 1 < len(pages) else None
        links = [_step(before, "Before", "prev"), _step(after, "Next", "next")]
        navigation = element("nav", "".join(links), class_="neighbours", aria_label="Reading order")
        return _marked("neighbours", navigation)

    def renew(self, html: str, current: str) -> str:
        """Return a page that was written earlier with its navigation as it is now."""
        html = _between("pages").sub(lambda _: self.navigation(current), html, count=1)
        return _between("neighbours").sub(lambda _: self.neighbours(current), html, count=1)


def _marked(name: str, markup: str) -> str:
    return f"{_START.format(name)}{markup}{_END.format(name)}"


def _between(name: str) -> re.Pattern[str]:
    return re.compile(f"{_START.format(name)}.*?{_END.format(name)}", re.DOTALL)


def _link(page: Page, current: str) -> str:
    remark = _REMARKS[page.status]
    label = escape(page.title, quote=False)
    if remark:
        label += " " + text_element("span", remark, class_="remark")
    if page.status == "not_made":
        return element("span", label, class_="absent")
    mark = "page" if page.slug == current else None
    kind = "failed" if page.status == "failed" else None
    return element("a", label, href=page.file_name, aria_current=mark, class_=kind)


def _step(page: Page | None, word: str, relation: str) -> str:
    if page is None:
        return element("span", "")
    label = text_element("span", word, class_="units") + escape(page.title, quote=False)
    return element("a", label, href=page.file_name, rel=relation)
