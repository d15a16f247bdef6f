"""Pieces of HTML that a notebook shows and a page keeps."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Panel:
    """A finished piece of HTML; show it by making it the last line of a cell.

    Attributes
    ----------
    html : str
        Well-formed markup whose texts are already escaped.
    text : str
        The same in plain words, for a terminal.
    """

    html: str
    text: str = ""

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text or "Panel"


def element(tag: str, content: str, **attributes: str | None) -> str:
    """Write one element; ``content`` is markup, attribute values are escaped.

    A trailing underscore of an attribute's name is dropped (``class_``), the others become
    hyphens; an attribute that is ``None`` is left out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{content}</{tag}>"


def caption_element(text: str) -> str:
    """Write the caption of a table; it stays in view when a wide table is scrolled sideways."""
    return element("caption", text_element("span", text))


def scrolling(content: str, name: str, class_: str = "scroll") -> str:
    """Wrap what may be wider than a page, so that it scrolls by itself and by keyboard too."""
    return element("div", content, class_=class_, tabindex="0", role="group", aria_label=name)


def text_element(tag: str, text: str, **attributes: str | None) -> str:
    """Write one element around plain text, which is escaped."""
    return element(tag, escape(text, quote=False), **attributes)
