"""The figure of what a flag is worth: a hundred squares."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from infiltrate.report.base_rate import BaseRate, OfHundred, count_of_hundred
from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.theme import (
    VERMILLION,
    Style,
    in_house_style,
    legend_on_top,
    new_drawing,
    patch,
)

_CERTAIN = Style(VERMILLION)
_EXPECTED = Style("#F0A572")
_POSSIBLE = Style("#ffffff", hatch="//////")
_OTHERS = Style("#e6eaed")


@in_house_style
def base_rate_waffle(
    box: BaseRate | None,
    *,
    flagged: str = "flagged firms",
    why_not: str = "How many firms are infiltrated is not known, so nobody can say.",
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show what a flag is worth: of a hundred flagged units, how many may be infiltrated.

    Parameters
    ----------
    box : BaseRate or None
        The base-rate box; None when the prevalence was refused.
    flagged : str
        What the hundred are.
    why_not : str
        What stands there instead when it is not known.
    """
    hundred = count_of_hundred(box, flagged)
    if hundred is None:
        return nothing_to_show(title or f"What a flag is worth is not known: {flagged}", why_not)
    drawing, axes = new_drawing(2.5, width=6.4)
    for square in range(100):
        _draw_square(axes, square, _style_of(square, hundred))
    axes.set(xlim=(-0.1, 20), ylim=(-4.15, 0.9), aspect="equal")
    axes.axis("off")
    handles = [
        patch(_CERTAIN, f"at least {hundred.low}"),
        patch(_EXPECTED, f"expected {hundred.expected}"),
        patch(_POSSIBLE, f"at most {hundred.high}"),
        patch(_OTHERS, "flagged, not infiltrated"),
    ]
    legend_on_top(drawing, handles)
    return Figure(
        drawing,
        title or hundred.sentence,
        f"A hundred squares. {hundred.sentence}.",
        caption or (box.sentence if box else ""),
        "One square is one flagged unit out of a hundred.",
    )


def _style_of(square: int, hundred: OfHundred) -> Style:
    for style, end in (
        (_CERTAIN, hundred.low),
        (_EXPECTED, hundred.expected),
        (_POSSIBLE, hundred.high),
    ):
        if square < end:
            return style
    return _OTHERS


def _draw_square(axes: Axes, square: int, style: Style) -> None:
    column, row = divmod(square, 5)
    edge = _OTHERS.colour if style is _OTHERS else VERMILLION
    axes.add_patch(
        Rectangle(
            (column, -row),
            0.84,
            0.84,
            facecolor=style.colour,
            hatch=style.hatch,
            edgecolor=edge,
            linewidth=0.8,
        )
    )
