"""A figure as a page needs it: finding, drawing, alternative text, caption and the numbers."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure as Drawing

from infiltrate.report.markup import element, text_element
from infiltrate.report.tables import table_markup
from infiltrate.report.theme import in_house_style

_MOST_NUMBERS = 300


@dataclass(frozen=True, repr=False)
class Figure:
    """One figure with everything a reader may need of it.

    Attributes
    ----------
    drawing : matplotlib.figure.Figure or None
        None when there was nothing to draw; ``alt`` then says why.
    title : str
        The finding, in one sentence.
    alt : str
        What the drawing shows, for readers who cannot see it.
    caption : str
        How to read it and what must not be read into it.
    units : str
        What the axes measure and what one mark is.
    numbers : pandas.DataFrame or None
        The numbers drawn, folded away below the figure.
    """

    drawing: Drawing | None
    title: str
    alt: str
    caption: str = ""
    units: str = ""
    numbers: pd.DataFrame | None = field(default=None, compare=False)

    def svg(self) -> bytes:
        """Return the drawing as SVG, the same bytes for the same data."""
        return self._svg

    @cached_property
    def _svg(self) -> bytes:
        # laid out once: each further layout of the same drawing moves it by a hair
        return b"" if self.drawing is None else _write_svg(self.drawing)

    def _repr_html_(self) -> str:
        heading = text_element("strong", self.title)
        if self.units:
            heading += text_element("span", self.units, class_="units")
        parts = [element("figcaption", heading), self._picture()]
        if self.caption:
            parts.append(text_element("p", self.caption, class_="note"))
        parts.append(self._numbers())
        return element("figure", "".join(parts), class_="figure")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Figure: {self.title} {self.alt}"

    def _picture(self) -> str:
        if self.drawing is None:
            return text_element("p", self.alt, class_="nothing")
        svg = self.svg()
        width, height = _size_in_pixels(svg)
        source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
        image = element("img", "", src=source, alt=self.alt, width=width, height=height)
        return element("div", image.removesuffix("</img>"), class_="picture", tabindex="0")

    def _numbers(self) -> str:
        if self.numbers is None or self.numbers.empty:
            return ""
        shown = self.numbers.head(_MOST_NUMBERS)
        summary = "Numbers behind this figure"
        if len(shown) < len(self.numbers):
            summary += f" (first {len(shown):,} of {len(self.numbers):,} rows)"
        table = table_markup(shown, caption=self.title)
        return element("details", text_element("summary", summary) + table, class_="numbers")


def nothing_to_show(title: str, why: str, caption: str = "") -> Figure:
    """Return the panel that stands where a figure cannot be drawn, with the reason."""
    return Figure(drawing=None, title=title, alt=why, caption=caption)


@in_house_style
def _write_svg(drawing: Drawing) -> bytes:
    target = io.BytesIO()
    drawing.savefig(
        target, format="svg", bbox_inches="tight", pad_inches=0.04, metadata=_NO_METADATA
    )
    return _number_clips(target.getvalue())


def _number_clips(svg: bytes) -> bytes:
    """Name clip paths in order: their names hang on the last digits of a layout."""
    names: dict[bytes, bytes] = {}
    return _CLIP.sub(lambda found: names.setdefault(found[0], b"clip%d" % len(names)), svg)


_CLIP = re.compile(rb"\bp[0-9a-f]{10}\b")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_SIZE = re.compile(rb'<svg[^>]*?\bwidth="([\d.]+)pt"[^>]*?', re.DOTALL)
_HEIGHT = re.compile(rb'<svg[^>]*?\bheight="([\d.]+)pt"', re.DOTALL)
_PIXELS_PER_POINT = 96 / 72


def _size_in_pixels(svg: bytes) -> tuple[str, str]:
    found = _SIZE.search(svg), _HEIGHT.search(svg)
    width, height = (float(match.group(1)) if match else 500.0 for match in found)
    return f"{width * _PIXELS_PER_POINT:.0f}", f"{height * _PIXELS_PER_POINT:.0f}"
