"""The pages of one report and how a reader gets from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from infiltrate.errors import StoreError
from infiltrate.report.markup import element, text_element


@dataclass(frozen=True)
class Site:
    """All pages of one report, in reading order, and what stands above each of them.

    A page does not depend on whether the others exist: every page of the list gets a link, and
    one that was not made is a page that says so (see `pages.write_site`).

    Attributes
    ----------
    title : str
        Title of the study.
    pages : sequence of (str, str)
        Slug (name of the file without ``.html``) and title of each page; the first page of
        the report is ``index`` and is put first wherever it stands.
    country : str
        Country or place, beside the title.
    """

    title: str
    pages: Sequence[tuple[str, str]]
    country: str = ""

    @property
    def ordered_pages(self) -> list[tuple[str, str]]:
        """The pages with ``index`` first."""
        return sorted(self.pages, key=lambda page: page[0] != "index")

    def page_title(self, slug: str) -> str:
        """Return the title of one page.

        Raises
        ------
        StoreError
            When the report has no such page.
        """
        titles = dict(self.pages)
        if slug not in titles:
            raise StoreError(f"the report has no page '{slug}'; its pages are {', '.join(titles)}.")
        return titles[slug]

    def navigation(self, current: str) -> str:
        """Return the list of pages as markup, the current one marked."""
        items = "".join(
            element("li", _link(slug, title, current)) for slug, title in self.ordered_pages
        )
        return element("nav", element("ol", items), class_="pages", aria_label="Pages")

    def neighbours(self, current: str) -> str:
        """Return links to the page before and the page after."""
        slugs = [slug for slug, _ in self.ordered_pages]
        place = slugs.index(current)
        before = self.ordered_pages[place - 1] if place else None
        after = self.ordered_pages[place + 1] if place + 1 < len(slugs) else None
        links = _step(before, "Before", "prev") + _step(after, "Next", "next")
        return element("nav", links, class_="neighbours", aria_label="Reading order")


def _link(slug: str, title: str, current: str) -> str:
    mark = "page" if slug == current else None
    # what stands before the colon is enough to find a page
    return text_element("a", title.partition(":")[0], href=f"{slug}.html", aria_current=mark)


def _step(page: tuple[str, str] | None, word: str, relation: str) -> str:
    if page is None:
        return element("span", "")
    label = text_element("span", word, class_="units") + escape(page[1], quote=False)
    return element("a", label, href=f"{page[0]}.html", rel=relation)
