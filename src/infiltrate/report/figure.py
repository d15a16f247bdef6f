"""A figure as a page needs it: finding, drawing, alternative text, caption and the numbers."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure as Drawing

from infiltrate.report.download import csv_link
from infiltrate.report.markup import element, scrolling, text_element
from infiltrate.report.tables import table_markup
from infiltrate.report.vector import size_in_pixels, write_svg

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
        The numbers drawn, folded away below the figure and to be downloaded from there.
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
        return b"" if self.drawing is None else write_svg(self.drawing)

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
        width, height = size_in_pixels(svg)
        source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
        image = element("img", "", src=source, alt=self.alt, width=width, height=height)
        return scrolling(image.removesuffix("</img>"), "Figure", "picture")

    def _numbers(self) -> str:
        if self.numbers is None or self.numbers.empty:
            return ""
        shown = self.numbers.head(_MOST_NUMBERS)
        summary = "Numbers behind this figure"
        if len(shown) < len(self.numbers):
            summary += f" (first {len(shown):,} of {len(self.numbers):,} rows)"
        table = table_markup(shown, caption=self.title)
        folded = element("details", text_element("summary", summary) + table, class_="numbers")
        return element("p", csv_link(self.numbers, self.title), class_="tools") + folded


def nothing_to_show(title: str, why: str, caption: str = "") -> Figure:
    """Return the panel that stands where a figure cannot be drawn, with the reason."""
    return Figure(drawing=None, title=title, alt=why, caption=caption)
