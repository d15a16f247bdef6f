"""A draft of a mapping: which columns of an unknown table may fill which canonical ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from infiltrate.params.document import read_document
from infiltrate.sources.profile_columns import Column
from infiltrate.tables.catalogue import TABLES

_LIKELY = 0.62
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LITTLE = "de del di la el the of in a al della degli lui"
_LITTLE_WORDS = frozenset(_LITTLE.split(" "))
# What a column of identifiers or days is called besides its subject.
_WEAK = "id no nr num number numero code codigo codice cod ref reference on date day fecha data"
_WEAK_WORDS = frozenset(_WEAK.split(" "))
_NAMES_OF_PERSONS = (
    "nombre nombres apellido apellidos cognome nome prenume surname forename firstname lastname "
    "representante legal director administrator amministratore ordenador titular rup "
    "responsabile birth nacimiento nascita"
)
_PERSONS_WORDS = frozenset(_NAMES_OF_PERSONS.split(" "))


@dataclass(frozen=True)
class Proposal:
    """One canonical table that a file may feed.

    Attributes
    ----------
    table : str
        The table.
    columns : mapping of str to Column
        Canonical column to the raw one proposed.
    missing : tuple of str
        Columns a row cannot be without, for which nothing was found.
    fit : float
        Share of what the table needs and is helped by that was found.
    """

    table: str
    columns: Mapping[str, Column]
    missing: tuple[str, ...]
    fit: float


def propose_tables(columns: Sequence[Column]) -> list[Proposal]:
    """Propose what a table of these columns may feed, the best fit first.

    A raw column is proposed by its name and by what it holds: a day for a day, a number for an
    amount. It fills one column of a table, and may fill others in other tables.
    """
    found = []
    for table, words in column_words().items():
        chosen = _choose(table, words["columns"], columns)
        needs, helps = words["needs"], words["helps"]
        if any(name not in chosen for name in needs):
            continue
        wanted = [*needs, *helps]
        fit = sum(name in chosen for name in wanted) / len(wanted)
        if sum(name in chosen for name in helps) == 0:
            continue
        missing = tuple(
            name
            for name in TABLES[table].column_names
            if TABLES[table].is_required(name) and name not in chosen and name != "source_id"
        )
        found.append(Proposal(table, chosen, missing, fit))
    return sorted(found, key=lambda item: (-item.fit, -len(item.columns), item.table))


def may_name_persons(column: Column) -> bool:
    """Whether a column may hold names of natural persons, by its own name."""
    return column.kind in ("text", "kind") and bool(set(_words(column.name)) & _PERSONS_WORDS)


@cache
def column_words() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the words for each canonical column, with what each table needs."""
    folder = resources.files("infiltrate.sources") / "knowledge"
    return read_document((folder / "column_words.yaml").read_text("utf-8")).data


def _choose(
    table: str, words: Mapping[str, Sequence[str]], columns: Sequence[Column]
) -> dict[str, Column]:
    scored = [
        (_likeness(column, names) * _suits(table, canonical, column), at, canonical, column)
        for canonical, names in words.items()
        for at, column in enumerate(columns)
    ]
    chosen: dict[str, Column] = {}
    taken: set[str] = set()
    for score, _, canonical, column in sorted(scored, key=lambda item: (-item[0], item[1])):
        if score >= _LIKELY and canonical not in chosen and column.name not in taken:
            chosen[canonical] = column
            taken.add(column.name)
    order = {name: at for at, name in enumerate(words)}
    return dict(sorted(chosen.items(), key=lambda item: order[item[0]]))


def _likeness(column: Column, names: Sequence[str]) -> float:
    own = _words(column.name)
    return max((_alike(own, _words(name)) for name in names), default=0.0)


def _alike(own: tuple[str, ...], known: tuple[str, ...]) -> float:
    """Return 1 for the same words, less where one has words that the other has not."""
    if "".join(own) == "".join(known) or sorted(own) == sorted(known):
        return 1.0
    strong, known_strong = set(own) - _WEAK_WORDS, set(known) - _WEAK_WORDS
    if strong and strong == known_strong:
        return 0.95
    shared = set(own) & set(known)
    if not shared - _WEAK_WORDS:
        return 0.0
    return 0.9 * 2 * len(shared) / (len(set(own)) + len(set(known)))


def _suits(table: str, canonical: str, column: Column) -> float:
    """Return how well what a raw column holds suits a canonical one, from 0 to 1."""
    kind = TABLES[table].column(canonical).type
    if column.kind == "empty":
        return 0.0
    if kind == "date":
        return 1.0 if column.kind == "day" else 0.0
    if kind in ("money", "number", "integer", "share"):
        return 1.0 if column.kind == "number" else 0.5 if kind == "share" else 0.0
    if canonical.endswith("_id") and canonical not in ("lot_id", "area_id", "sector_id"):
        return _suits_identifier(canonical, column)
    if column.kind == "day":
        return 0.0
    if canonical in ("title", "name", "address", "reason"):
        return 1.0 if column.kind in ("text", "kind") else 0.2
    return 1.0


def _suits_identifier(canonical: str, column: Column) -> float:
    of_firm = canonical in ("company_id", "supplier_id", "buyer_id", "owner_id")
    if column.kind == "day" or (column.kind == "number" and not column.is_whole):
        return 0.0
    if of_firm:
        return 1.0 if column.kind == "identifier" else 0.8
    return 0.5 if column.kind == "identifier" else 1.0


@cache
def _words(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    found = [word for word in _WORD.findall(letters.lower()) if word not in _LITTLE_WORDS]
    return tuple(found) or (letters.lower(),)
