"""The pages about methods: Markdown of the documentation as pages that link to each other."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from infiltrate.errors import SourceError
from infiltrate.report.jupyter import import_jupyter

_HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)
_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>', re.DOTALL)
_LINK = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")
_EMPTY_HEAD = re.compile(r"<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>")
_HEADING_OR_TABLE = re.compile(r"<h[1-6][^>]*>(?P<words>.*?)</h[1-6]>|<table>", re.DOTALL)
_BLOCK = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_OUTSIDE = ("http://", "https://", "mailto:")
_LONGEST_SUMMARY = 180


@dataclass(frozen=True)
class Document:
    """One page about a method.

    Attributes
    ----------
    name : str
        Path below the documentation without its ending: ``methods/prevalence``.
    title : str
        Its first heading.
    summary : str
        Its first sentence.
    html : str
        Everything below the first heading.
    """

    name: str
    title: str
    summary: str
    html: str


def read_documents(folder: Path) -> list[Document]:
    """Render every Markdown file of a folder, sorted by name.

    Links between the files become links between the pages, images are put into the page, and a
    link to what is not in the folder becomes plain text.

    Parameters
    ----------
    folder : Path
        The documentation.

    Raises
    ------
    SourceError
        When the folder holds no Markdown.
    """
    paths = sorted(folder.rglob("*.md"))
    if not paths:
        raise SourceError(f"{folder}: holds no documentation (*.md). Give --docs.")
    names = {path.relative_to(folder).with_suffix("").as_posix() for path in paths}
    return [
        _read_document(path, path.relative_to(folder).with_suffix("").as_posix(), names, folder)
        for path in paths
    ]


def group_documents(documents: Sequence[Document]) -> list[tuple[str, list[Document]]]:
    """Return the documents under headings, in reading order; none is left out."""
    groups: dict[str, list[Document]] = {heading: [] for heading in _GROUPS}
    for document in documents:
        groups[_group(document.name)].append(document)
    return [(heading, found) for heading, found in groups.items() if found]


_FOR_READERS = "To read a report"
_METHODS = "How the numbers are made"
_FLAGS = "Red flags, one by one"
_REFERENCE = "Reference"
_WORK = "To work with it"
_GROUPS = (_FOR_READERS, _METHODS, _FLAGS, _REFERENCE, _WORK)
_PLACES = {
    "how_to_read_a_report": _FOR_READERS,
    "disclosure": _FOR_READERS,
    "site": _FOR_READERS,
    "prevalence": _METHODS,
    "red_flags": _METHODS,
    "corruption_risk_levels": _METHODS,
    "validation": _METHODS,
    "parameters": _REFERENCE,
    "tables": _REFERENCE,
}


def _group(name: str) -> str:
    if name.startswith("indicators/"):
        return _FLAGS
    if name.startswith("methods/"):
        return _METHODS
    return _PLACES.get(name, _WORK)


def _read_document(path: Path, name: str, names: set[str], folder: Path) -> Document:
    html = import_jupyter("nbconvert.filters").markdown2html(path.read_text(encoding="utf-8"))
    html = _number_headings(_ANCHOR.sub("", html))
    html = _LINK.sub(lambda link: _relink(link, name, names), html)
    html = _IMAGE.sub(lambda image: f'<img src="{_embed(image[1], path, folder)}"', html)
    html = _name_tables(_EMPTY_HEAD.sub("", html))
    first = _HEADING.search(html)
    title = _plain(first[2]) if first else name
    body = html.replace(first[0], "", 1) if first else html
    return Document(name, title, _first_sentence(body), body)


def _number_headings(html: str) -> str:
    """Name every heading as GitHub does, so that links into a file go on working."""
    used: dict[str, int] = {}

    def name(found: re.Match[str]) -> str:
        words = _plain(found[2]).lower()
        slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        times = used[slug] = used.get(slug, -1) + 1
        anchor = f"{slug}-{times}" if times else slug
        return f'<h{found[1]} id="{escape(anchor)}">{found[2]}</h{found[1]}>'

    return _HEADING.sub(name, html)


def _relink(found: re.Match[str], name: str, names: set[str]) -> str:
    address, rest, words = unescape(found[1]), found[2], found[3]
    if address.startswith(_OUTSIDE):
        return f'<a href="{escape(address)}" rel="noreferrer"{rest}>{words}</a>'
    target, mark, anchor = address.partition("#")
    if not target:
        return found[0]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    if not place.endswith(".md") or place.removesuffix(".md") not in names:
        return words
    page = posixpath.relpath(place.removesuffix(".md"), posixpath.dirname(name) or ".")
    return f'<a href="{escape(page + ".html" + mark + anchor)}">{words}</a>'


def _embed(address: str, path: Path, folder: Path) -> str:
    image = (path.parent / address).resolve()
    kind = _KINDS.get(image.suffix)
    if kind is None or not image.is_relative_to(folder.resolve()) or not image.is_file():
        return "data:,"
    return f"data:{kind};base64,{base64.b64encode(image.read_bytes()).decode('ascii')}"


def _name_tables(html: str) -> str:
    """Let every table scroll by itself, and name it after the heading above it."""
    heading = ""

    def name(found: re.Match[str]) -> str:
        nonlocal heading
        if found["words"] is not None:
            heading = _plain(found["words"])
            return found[0]
        caption = f'<caption><span class="unseen">{escape(heading)}</span></caption>'
        return f'<div class="table"><div class="scroll"><table>{caption}'

    return _HEADING_OR_TABLE.sub(name, html).replace("</table>", "</table></div></div>")


def _first_sentence(html: str) -> str:
    block = _BLOCK.search(html)
    text = _plain(block[1]) if block else ""
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    return sentence if len(sentence) <= _LONGEST_SUMMARY else f"{sentence[:_LONGEST_SUMMARY]}…"


def _plain(markup: str) -> str:
    return " ".join(unescape(_TAG.sub("", markup)).split())
