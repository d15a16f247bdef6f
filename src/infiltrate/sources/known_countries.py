"""What is known of countries before a file is read, and how it is written into a parameter file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from infiltrate.params.document import read_document

_GRADED = ("open", "restricted", "negotiated_with_publication", "negotiated_without_publication")
_PROCEDURES_SOURCE = (
    "Government Transparency Institute, ProACT, CRI definitions of December 2020; procedures as we "
    "place them"
)
_LEVELS_PAGE = Path(__file__).parents[3] / "docs" / "corruption_risk_levels.md"


@cache
def known_countries() -> dict[str, Any]:
    """Return what is known of each country, by code; EU holds what its members share."""
    folder = resources.files("infiltrate.sources") / "knowledge"
    return read_document((folder / "countries.yaml").read_text("utf-8")).data


def write_facts(code: str, known: Mapping[str, Any], union: Mapping[str, Any]) -> Iterator[str]:
    """Write the block ``facts`` of a country: dated thresholds and levels of risk.

    Parameters
    ----------
    code : str
        ISO 3166-1 code.
    known, union : mapping
        What is known of the country and of the union it belongs to.
    """
    thresholds = [*known.get("thresholds", ()), *union.get("thresholds", ())]
    levels = [*printed_levels(code), *_procedure_levels(known.get("procedure_levels", {}))]
    yield "facts:" if thresholds or levels else "facts: {}"
    if thresholds:
        yield "  thresholds:"
    for threshold in sorted(thresholds, key=lambda item: (item["regime"], item["valid_from"])):
        for category, amount in threshold["amounts"].items():
            yield f"    - regime: {threshold['regime']}"
            yield f"      category: {category}"
            yield f"      amount: {amount}"
            yield f"      currency: {threshold['currency']}"
            yield f"      valid_from: {threshold['valid_from']}"
            if threshold["valid_to"]:
                yield f"      valid_to: {threshold['valid_to']}"
            yield f"      source: {quoted(threshold['source'])}"
            yield f"      status: {threshold['status']}"
    if levels:
        yield "  # Levels of the Corruption Risk Index, calibrated on tenders of 2009 to 2020: hold"
        yield "  # them against your own data (page 03) before they are used."
        yield "  risk_levels:"
        yield from levels


@cache
def printed_levels(code: str) -> tuple[str, ...]:
    """Return the country's levels in docs/corruption_risk_levels.md, where that is at hand."""
    try:
        page = _LEVELS_PAGE.read_text(encoding="utf-8")
    except OSError:
        return ()
    block = re.search(rf"^## {code}\n+```yaml\nfacts:\n  risk_levels:\n(.*?)```", page, re.M | re.S)
    return tuple(block[1].rstrip("\n").split("\n")) if block else ()


def _procedure_levels(levels: Mapping[str, Any]) -> Iterator[str]:
    if not levels:
        return
    graded = {name: 0.0 for name in _GRADED}
    graded |= dict.fromkeys(levels["half"], 0.5) | dict.fromkeys(levels["full"], 1.0)
    yield "    - component: procedure"
    yield "      procedures:"
    yield from (f"        {name}: {level}" for name, level in graded.items())
    if "missing" in levels:
        yield f"      missing_level: {levels['missing']}"
    note = f"; {levels['note']}" if "note" in levels else ""
    yield "      valid_from: 2009-01-01"
    yield f"      source: {quoted(_PROCEDURES_SOURCE + note)}"
    yield "      status: assumed"


def write_lists(known: Mapping[str, Any]) -> Iterator[str]:
    """Write the lists that exist as comments: they are defined when there is a file of one."""
    lists = known.get("lists", ())
    if not lists:
        yield "# Three separate lists about organised crime are needed for an estimate."
        yield "lists: []"
        return
    yield "# Define a list when there is a file of its entries. None of these was looked at."
    yield "lists: []"
    for item in lists:
        for at, (key, value) in enumerate(item.items()):
            shown = str(value).lower() if isinstance(value, bool) else quoted(value)
            yield f"#  {'- ' if at == 0 else '  '}{key}: {shown}"
        yield '#    source: "from general knowledge, to be checked"'
        yield "#    status: to_check"


def quoted(text: str) -> str:
    """Write text for YAML in double quotes, whatever stands in it."""
    return json.dumps(str(text), ensure_ascii=False)


def single_quoted(text: str) -> str:
    """Write a regular expression for YAML in single quotes, where backslashes are themselves."""
    return "'" + text.replace("'", "''") + "'"
