"""An index of all words of a site, which a page opened from disk can search without a server."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

_LONGEST_EXTRACT = 260
_MOST_WEIGHT = 15
_TITLE_WEIGHT, _HEADING_WEIGHT = 8, 4
_UNREAD = frozenset(["script", "style", "nav", "header", "footer", "title", "pre", "summary"])
_VOID = frozenset(["area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"])
_BLOCK_TAGS = "p li td th dd dt div figcaption caption tr strong span"
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_WORD = re.compile(r"[a-z0-9]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMMON = (
    "a an and are as at be been but by for from has have if in into is it its no not of on or so "
    "than that the their them then there these they this to was were what which who with"
)
_STOP = frozenset(_COMMON.split())
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Section:
    """A stretch of a page under one heading.

    Attributes
    ----------
    address : str
        Page and anchor, from the root of the site.
    page, heading : str
        Title of the page and the heading; the latter is empty above the first one.
    text : str
        Its prose.
    cells : str
        What stands in tables and lists of numbers: found, but not shown as an extract, for a row
        means little without its table and what stands beside it.
    """

    address: str
    page: str
    heading: str
    text: str
    cells: str = ""


def read_sections(html: str, address: str) -> list[Section]:
    """Return the sections of a page: what a reader sees, and the alternative texts of images.

    Code, navigation and what a page says of itself are left out.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [
        Section(
            f"{address}#{anchor}" if anchor else address,
            reader.title,
            heading,
            _tidy(words),
            _tidy(cells),
        )
        for anchor, heading, words, cells in reader.sections
    ]


def build_index(sections: Iterable[tuple[str, Section]]) -> dict[str, Any]:
    """Return the index: sections with an extract, and for each word where it stands.

    Parameters
    ----------
    sections : iterable of (str, Section)
        The part of the site that a section belongs to (a study, or the methods), and the section.

    Returns
    -------
    dict
        ``parts`` (names), ``sections`` (address, page, heading, extract, number of the part) and
        ``words``: for each word the steps from one section to the next, times 16, plus a weight
        from 1 to 15, in base 36.
    """
    parts: list[str] = []
    listed: list[list[Any]] = []
    postings: dict[str, list[tuple[int, int]]] = {}
    for number, (part, section) in enumerate(sections):
        if part not in parts:
            parts.append(part)
        extract = _cut(section.text)
        listed.append([section.address, section.page, section.heading, extract, parts.index(part)])
        for word, weight in _weigh(section).items():
            postings.setdefault(word, []).append((number, weight))
    return {
        "parts": parts,
        "sections": listed,
        "words": {word: _pack(where) for word, where in sorted(postings.items())},
    }


def find_words(text: str) -> list[str]:
    """Return the words of a text as the index knows them: plain, lower case, singular.

    Numbers are left out but for years: no reader looks for 0.0375.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [
        _singular(word)
        for word in _WORD.findall(letters)
        if len(word) > 1 and word not in _STOP and (not word.isdigit() or _YEAR.fullmatch(word))
    ]


def _tidy(pieces: Sequence[str]) -> str:
    return " ".join("".join(pieces).split())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _weigh(section: Section) -> dict[str, int]:
    weights: Counter[str] = Counter()
    for word, times in Counter(find_words(f"{section.text} {section.cells}")).items():
        weights[word] += 1 + round(math.log2(times))
    for word in set(find_words(section.heading)):
        weights[word] += _HEADING_WEIGHT
    for word in set(find_words(section.page)):
        # the page itself is the answer, more than any of its sections
        weights[word] += 1 if section.heading else _TITLE_WEIGHT
    return {word: min(weight, _MOST_WEIGHT) for word, weight in weights.items()}


def _pack(where: Sequence[tuple[int, int]]) -> str:
    packed, last = [], 0
    for number, weight in where:
        packed.append(_base36((number - last) * 16 + weight))
        last = number
    return " ".join(packed)


def _base36(number: int) -> str:
    written = ""
    while True:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
        if not number:
            return written


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_EXTRACT:
        return text
    return f"{text[:_LONGEST_EXTRACT].rpartition(' ')[0]} …"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.sections: list[tuple[str, str, list[str], list[str]]] = [("", "", [], [])]
        self._tables = 0
        self._unread: list[str] = []
        self._heading: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._unread:
            if tag not in _VOID:
                self._unread.append(tag)
            return
        names = (given.get("class") or "").split()
        if tag in _UNREAD or "banner" in names or "skip" in names:
            self._unread.append(tag)
        elif tag in ("h1", "h2", "h3"):
            self._heading = (given.get("id") or "" if tag != "h1" else "", [])
        elif tag == "table":
            self._tables += 1
        elif tag == "img" and given.get("alt"):
            self._keep(f" {given['alt']} ")

    def handle_endtag(self, tag: str) -> None:
        if self._unread:
            if tag in self._unread:
                while self._unread.pop() != tag:
                    pass
            return
        if self._heading and tag in ("h1", "h2", "h3"):
            anchor, words = self._heading
            text = " ".join("".join(words).split())
            self._heading = None
            if tag == "h1" and not self.title:
                self.title = text
            elif anchor:
                self.sections.append((anchor, text, [], []))
            else:
                self._keep(f" {text} ")
        elif tag == "table":
            self._tables -= 1
        elif tag in _BLOCKS:
            self._keep(" ")

    def handle_data(self, data: str) -> None:
        if self._unread:
            return
        if self._heading:
            self._heading[1].append(data)
        else:
            self._keep(data)

    def _keep(self, text: str) -> None:
        _, _, prose, cells = self.sections[-1]
        (cells if self._tables else prose).append(text)
