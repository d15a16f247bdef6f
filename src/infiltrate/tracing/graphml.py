"""GraphML of a study: companies, persons and buyers, and the ties between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from infiltrate.tracing.naming import Naming
from infiltrate.tracing.records import Records, Row

_NODE_KEYS = {"kind": "string", "name": "string", "lists": "string"}
_EDGE_KEYS = {
    "relation": "string",
    "role": "string",
    "low": "double",
    "high": "double",
    "value": "double",
    "currency": "string",
    "valid_from": "string",
    "valid_to": "string",
    "record": "string",
    "source": "string",
}


def graphml_lines(records: Records, naming: Naming) -> Iterator[str]:
    """Yield the lines of a GraphML file.

    Nodes are companies, persons and buyers; edges run from owner and officer to company and from
    company to buyer. Lists on which a company stands are an attribute of its node, annulled
    entries left out.

    Parameters
    ----------
    records : Records
        What is written out, as of a day.
    naming : Naming
        Whether companies and buyers appear under their own ids and names.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for scope, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for name, kind in keys.items():
            yield f'<key id="{scope}_{name}" for="{scope}" attr.name="{name}" attr.type="{kind}"/>'
    yield '<graph edgedefault="directed">'
    yield from _nodes(records, naming)
    for row in records.interests():
        about = {"relation": row["interest"], "low": row["share_low"], "high": row["share_high"]}
        yield _edge(row, ("owner_id", "firm"), ("company_id", "firm"), about, naming)
    for row in records.roles():
        about = {"relation": "officer", "role": row["role"]}
        yield _edge(row, ("officer_id", "firm"), ("company_id", "firm"), about, naming)
    for row in records.awards():
        if row["buyer_id"]:
            about = {"relation": "contract", "value": row["value"], "currency": row["currency"]}
            dated = row | {"valid_from": row["signed_on"], "valid_to": None}
            yield _edge(dated, ("supplier_id", "firm"), ("buyer_id", "buyer"), about, naming)
    yield "</graph>"
    yield "</graphml>"


def _nodes(records: Records, naming: Naming) -> Iterator[str]:
    lists: dict[str, set[str]] = {}
    for row in records.entries():
        if row["outcome"] != "annulled":
            lists.setdefault(row["company_id"], set()).add(row["list_id"])
    for row in records.units():
        identifier = naming.name("firm", row["unit_id"])
        is_shown = naming.is_open and row["kind"] != "natural_person"
        about = {
            "kind": row["kind"],
            "name": row["name"] if is_shown else None,
            "lists": ",".join(sorted(lists.get(row["unit_id"], ()))) or None,
        }
        yield _element("node", f"id={quoteattr(identifier)}", about)
    buyers: set[str] = set()
    for row in records.awards():
        if row["buyer_id"] and row["buyer_id"] not in buyers:
            buyers.add(row["buyer_id"])
            identifier = naming.name("buyer", row["buyer_id"])
            name = row["buyer_name"] if naming.is_open else None
            yield _element("node", f"id={quoteattr(identifier)}", {"kind": "buyer", "name": name})


def _edge(
    row: Row,
    start: tuple[str, str],
    end: tuple[str, str],
    about: Mapping[str, Any],
    naming: Naming,
) -> str:
    ends = {row[column]: naming.name(kind, row[column]) for column, kind in (start, end)}
    names = dict(ends)
    if "contract_id" in row:
        names[row["contract_id"]] = naming.name("contract", row["contract_id"])
    dated = {
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "record": naming.record(row["record_id"], names),
        "source": row["source_id"],
    }
    between = f"source={quoteattr(ends[row[start[0]]])} target={quoteattr(ends[row[end[0]]])}"
    return _element("edge", between, {**about, **dated})


def _element(tag: str, attributes: str, about: Mapping[str, Any]) -> str:
    data = "".join(
        f'<data key="{tag}_{name}">{escape(str(value))}</data>'
        for name, value in about.items()
        if value is not None
    )
    return f"<{tag} {attributes}>{data}</{tag}>"
