"""Identifiers of firms and persons in running text, also when they are dressed up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module

from infiltrate.report.page_text import Passage, normalise

Finding = tuple[Passage, str]

# org-id.guide schemes whose numbers carry a check digit: a valid one is no accident
_SCHEMES = {
    "PE-RUC": (r"(?:10|15|16|17|20)\d{9}", "stdnum.pe.ruc"),
    "IT-CF (person)": (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", "stdnum.it.codicefiscale"),
    "IT-CF": (r"\d{11}", "stdnum.it.iva"),
    "MX-RFC": (r"[A-ZÑ&]{3,4}\d{6}[0-9A-Z]{3}", "stdnum.mx.rfc"),
    "MX-CURP": (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "stdnum.mx.curp"),
    "BR-CNPJ": (r"\d{14}", "stdnum.br.cnpj"),
    "BR-CPF": (r"\d{11}", "stdnum.br.cpf"),
    "AR-CUIT": (r"(?:20|2[3-7]|3[034])\d{9}", "stdnum.ar.cuit"),
    "XI-LEI": (r"[0-9A-Z]{18}\d{2}", "stdnum.lei"),
}
_WITH_SCHEME = re.compile(
    r"\b[A-Z]{2}-[A-Z][A-Z0-9]{1,11}:(?=[A-Z./_-]*\d)[A-Z0-9][A-Z0-9./_-]{3,}", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")
_DIGIT_RUN = re.compile(r"\d(?:[\s./\-_'’,·|]{0,3}\d)*")
# what stands behind 0.0 in a column of numbers is no number of a register
_SMALL_FRACTION = re.compile(r"(?<![\w.,])0\.0\d+(?:[eE][-+]?\d+)?(?!\w)")
# digits inside the SHA-256 of a file are nobody's number
_DIGEST = re.compile(r"(?<!\w)[0-9a-f]{64}(?!\w)")
_SHORTEST_DIGITS = 6
# shorter numbers, joined over separators, would be found in ordinary amounts
_SHORTEST_JOINED = 9


def find_identifiers(passages: Sequence[Passage], forbidden: Iterable[str]) -> Iterator[Finding]:
    """Yield every passage that holds a forbidden identifier or a valid one of a known scheme."""
    closed = _closed_forms(frozenset(forbidden))
    lengths = {len(form) for form in closed if form.isdigit()}
    for passage in passages:
        seen: set[str] = set()
        for kind, found in _candidates(passage.text, closed, lengths):
            if found not in seen:
                seen.add(found)
                yield passage, f"{kind} {_mask(found)}"


# the same units are looked for on every page of a release
@lru_cache(maxsize=4)
def _closed_forms(forbidden: frozenset[str]) -> frozenset[str]:
    forms: set[str] = set()
    for identifier in forbidden:
        local = identifier.rpartition(":")[2]
        form = "".join(_WORD.findall(normalise(local))).upper()
        if len(form) >= (_SHORTEST_DIGITS if form.isdigit() else 5):
            forms.add(form)
    return frozenset(forms)


def _candidates(text: str, closed: frozenset[str], lengths: set[int]) -> Iterator[tuple[str, str]]:
    text = _DIGEST.sub(" ", _SMALL_FRACTION.sub(" ", text))
    for match in _WITH_SCHEME.finditer(text):
        yield "identifier with its scheme", match.group()
    for run in _DIGIT_RUN.finditer(text):
        groups = re.findall(r"\d+", run.group())
        for number in _joined(groups, lengths):
            if number in closed:
                yield "identifier of the tables", number
    words = _WORD.findall(text.upper())
    for written in _joined_words(words):
        if written in closed:
            yield "identifier of the tables", written
    for word in words:
        scheme = _valid_scheme(word) if len(word) >= 11 else ""
        if scheme:
            yield f"valid number of {scheme}", word


def _joined(groups: Sequence[str], lengths: set[int]) -> Iterator[str]:
    longest = max(lengths, default=0)
    for start in range(len(groups)):
        number = ""
        for group in groups[start:]:
            number += group
            if len(number) in lengths and (number == group or len(number) >= _SHORTEST_JOINED):
                yield number
            if len(number) >= longest:
                break


def _joined_words(words: Sequence[str]) -> Iterator[str]:
    for position, word in enumerate(words):
        yield word
        if position + 1 < len(words) and any(sign.isdigit() for sign in word + words[position + 1]):
            yield word + words[position + 1]


def _valid_scheme(word: str) -> str:
    if not any(sign.isdigit() for sign in word):
        return ""
    for scheme, (pattern, module) in _SCHEMES.items():
        if re.fullmatch(pattern, word) and _validator(module)(word):
            return scheme
    return ""


@cache
def _validator(module: str) -> Callable[[str], bool]:
    validator: Callable[[str], bool] = import_module(module).is_valid
    return validator


def _mask(found: str) -> str:
    return f"'{found[:4]}…' ({len(found)} signs)"
