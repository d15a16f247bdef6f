"""Under which names units leave a study: their own, or tags that mean nothing outside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from infiltrate.tables.identifiers import is_pseudonym
from infiltrate.tracing.stakes import NOBODY_KNOWN
from infiltrate.tracing.trace import Trace

_KIND_OF_COLUMN = {
    "company_id": "firm",
    "supplier_id": "firm",
    "consortium_id": "firm",
    "owner_id": "firm",
    "from_id": "firm",
    "to_id": "firm",
    "buyer_id": "buyer",
    "contract_id": "contract",
    "entry_id": "entry",
}
_CLOSED = ("name", "reason", "area_id")


@dataclass(frozen=True)
class Naming:
    """How units are called.

    Attributes
    ----------
    tag : callable or None
        From kind and identifier to a tag; None when the analyst opened names with the key.
    """

    tag: Callable[[str, str], str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether companies are shown under their own ids and names."""
        return self.tag is None

    def name(self, kind: str, identifier: str) -> str:
        """Return the identifier, or its tag; a person's is a pseudonym to begin with."""
        if self.tag is None or identifier == NOBODY_KNOWN:
            return identifier
        if is_pseudonym(identifier):
            kind = "person"
        elif identifier.startswith("address:"):
            kind = "address"
        return self.tag(kind, identifier)

    def record(self, record_id: str, names: Mapping[str, str]) -> str:
        """Return the id of a record with the identifiers in it replaced, longest first."""
        for identifier in sorted(names, key=lambda one: (-len(one), one)):
            record_id = record_id.replace(identifier, names[identifier])
        return record_id


def name_trace(trace: Trace, naming: Naming) -> Trace:
    """Return a trace under the names that may be shown; an open one is the trace itself.

    Ids become tags, in record ids too; names, reasons of entries and areas go.
    """
    if naming.is_open:
        return trace
    frames = {
        name: _rename(value, naming)
        for name, value in vars(trace).items()
        if isinstance(value, pd.DataFrame)
    }
    return replace(trace, company_id=naming.name("firm", trace.company_id), **frames)


def _rename(frame: pd.DataFrame, naming: Naming) -> pd.DataFrame:
    columns = [name for name in frame if name in _KIND_OF_COLUMN]
    names: dict[str, list[Any]] = {
        column: [_name(naming, column, value) for value in frame[column]] for column in columns
    }
    if "record_id" in frame:
        names["record_id"] = [
            naming.record(
                str(record),
                {
                    str(frame[column].iloc[row]): names[column][row]
                    for column in columns
                    if isinstance(frame[column].iloc[row], str)
                },
            )
            for row, record in enumerate(frame["record_id"])
        ]
    closed = {name: None for name in _CLOSED if name in frame}
    return frame.assign(**names, **closed)


def _name(naming: Naming, column: str, value: Hashable) -> Any:
    return naming.name(_KIND_OF_COLUMN[column], value) if isinstance(value, str) else value
