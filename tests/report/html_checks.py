"""What must hold of every page, read with the parser of the standard library."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "img", "br", "hr", "link", "input", "wbr", "col"}


class PageReader(HTMLParser):
    """Collects the elements of a page and checks that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.mistakes: list[str] = []
        self._open: list[str] = []
        self._children: list[list[str]] = [[]]
        self.children_of: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        self.mistakes += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._children[-1].append(tag)
        if tag not in VOID:
            self._open.append(tag)
            self._children.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.mistakes.append(f"</{tag}> closes {self._open[-1:]}")
            return
        self._open.pop()
        self.children_of.append((tag, self._children.pop()))

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def find_mistakes(html: str) -> list[str]:
    """Return everything on a page that a reader, or a reader's machine, would stumble over."""
    page = PageReader(html)
    mistakes = list(page.mistakes)
    if len(page.all("h1")) != 1:
        mistakes.append(f"{len(page.all('h1'))} h1")
    if page.all("iframe") or page.all("link"):
        mistakes.append("a frame or linked file")
    mistakes += _script_mistakes(page, html)
    if "http://" in html or "https://" in html:
        mistakes.append("an address of the network")
    mistakes += ["an image without words" for image in page.all("img") if not image.get("alt")]
    mistakes += [
        "a table without caption"
        for tag, children in page.children_of
        if tag == "table" and children[:1] != ["caption"]
    ]
    mistakes += ["a heading cell without scope" for cell in page.all("th") if "scope" not in cell]
    mistakes += [
        f"an unknown page {link['href']}"
        for link in page.all("a")
        if link["href"].startswith("#")
        and link["href"][1:] not in {element.get("id") for _, element in page.elements}
    ]
    named = [element["id"] for _, element in page.elements if "id" in element]
    mistakes += [f"id {name} twice" for name in sorted({n for n in named if named.count(n) > 1})]
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    mistakes += [
        f"h{after} right after h{before}"
        for before, after in pairwise(levels)
        if after > before + 1
    ]
    return mistakes


def _script_mistakes(page: PageReader, html: str) -> list[str]:
    """A page runs its own script, whose hash its policy names, and no other."""
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    allowed = {
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in scripts
    }
    named = set(re.findall(r"script-src ([^;\"]*)", html))
    mistakes = ["a script from elsewhere"] if len(page.all("script")) != len(scripts) else []
    mistakes += ["more than one script"] if len(scripts) > 1 else []
    return mistakes + (["a script that the policy does not name"] if allowed - named else [])
