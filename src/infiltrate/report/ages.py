"""Exact ages and dates of birth of persons, by which they could be found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from infiltrate.report.grids import Grid
from infiltrate.report.page_text import Passage

_COLUMN = re.compile(
    r"(?:^|_)(?:birth|born|dob|birthday|birthdate)(?:_|$)|^age$|^ages$"
    r"|(?:person|officer|owner|director|representative|manager)s?_age|age_of_\w+"
)
_EXACT = re.compile(r"\d{1,3}|(?:18|19|20)\d\d|\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{4}")
_SAID = re.compile(
    r"\b(?:aged|age:?) \d{1,3}\b|\bborn (?:on|in) [\w ,./-]{0,20}\d{4}\b"
    r"|\b(?:date|year) of birth\W{1,3}\d",
    re.IGNORECASE,
)


def find_ages_said(passages: Sequence[Passage]) -> Iterator[tuple[Passage, str]]:
    """Yield every passage that says how old somebody is, or when somebody was born."""
    for passage in passages:
        if _SAID.search(passage.text):
            yield passage, "an exact age or date of birth"


def find_ages(grids: Sequence[Grid]) -> Iterator[str]:
    """Yield the place of every column of exact ages, years or days of birth."""
    for grid in grids:
        for name, cells in zip(grid.columns, grid.by_column(), strict=True):
            if _COLUMN.search(name) and any(_EXACT.fullmatch(cell.strip()) for cell in cells):
                yield f"{grid.place}, column {name}".removeprefix(", ")
