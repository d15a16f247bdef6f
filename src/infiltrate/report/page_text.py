"""All the words of a page, wherever they hide."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import itertools
import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, unquote_to_bytes


@dataclass(frozen=True)
class Passage:
    """One stretch of text and where it stands.

    Attributes
    ----------
    text : str
        Normalised: one form of every letter and digit, no invisible signs.
    place : str
        ``text``, ``attribute alt of img``, ``comment`` or the like.
    heading : str
        The heading above it.
    """

    text: str
    place: str
    heading: str


def read_passages(html: str) -> list[Passage]:
    """Return the texts of a page: one per block, attribute, comment and embedded document.

    Inline tags inside a block do not divide it, so a word cut by a tag is read whole.
    """
    return _read_whole(_Reader(), html)


def undo_escapes(text: str) -> str:
    """Return text with the escapes of scripts and addresses written out."""
    if "\\" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    return unquote(text) if _PERCENT.search(text) else text


def _read_whole(reader: _Reader, html: str) -> list[Passage]:
    reader.feed(html)
    reader.close()
    reader.end_block()
    if reader.rawdata.strip():
        # what is never closed, a browser does not show, and whoever looks at the source reads
        reader.passages.append(Passage(normalise(reader.rawdata), "unfinished tag", ""))
    return reader.passages


def normalise(text: str) -> str:
    """Return text with compatible signs made equal and invisible ones dropped."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


_INLINE_TAGS = (
    "a abbr b bdi bdo cite code data dfn em font i ins kbd mark q s samp small span strong sub "
    "sup time tspan u var wbr"
)
_INLINE = frozenset(_INLINE_TAGS.split())
# coordinates: long rows of digits that say nothing
_GEOMETRY = frozenset(["d", "points", "transform", "viewbox", "x", "y", "width", "height", "style"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_DATA = re.compile(r"""data:([\w/+.-]*)((?:;[\w=.-]+)*),([^"'\s)<>]*)""")
_ESCAPED = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{4})\}?|x([0-9A-Fa-f]{2}))")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PLAIN = re.compile(r"[\x20-\x7e\s]*")


class _Reader(HTMLParser):
    def __init__(self, place: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.passages: list[Passage] = []
        self._outer = place
        self._block: list[str] = []
        self._heading = ""
        self._in: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self.end_block()
            self._in = tag
        for name, value in attrs:
            if value and not (name in _GEOMETRY and self._outer):
                self._keep(value, f"attribute {name} of {tag}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.end_block(tag)
            self._in = ""

    def handle_data(self, data: str) -> None:
        self._block.append(data)

    def handle_comment(self, data: str) -> None:
        self._keep(data, "comment")

    def handle_decl(self, decl: str) -> None:
        self._keep(decl, "declaration")

    def handle_pi(self, data: str) -> None:
        self._keep(data, "instruction")

    def unknown_decl(self, data: str) -> None:
        self._keep(data, "declaration")

    def end_block(self, tag: str = "") -> None:
        text = "".join(self._block)
        self._block = []
        if text.strip():
            self._keep(text, self._in or "text")
            if tag in _HEADINGS:
                self._heading = normalise(text)

    def _keep(self, text: str, place: str) -> None:
        place = f"{place} inside {self._outer}" if self._outer else place
        for kind, options, body in _DATA.findall(text):
            self._read_embedded(kind, options, body, place)
        text = _DATA.sub(" ", text)
        if place.startswith(("attribute", "script", "style")):
            text = undo_escapes(text)
        if text.strip():
            plain = text if _PLAIN.fullmatch(text) else normalise(text)
            self.passages.append(Passage(plain, place, self._heading))

    def _read_embedded(self, kind: str, options: str, body: str, place: str) -> None:
        if not kind.startswith("text/") and kind not in ("image/svg+xml", "application/json"):
            return
        try:
            raw = base64.b64decode(body) if ";base64" in options else unquote_to_bytes(body)
        except (binascii.Error, ValueError):
            return
        inner = _Reader(f"the document in {place}")
        text = raw.decode("utf-8", errors="replace")
        if kind == "text/csv":
            # digits of neighbouring cells are no number, as those of two cells of a table
            for cell in itertools.chain(*csv.reader(io.StringIO(text))):
                inner._keep(cell, "cell")
            self.passages.extend(inner.passages)
            return
        self.passages.extend(_read_whole(inner, text))
