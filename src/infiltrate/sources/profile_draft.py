"""The draft of a source that may read an unknown file, as YAML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from infiltrate.params.codes import CURRENCIES, CURRENCY_OF
from infiltrate.params.document import read_document
from infiltrate.sources.known_countries import known_countries, quoted, single_quoted
from infiltrate.sources.lookups import plain_text
from infiltrate.sources.profile import FileProfile
from infiltrate.sources.profile_columns import Column
from infiltrate.sources.profile_mapping import Proposal
from infiltrate.tables.catalogue import TABLES

_LEAST_FIT = 0.5
_DUPLICATES = {"companies": "merge", "buyers": "first", "list_entries": "first"}


def draft_source(profile: FileProfile, path: str, country: str = "") -> str:
    """Write the block of a source that may read the file, to be looked at line by line.

    Tables that fit are written out, others stand as comments, and so do those of which a column is
    missing that no row can be without. Values that have to be placed by a person are listed.

    Parameters
    ----------
    profile : FileProfile
        What was found.
    path : str
        The file below the data folder.
    country : str
        ISO 3166-1 code; its names of procedures and its currency are used.
    """
    name = re.sub(r"[^a-z0-9]+", "_", profile.file.lower().split(".")[0]).strip("_")
    lines = [
        f"  # Drafted from {profile.rows:,} rows; every line is a proposal.",
        f"  - id: {name if name[:1].isalpha() else f'file_{name}'}",
        "    title: to be filled in",
        "    publisher: to be filled in",
        "    licence: to be filled in",
        f"    path: {quoted(path)}",
        *_reader_lines(profile, country),
        *_layout_lines(profile),
    ]
    if profile.layout.reader == "delimited":
        lines += _tables(profile, country)
    return "\n".join(lines) + "\n"


def _reader_lines(profile: FileProfile, country: str) -> Iterator[str]:
    reader = profile.layout.reader
    if reader == "delimited":
        return
    yield f"    reader: {reader}"
    if reader == "ted":
        yield f"    ted: {{country: {country or 'XX'}}}"
    scheme = known_countries().get(country, {}).get("scheme")
    if reader == "ocds" and scheme:
        yield f"    ocds: {{scheme: {scheme}}}"


def _layout_lines(profile: FileProfile) -> Iterator[str]:
    layout = profile.layout
    if layout.reader not in ("delimited", "ted"):
        return
    if layout.encoding != "utf-8":
        yield f"    encoding: {layout.encoding}"
    if layout.delimiter != ",":
        yield f"    delimiter: {quoted(layout.delimiter)}"
    if layout.title_lines:
        yield f"    title_lines: {layout.title_lines}"
    if not layout.has_header:
        yield f"    header: [{', '.join(layout.header)}]"
    decimal, thousands = profile.marks
    if decimal != ".":
        yield f"    decimal: {quoted(decimal)}"
    if thousands:
        yield f"    thousands: {quoted(thousands)}"
    if formats := _formats(profile.columns):
        yield f"    formats: [{', '.join(quoted(form) for form in formats)}]"
    missing = sorted({mark for column in profile.columns for mark in column.missing})
    if missing:
        yield f"    missing: ['', {', '.join(quoted(mark) for mark in missing)}]"


def _formats(columns: Sequence[Column]) -> list[str]:
    """Return the formats of days, most used first; those that contradict it stand by column."""
    used = Counter(column.format for column in columns if column.format)
    kept: list[str] = []
    for form, _ in sorted(used.items(), key=lambda item: (-item[1], item[0])):
        reversed_order = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y"}.get(form)
        if reversed_order not in kept:
            kept.append(form)
    return kept


def _tables(profile: FileProfile, country: str) -> list[str]:
    written = {
        proposal.table: (_table(proposal, profile, country), _gaps(proposal, profile, country))
        for proposal in profile.proposals
    }
    fits = {proposal.table: proposal.fit for proposal in profile.proposals}
    ready = [t for t, (_, gaps) in written.items() if not gaps and fits[t] >= _LEAST_FIT]
    lines = (
        ["    tables:"] if ready else ["    # No table can be filled as it is:", "    tables: {}"]
    )
    for table in ready:
        lines += written[table][0]
    for table, (block, gaps) in written.items():
        if table not in ready:
            why = f"nothing was found for {', '.join(gaps)}" if gaps else "little of it was found"
            lines.append(f"      # {table}: {why}.")
            lines += [f"      #{line[5:]}" for line in block]
    return lines


def _table(proposal: Proposal, profile: FileProfile, country: str) -> list[str]:
    lines = [f"      {proposal.table}:"]
    if proposal.table in _DUPLICATES:
        lines.append(f"        duplicates: {_DUPLICATES[proposal.table]}")
    lines.append("        columns:")
    for name in TABLES[proposal.table].column_names:
        if name in proposal.columns:
            lines += _filled(proposal.table, name, proposal.columns[name], profile, country)
        elif name in proposal.missing and (default := _default(name, proposal, profile, country)):
            check = "define it under lists" if name == "list_id" else "to be checked"
            lines.append(f"          {name}: {default}  # {check}")
        elif name == "procedure" and "procedure_national" in proposal.columns:
            lines += _procedure(proposal.columns["procedure_national"], country)
    return lines


def _gaps(proposal: Proposal, profile: FileProfile, country: str) -> list[str]:
    return [name for name in proposal.missing if not _default(name, proposal, profile, country)]


def _filled(table: str, name: str, column: Column, profile: FileProfile, country: str) -> list[str]:
    definition, raw = TABLES[table].column(name), quoted(column.name)
    place = f"          {name}:"
    if name == "currency" or definition.values:
        return _mapped(place, name, column, country)
    extra = []
    if column.kind == "identifier" and name.endswith("_id"):
        extra.append(f"scheme: {column.scheme}")
        own = known_countries().get(country, {}).get("scheme")
        if profile.persons and column.scheme == own:
            extra.append(f"persons: {{pattern: {single_quoted(profile.persons)}}}")
    if definition.type == "date" and column.format not in _formats(profile.columns):
        extra.append(f"formats: [{quoted(column.format)}]")
    if definition.type in ("money", "number", "share") and profile.marks not in column.marks:
        decimal, thousands = sorted(column.marks)[0]
        extra.append(f"decimal: {quoted(decimal)}, thousands: {quoted(thousands)}")
    if definition.type != "string":
        extra.append("invalid: missing")
    return [f"{place} {{column: {raw}, {', '.join(extra)}}}" if extra else f"{place} {raw}"]


def _mapped(place: str, name: str, column: Column, country: str) -> list[str]:
    """Write a map of the values that are known, and list the others for a person to place."""
    if name == "currency" and column.kinds and set(column.kinds) <= CURRENCIES:
        return [f"{place} {quoted(column.name)}"]
    placed = {value: code for value in column.kinds if (code := _meaning(name, value, country))}
    rest = [value for value in column.kinds if value not in placed]
    if not placed:
        return [f"{place[:10]}# {name} <- {column.name}: its values have to be placed by hand."]
    lines = [place, f"            column: {quoted(column.name)}", "            map:"]
    lines += [f"              {quoted(value)}: {code}" for value, code in placed.items()]
    lines.append("            invalid: missing")
    return [*lines, *_left_over(rest)]


def _procedure(column: Column, country: str) -> list[str]:
    names = known_countries().get(country, {}).get("procedure_names", {})
    known = {plain_text(name): code for name, code in names.items()}
    placed = {v: known[plain_text(v)] for v in column.kinds if plain_text(v) in known}
    rest = [value for value in column.kinds if value not in placed]
    if not placed:
        return ["          # procedure: place these by hand.", *_left_over(rest)]
    lines = ["          procedure:", f"            column: {quoted(column.name)}"]
    lines.append("            map:")
    lines += [f"              {quoted(value)}: {code}" for value, code in placed.items()]
    lines.append("            invalid: missing")
    return [*lines, *_left_over(rest)]


def _left_over(values: Sequence[str]) -> Iterator[str]:
    for value in values[:12]:
        yield f"            # not placed: {' '.join(value.split())[:70]}"
    if len(values) > 12:
        yield f"            # and {len(values) - 12} more"


def _meaning(name: str, value: str, country: str) -> str:
    """Return what a national word means; pesos are those of the country."""
    plain = plain_text(value)
    if name == "currency" and (value in CURRENCIES or plain.startswith("peso")):
        return value if value in CURRENCIES else CURRENCY_OF.get(country, "")
    for code, words in _value_words().get(name, {}).items():
        if any(plain == word or plain.startswith(f"{word} ") for word in words):
            return code
    return ""


def _default(name: str, proposal: Proposal, profile: FileProfile, country: str) -> str:
    """Return what may stand for a required column that the file does not have; empty if nothing."""
    firm = proposal.columns.get("company_id")
    constants = {
        "lot_id": "{constant: '1'}",
        "list_id": "{constant: name_of_the_list}",
        "measure": "{constant: name_of_the_measure}",
        "interest": "{constant: shares}",
    }
    if name in constants:
        return constants[name]
    if name == "currency" and country in CURRENCY_OF:
        return f"{{constant: {CURRENCY_OF[country]}}}"
    if name == "entry_id":
        return _entry(firm, proposal, profile)
    if name == "kind" and firm is not None:
        if profile.persons:
            column = f"column: {quoted(firm.name)}"
            persons = f"{{{single_quoted(profile.persons)}: natural_person}}"
            return f"{{{column}, patterns: {persons}, otherwise: company}}"
        return "{constant: unknown}"
    return ""


def _entry(firm: Column | None, proposal: Proposal, profile: FileProfile) -> str:
    """Return what tells entries apart: a column of its own, or firm and day.

    An identifier of natural persons must not be part of it: it would be stored as it is.
    """
    identifiers = {column.name for column in profile.columns if column.kind == "identifier"}
    taken = identifiers | {column.name for column in proposal.columns.values()}
    own = [key[0] for key in profile.keys if len(key) == 1 and key[0] not in taken]
    if own:
        return quoted(own[0])
    day = proposal.columns.get("listed_on")
    if firm is None or day is None or firm.name not in identifiers:
        return ""
    if firm.persons_share or not profile.persons:
        return ""
    template = f"{{{firm.name}}}-{{{day.name}}}"
    return f"{{combine: {single_quoted(template)}}}"


@cache
def _value_words() -> Mapping[str, Mapping[str, list[str]]]:
    folder = resources.files("infiltrate.sources") / "knowledge"
    found: Any = read_document((folder / "value_words.yaml").read_text("utf-8")).data
    return found
