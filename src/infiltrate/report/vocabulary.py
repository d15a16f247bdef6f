"""Words that turn a score into a verdict, and are therefore refused on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from infiltrate.report.page_text import Passage

_FIRMS = r"(?:firms?|compan(?:y|ies)|business(?:es)?|enterprises?|suppliers?|contractors?|bidders?)"
_UNITS = (
    r"(?:firms?|compan(?:y|ies)|business(?:es)?|enterprises?|suppliers?|contractors?|bidders?|"
    r"winners?|contracts?|buyers?|units?)"
)
_GUILT = (
    r"(?:mafia|mafioso|mafiosi|mob|gangster|criminal|crooked|guilty|corrupt|dirty|"
    r"cartel-(?:owned|run)|mafia-(?:owned|run|linked|controlled|infiltrated))"
)
_SCORED = (
    r"(?:flagged|scored|ranked|top-ranked|high[- ]risk|highest[- ]risk|red[- ]flag(?:ged)?|"
    r"Firm [A-Z][0-9A-Z]{4}-[A-Z][0-9A-Z]{4})"
)
_HEDGE = re.compile(
    r"\b(?:not|no|never|may|might|could|expected|whether|if|nobody|neither|nor|estimated|"
    r"how many|share of)\b",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    # an anti-mafia register of firms is the name of a law, not an accusation
    rf"(?<!anti)(?<!anti-)(?<!anti )(?<!non-)(?<!non )\b{_GUILT}[\s-]+{_FIRMS}\b"
    r"|\bempresas? (?:mafiosas?|criminal(?:es)?|corruptas?)\b"
    r"|\b(?:impres[ae]|aziend[ae]|ditt[ae]|societ[àa]) (?:mafios[ae]|criminal[ei]|corrott[ae])\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    rf"\b{_SCORED}\b[^.!?]*?\b(?:is|are|was|were)\s+(?:an?\s+|all\s+|indeed\s+|clearly\s+)*"
    rf"(?:infiltrated|{_GUILT})\b",
    re.IGNORECASE,
)
_INFILTRATED_UNIT = re.compile(rf"\binfiltrated[\s-]+{_UNITS}\b", re.IGNORECASE)
_SCORED_WORD = re.compile(rf"\b{_SCORED}\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?](?=\S)[^.!?]+)*")


def find_accusations(passages: Sequence[Passage]) -> Iterator[tuple[Passage, str]]:
    """Yield every passage that calls a scored unit guilty.

    Refused always: *mafia firm*, *criminal company* and their kin. Refused of scored units:
    that they *are* infiltrated, or *infiltrated firms* in one sentence with words of scoring,
    unless the sentence says *expected*, *may*, *not* or the like.
    """
    for passage in passages:
        for sentence in _SENTENCE.findall(passage.text):
            words = _accusation(sentence)
            if words:
                yield passage, f"the words '{words}'"


def _accusation(sentence: str) -> str:
    always = _ALWAYS.search(sentence)
    if always:
        return " ".join(always.group().split())
    if _HEDGE.search(sentence):
        return ""
    verdict = _VERDICT.search(sentence)
    if verdict:
        return " ".join(verdict.group().split())[:80]
    unit = _INFILTRATED_UNIT.search(sentence)
    if unit and _SCORED_WORD.search(sentence):
        return f"{' '.join(unit.group().split())} of scored units"
    return ""
