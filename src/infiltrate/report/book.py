"""All pages of a report as one document for paper: contents first, one chapter a page."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import escape, unescape

from infiltrate.report.hatching import draw_hatching
from infiltrate.report.markup import element, text_element
from infiltrate.report.pages import page_style

_MAIN = re.compile(r'<main id="content">(.*)</main>', re.DOTALL)
_NAVIGATION = re.compile(r"<nav\b.*?</nav>", re.DOTALL)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_FOOTER = re.compile(r'<footer class="site">.*?</footer>', re.DOTALL)
_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
_ANCHOR = re.compile(r'\b(id|href|aria-labelledby)="(#?)([\w-]+)(\.html)?(#[\w-]+)?"')
_FOLDED_ROWS = re.compile(r"<summary>Show ([\d,]+) more rows</summary>")
_PAGES = re.compile(r'<nav\b[^>]*class="pages".*?</nav>', re.DOTALL)
_FOLD = re.compile(r"<details\b(?: open(?:=\"\")?)?")
_LINK = re.compile(r'href="([\w-]+)\.html"')
_DRAWING = re.compile(r"(data:image/svg\+xml;base64,)([\w+/=]+)")
_STUDY = re.compile(
    r'<p class="study"><a[^>]*>(.*?)</a>\s*<span class="country">(.*?)</span>', re.DOTALL
)


def page_order(first_page: str) -> list[str]:
    """Return the slugs of a report in reading order, as its first page lists them."""
    navigation = _PAGES.search(first_page)
    return _LINK.findall(navigation.group()) if navigation else []


def bind_pages(
    pages: Mapping[str, str],
    *,
    whole: bool = False,
    page_numbers: Mapping[str, int] | None = None,
) -> str:
    """Return one document of all pages, to be printed.

    Parameters
    ----------
    pages : mapping of str to str
        The pages as they were written, by slug, in reading order.
    whole : bool
        Show what is folded on the screen as well: code, long tables, the numbers of figures.
    page_numbers : mapping of str to int, optional
        On which page of paper each anchor of the document stands, for its contents.

    Returns
    -------
    str
        HTML without script; the same pages give the same bytes.
    """
    chapters = {slug: _chapter(slug, html, whole=whole) for slug, html in pages.items()}
    study, country = _study(next(iter(pages.values())))
    cover = text_element("p", study, class_="book-title") + text_element("p", country)
    contents = element(
        "nav",
        text_element("h1", "Contents") + _contents(chapters, page_numbers or {}),
        aria_label="Contents",
    )
    body = element("section", cover + contents, class_="cover") + "".join(chapters.values())
    return _DOCUMENT.format(
        title=escape(study, quote=False),
        style=page_style(),
        line=_as_css_text(f"{study} · {country}" if country else study),
        kind="book whole" if whole else "book",
        body=body,
    )


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
<title>{title}</title>
<style>
{style}
@page {{ @bottom-left {{ content: {line}; }} }}
</style>
</head>
<body class="{kind}">
{body}
</body>
</html>
"""


def _chapter(slug: str, html: str, *, whole: bool) -> str:
    found = _MAIN.search(html)
    content = found.group(1) if found else ""
    for unneeded in (_NAVIGATION, _FOOTER, _SCRIPT):
        content = unneeded.sub("", content)
    content = _DRAWING.sub(_for_paper, content)
    content = _ANCHOR.sub(lambda anchor: _own_anchor(slug, anchor), content)
    if whole:
        content = _FOLD.sub('<details open=""', content)
    else:
        content = _FOLDED_ROWS.sub(r"<summary>\1 more rows are on the page</summary>", content)
    return element("article", content.strip(), id=slug)


def _for_paper(drawing: re.Match[str]) -> str:
    lines = draw_hatching(base64.b64decode(drawing[2]))
    return drawing[1] + base64.b64encode(lines).decode("ascii")


def _own_anchor(slug: str, anchor: re.Match[str]) -> str:
    """Keep anchors of different pages apart; links between pages stay inside the document."""
    kind, mark, name, page, part = anchor.groups()
    if kind == "href" and page:
        return f'href="#{name}-{part[1:]}"' if part else f'href="#{name}"'
    if kind == "href" and not mark:
        return anchor.group()
    return f'{kind}="{mark}{slug}-{name}"'


def _study(html: str) -> tuple[str, str]:
    found = _STUDY.search(html)
    return (unescape(found.group(1)), unescape(found.group(2))) if found else ("Report", "")


def _contents(chapters: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    items = []
    for slug, chapter in chapters.items():
        title = _TITLE.search(chapter)
        parts = [
            element("li", _entry(anchor, words, numbers))
            for anchor, words in _HEADING.findall(chapter)
        ]
        inner = element("ol", "".join(parts)) if parts else ""
        entry = _entry(slug, title.group(1) if title else slug, numbers)
        items.append(element("li", entry + inner))
    return element("ol", "".join(items))


def _entry(anchor: str, words: str, numbers: Mapping[str, int]) -> str:
    words = re.sub(r"<[^>]+>", "", words)
    number = text_element("span", str(numbers.get(anchor, "")), class_="page-number")
    return element("a", element("span", words) + number, href=f"#{anchor}")


def _as_css_text(words: str) -> str:
    return '"' + re.sub(r'(["\\<])', lambda sign: f"\\{ord(sign[1]):x} ", words) + '"'
