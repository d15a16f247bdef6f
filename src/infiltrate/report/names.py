"""Names of firms and persons in running text, whatever their accents, case and signs."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from infiltrate.report.page_text import Passage, normalise

_WORD = re.compile(r"[^\W_]+")
_SHORTEST_SINGLE = 5
_SHORTEST_NAME = 6


def find_names(
    passages: Sequence[Passage], forbidden: Iterable[str], allowed_texts: Iterable[str] = ()
) -> Iterator[tuple[Passage, str]]:
    """Yield every passage that holds a forbidden name.

    Names of several words are compared without accents, case and signs between the words. A
    name of one word, which may be a word of the language, counts only in the very writing
    given. A name that stands in one of the allowed texts is not looked for.
    """
    longer, single = _index(frozenset(forbidden), frozenset(allowed_texts))
    for passage in passages:
        for name in sorted(_find_in(_WORD.findall(passage.text), longer, single)):
            written = " ".join(name)
            yield passage, f"name '{written[:3]}…' ({len(written)} signs)"


def _find_in(
    words: Sequence[str], longer: Mapping[str, list[tuple[str, ...]]], single: set[str]
) -> set[tuple[str, ...]]:
    plain = [_plain(word) for word in words]
    found: set[tuple[str, ...]] = {(word,) for word in words if word in single}
    for position, word in enumerate(plain):
        for name in longer.get(word, ()):
            if tuple(plain[position : position + len(name)]) == name:
                found.add(name)
    return found


# the same names are looked for on every page of a release
@lru_cache(maxsize=4)
def _index(
    forbidden: frozenset[str], allowed_texts: frozenset[str]
) -> tuple[dict[str, list[tuple[str, ...]]], set[str]]:
    longer: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    single: set[str] = set()
    for name in sorted(forbidden):
        written = _WORD.findall(normalise(name))
        if len(written) == 1 and len(written[0]) >= _SHORTEST_SINGLE:
            single.add(written[0])
        elif len(written) > 1 and sum(map(len, written)) >= _SHORTEST_NAME:
            words = tuple(_plain(word) for word in written)
            longer[words[0]].append(words)
    for text in sorted(allowed_texts):
        for found in _find_in(_WORD.findall(normalise(text)), longer, single):
            single.discard(found[0])
            longer[_plain(found[0])] = [name for name in longer[_plain(found[0])] if name != found]
    return longer, single


def _plain(word: str) -> str:
    if word.isascii():
        return word.casefold()
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
