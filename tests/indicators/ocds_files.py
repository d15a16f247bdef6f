"""Contracting processes as rows, and the red flags of a file of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infiltrate.indicators.red_flags.cardinal import cardinal_maps, cardinal_results
from infiltrate.indicators.red_flags.catalogue import relations_needed
from infiltrate.indicators.red_flags.choices import RedFlagChoices, read_red_flag_choices
from infiltrate.indicators.red_flags.compute import compute_red_flags, prepare_red_flags
from infiltrate.sources.ocds import OcdsLimits, read_ocds
from infiltrate.tables.engine import DuckDBEngine

Release = dict[str, Any]
Judged = dict[tuple[str, str, str], dict[str, Any]]


def bid(
    tenderers: str | Sequence[str],
    amount: Any = None,
    status: str = "valid",
    currency: str = "EUR",
    date: str | None = None,
) -> dict[str, Any]:
    names = [tenderers] if isinstance(tenderers, str) else tenderers
    value = None if amount is None else {"amount": amount, "currency": currency}
    firms = [{"id": name} for name in names]
    return {"status": status, "date": date, "value": value, "tenderers": firms}


def award(*suppliers: str, status: str = "active", codes: Sequence[str] = ()) -> dict[str, Any]:
    items = [{"id": code, "classification": {"scheme": "CPV", "id": code}} for code in codes]
    return {"status": status, "suppliers": [{"id": name} for name in suppliers], "items": items}


def process(
    ocid: str,
    bids: Sequence[Any] = (),
    awards: Sequence[Any] = (),
    buyer: str | None = None,
    **tender: Any,
) -> Release:
    details = [{"id": str(number), **one} for number, one in enumerate(bids, start=1)]
    return {
        "ocid": ocid,
        "date": "2024-01-01T00:00:00Z",
        "buyer": {"id": buyer},
        "tender": tender,
        "bids": {"details": details},
        "awards": [{"id": str(number), **one} for number, one in enumerate(awards, start=1)],
    }


def judge(
    folder: Path, releases: Sequence[Release], settings: Mapping[str, Any], cardinal: bool = False
) -> Judged:
    """Give the long format by red flag, level and unit."""
    choices = _choose(settings, cardinal)
    with _prepared(folder, releases, choices) as engine:
        rows = compute_red_flags(engine, choices).to_pylist()
    judged = {(row["indicator"], row["level"], row["entity_id"]): row for row in rows}
    assert cardinal or len(judged) == len(rows), "a unit has two answers"
    return judged


def like_cardinal(
    folder: Path,
    releases: Sequence[Release],
    settings: Mapping[str, Any],
    path: Path | None = None,
    maps: bool = False,
) -> dict[str, Any]:
    """Give Cardinal's results for releases, or for a file of them."""
    choices = _choose(settings, True)
    with _prepared(folder, releases, choices, path) as engine:
        results = cardinal_results(engine, choices)
        return results | ({"Maps": cardinal_maps(engine, choices)} if maps else {})


def flagged(judged: Judged, code: str, level: str = "process") -> set[str]:
    return {unit for (c, where, unit), row in judged.items()
            if (c, where) == (code, level) and row["state"] == "flag"}  # fmt: skip


def _choose(settings: Mapping[str, Any], cardinal: bool) -> RedFlagChoices:
    choices = read_red_flag_choices(settings, "settings")
    return choices.as_cardinal() if cardinal else choices


def _prepared(
    folder: Path, releases: Sequence[Release], choices: RedFlagChoices, path: Path | None = None
) -> DuckDBEngine:
    if path is None:
        path = folder / "releases.input.jsonl"
        path.write_text("".join(f"{json.dumps(release)}\n" for release in releases))
    engine = DuckDBEngine(0.5, 1, folder)
    limits = OcdsLimits(duplicates="keep" if choices.like_cardinal else "latest")
    read_ocds([path], folder, engine, relations_needed(choices.flags)[0], limits)
    prepare_red_flags(engine, choices)
    return engine
