"""National words and identifiers to canonical ones: each distinct value is worked out once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import pyarrow as pa

from infiltrate.params.sources import Transform
from infiltrate.sources.ranges import read_range_end
from infiltrate.tables.identifiers import SCHEME_PATTERN, pseudonymise, validate_identifier

Resolved = tuple[str | None, str | None]  # canonical value, rule broken


def needs_lookup(transform: Transform) -> bool:
    """Whether a transformation is worked out value by value."""
    return bool(transform.map or transform.patterns or transform.scheme or transform.range_end)


def build_lookup(values: Iterable[str], transform: Transform, key: bytes) -> pa.Table:
    """Work out the canonical value of each distinct raw value.

    Parameters
    ----------
    values : iterable of str
        Distinct raw values.
    transform : Transform
        Its patterns, then its map, then its range or its scheme apply.
    key : bytes
        Key of the pseudonyms of natural persons.

    Returns
    -------
    pyarrow.Table
        One row per value: ``raw``, ``value`` (missing when a rule is broken), ``rule``
        (``map``, ``number`` or ``identifier``; missing when all is well).
    """
    resolve = _resolver(transform, key)
    raw = sorted(values)
    resolved = [resolve(value) for value in raw]
    return pa.table(
        {
            "raw": pa.array(raw, pa.string()),
            "value": pa.array([value for value, _ in resolved], pa.string()),
            "rule": pa.array([rule for _, rule in resolved], pa.string()),
        }
    )


def plain_text(text: str) -> str:
    """Return a text without case, accents or extra spaces, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def _resolver(transform: Transform, key: bytes) -> Callable[[str], Resolved]:
    named = {plain_text(national): canonical for national, canonical in transform.map.items()}
    patterns = [(re.compile(p, re.DOTALL), value) for p, value in transform.patterns.items()]

    def resolve(raw: str) -> Resolved:
        value: str | None = raw
        if named or patterns:
            value = _by_pattern(raw, patterns) or named.get(plain_text(raw)) or transform.otherwise
        if value is None:
            return None, "map"
        if transform.range_end:
            end = read_range_end(value, transform.range_end, transform.decimal or ".")
            return (end, None) if end is not None else (None, "number")
        return _identify(value, transform, key) if transform.scheme else (value, None)

    return resolve


def _by_pattern(raw: str, patterns: list[tuple[re.Pattern[str], str]]) -> str | None:
    for pattern, canonical in patterns:
        match = pattern.fullmatch(raw)
        if match:
            return match.expand(canonical)
    return None


def _identify(raw: str, transform: Transform, key: bytes) -> Resolved:
    assert transform.scheme is not None
    scheme = transform.scheme
    if transform.scheme_first:
        written, colon, local = raw.partition(":")
        written, raw = (written.strip(), local) if colon else ("", raw)
        scheme = transform.schemes.get(written, written) or transform.scheme
        if not SCHEME_PATTERN.fullmatch(scheme):
            scheme, raw = transform.scheme, f"{written}-{raw}"
        if written in transform.person_schemes:
            return pseudonymise(scheme, raw, key), None
    identifier = validate_identifier(scheme, raw)
    local = identifier.id.partition(":")[2]
    # Before the check digits: publishers mask persons' numbers, and then these no longer agree.
    if transform.persons and re.fullmatch(transform.persons.pattern, local):
        return pseudonymise(scheme, raw, key), None
    if identifier.valid:
        return identifier.id, None
    # A mistyped number of the main scheme must not pass as one of the other.
    if transform.else_scheme and identifier.reason == "form":
        other = validate_identifier(transform.else_scheme, raw)
        if other.valid:
            return other.id, None
    return None, "identifier"
