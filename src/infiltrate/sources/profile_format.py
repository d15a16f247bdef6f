"""Whether an unknown file has a format that a reader knows."""

from __future__ import annotations

import json
from collections.abc import Sequence

# What tells the formats that a reader knows: columns of a table, keys of a JSON object.
_COLUMNS_OF = {
    "ted": {"ID_NOTICE_CAN", "ID_NOTICE_CN"},
    "companies_house": {"CompanyNumber", "RegAddress.PostCode", "SICCode.SicText_1"},
    "gleif": {"LEI", "Entity.LegalName"},
    "gleif_2": {"Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID"},
}
_ANY_OF = {"ted"}
_KEYS_OF = {
    "ocds": ({"ocid"}, {"releases"}, {"records"}, {"compiledRelease"}),
    "psc": ({"company_number", "data"},),
    "bods": ({"statementId"}, {"statementID"}, {"recordType", "recordDetails"}),
    "ftm": ({"schema", "properties"},),
}


def json_reader(sample: bytes) -> str | None:
    """Return the reader of a file by the keys of its first object; None when it is no JSON.

    Parameters
    ----------
    sample : bytes
        The head of the file, cut anywhere.
    """
    text = sample.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"{", b"["):
        return None
    keys = _first_keys(text.decode("utf-8", errors="replace").lstrip("[ \r\n\t"))
    for reader, shapes in _KEYS_OF.items():
        if any(shape <= keys for shape in shapes):
            return reader
    return None


def table_reader(names: Sequence[str]) -> str:
    """Return the reader of a table by its columns; ``delimited`` when none knows them."""
    for reader, columns in _COLUMNS_OF.items():
        known = columns & set(names)
        if known and (reader in _ANY_OF or known == columns):
            return reader.removesuffix("_2")
    return "delimited"


def _first_keys(text: str) -> set[str]:
    """Return the keys of the first object, also where it is cut off by the end of the sample."""
    decoder, keys, at = json.JSONDecoder(), set(), 1
    try:
        first, _ = decoder.raw_decode(text)
        return set(first) if isinstance(first, dict) else set()
    except ValueError:
        pass
    while (start := text.find('"', at)) >= 0:
        try:
            key, at = decoder.raw_decode(text, start)
            keys.add(key)
            at = text.index(":", at) + 1
            while text[at] in " \r\n\t":
                at += 1
            _, at = decoder.raw_decode(text, at)
        except (ValueError, IndexError):
            break
    return keys
