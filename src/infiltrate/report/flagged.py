"""Whether a page that lists flagged units says beside them what a flag is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infiltrate.errors import Problem
from infiltrate.report.grids import Grid, read_html_grids

# files have tags as well, and are nobody
_TAG = re.compile(r"\b(?!File )[A-Z][a-z]+ [A-Z][0-9A-Z]{4}-[A-Z][0-9A-Z]{4}\b")
_SCORED = re.compile(
    r"\b(?:risk|scores?|rank(?:ed|ing)?|percentile|flags?|flagged|highest|red flags?|index)\b"
)
_BANNER = re.compile(r"risk is not guilt", re.IGNORECASE)
_BOX = re.compile(r"""<section\b[^>]*\bclass=["'][^"']*\bbase-rate\b""")


def find_unaccompanied(html: str, name: str) -> Iterator[Problem]:
    """Yield what is missing on a page that lists units by their tags.

    Every such page says that risk is not guilt. Where the list is of scored or flagged units, by
    the names of its columns or its caption, the base-rate box stands on the page too.

    Parameters
    ----------
    html : str
        The page.
    name : str
        Its name in the messages.
    """
    if not _TAG.search(html):
        return
    grids = [grid for grid in read_html_grids(html) if _lists_units(grid)]
    if grids and not _BANNER.search(html):
        yield Problem(
            f"{name}, {grids[0].place}",
            "units are listed, and nothing says that risk is not guilt",
            fix="Render the page with the template of the reports, which says so.",
        )
    scored = [grid for grid in grids if _is_scored(grid)]
    if scored and not _BOX.search(html):
        yield Problem(
            f"{name}, {scored[0].place}",
            "flagged units are listed without the base-rate box",
            fix="Show report.components.base_rate_panel before the list.",
        )


def _lists_units(grid: Grid) -> bool:
    return any(_TAG.search(cell) for row in grid.rows for cell in row)


def _is_scored(grid: Grid) -> bool:
    words = " ".join([*grid.columns, grid.place]).replace("_", " ").casefold()
    return bool(_SCORED.search(words))
