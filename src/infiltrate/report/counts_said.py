"""Small counts of listed firms in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from infiltrate.report.page_text import Passage

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER = rf"(?P<number>\d+|{'|'.join(_WORDS)})"
_FIRMS = r"(?:firms?|compan(?:y|ies)|suppliers?|contractors?)"
# limits that a sentence gives are no counts
_BOUND = re.compile(r"\b(?:than|least|most|under|over|below|above|of|to|=|first|next)\s*$", re.I)
_SAID = re.compile(
    rf"\b{_NUMBER} (?:listed|infiltrated) {_FIRMS}\b"
    rf"|\b(?P<after>\d+|{'|'.join(_WORDS)}) {_FIRMS} (?:\w+ ){{0,4}}"
    r"(?:is|are|was|were) (?:listed|on (?:a|the|this|one|any) list)\b",
    re.IGNORECASE,
)


def find_small_counts_said(
    passages: Sequence[Passage], minimum: int
) -> Iterator[tuple[Passage, str]]:
    """Yield every passage that counts fewer listed or infiltrated firms than may be shown.

    Counts that a sentence gives as a limit, such as *fewer than 5 listed firms*, may stand.

    Parameters
    ----------
    passages : sequence of Passage
        Texts.
    minimum : int
        Smallest count that may be shown.
    """
    for passage in passages:
        for match in _SAID.finditer(passage.text):
            said = (match["number"] or match["after"]).casefold()
            count = _WORDS.index(said) + 1 if said in _WORDS else int(said)
            if 0 < count < minimum and not _BOUND.search(passage.text[: match.start()]):
                yield passage, f"fewer listed firms than {minimum}, counted in a sentence"
