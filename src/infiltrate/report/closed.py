"""What a study keeps closed: identifiers, names, and the rules for small numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from infiltrate.keys import find_key
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.tables.store import TableStore

_UNITS = (
    ("companies", "company_id"),
    ("companies", "name"),
    ("buyers", "buyer_id"),
    ("buyers", "name"),
    ("company_identifiers", "other_id"),
    ("officers", "officer_id"),
    ("ownership", "owner_id"),
    ("persons", "person_id"),
    ("consortia", "consortium_id"),
    ("list_mentions", "name"),
)
# shorter ones, or of fewer words, are words and numbers of the language
_LONG_UNITS = (
    ("tenders", "tender_id"),
    ("contracts", "contract_id"),
    ("companies", "address"),
    ("list_mentions", "address"),
    ("company_events", "before"),
)
_LONG_ID = 8
_LONG_NAME = 3
_PLACES = (("areas", "name"), ("areas", "area_id"), ("sectors", "name"))


@dataclass(frozen=True)
class Closed:
    """What nothing that leaves may hold.

    Attributes
    ----------
    ids : frozenset of str
        Identifiers of firms, buyers, owners and officers, those of persons as pseudonyms, and
        those of tenders and contracts, by which anybody finds the firm.
    names : frozenset of str
        Names of firms and buyers, those they had before, and addresses.
    allowed_texts : frozenset of str
        What the analyst wrote in the parameters, and names of places and sectors: a name that
        stands there may be shown.
    secrets : frozenset of str
        The user's pseudonym key, with which anybody could undo the pseudonyms.
    rules : DisclosureChoices
        Smallest numbers and rounding; the strictest when there are several studies.
    """

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    allowed_texts: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    rules: DisclosureChoices = field(default_factory=DisclosureChoices)


def read_closed(studies: Sequence[Path]) -> Closed:
    """Collect what the results of studies keep closed.

    Parameters
    ----------
    studies : sequence of Path
        Folders of results, each with ``params.json`` and ``tables``.

    Raises
    ------
    ParamsError
        When a folder has no parameters that can be read.
    """
    ids, names, allowed = set[str](), set[str](), set[str]()
    rules = []
    for folder in studies:
        params = load_params(folder / "params.json")
        store = TableStore(folder / "tables")
        for table, column in _UNITS:
            (names if column == "name" else ids).update(_texts(store, table, column))
        for table, column in _LONG_UNITS:
            found = _texts(store, table, column)
            if column.endswith("_id"):
                ids.update(text for text in found if len(text) >= _LONG_ID)
            else:
                names.update(text for text in found if len(text.split()) >= _LONG_NAME)
        allowed |= find_open_texts(params, partial(_texts, store))
        rules.append(params.choices.disclosure)
    key = find_key()
    return Closed(
        ids=frozenset(ids),
        names=frozenset(names),
        allowed_texts=frozenset(allowed),
        secrets=frozenset([key.decode()] if key else []),
        rules=_strictest(rules),
    )


def find_open_texts(
    params: StudyParams, read_texts: Callable[[str, str], Iterable[str]]
) -> set[str]:
    """Return what may be shown though a firm or buyer may happen to bear it.

    Parameters
    ----------
    params : StudyParams
        What the analyst wrote: titles, the question, publishers, authorities.
    read_texts : callable
        Gives the values of a table's column: names of places and sectors are taken.
    """
    texts = {params.title, params.question, params.universe}
    texts.update(text for source in params.sources for text in (source.title, source.publisher))
    texts.update(text for item in params.lists for text in (item.title, item.authority))
    for table, column in _PLACES:
        texts.update(read_texts(table, column))
    return texts


def _texts(store: TableStore, table: str, column: str) -> Iterable[str]:
    if not store.exists(table):
        return ()
    rows = store.read(table)
    values = rows[column].to_pylist() if column in rows.column_names else []
    return {value for value in values if isinstance(value, str) and value}


def _strictest(rules: Sequence[DisclosureChoices]) -> DisclosureChoices:
    if not rules:
        return DisclosureChoices()
    return DisclosureChoices(
        minimum_firms=max(rule.minimum_firms for rule in rules),
        minimum_listed=max(rule.minimum_listed for rule in rules),
        round_to=min(rule.round_to for rule in rules),
        open_tables=sorted({name for rule in rules for name in rule.open_tables}),
    )
