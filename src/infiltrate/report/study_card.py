"""The run card of a study, from what its run left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.report.run_card import DataFile, Fact, RunCard


def read_run_card(
    run_dir: Path, params: StudyParams, warnings: Mapping[str, Sequence[str]]
) -> RunCard:
    """Gather raw files, changed parameters, unchecked facts and versions into a run card.

    The files of one pattern are one line, whose checksum is that of their checksums by name.

    Parameters
    ----------
    run_dir : Path
        Folder of the results, with ``run.json``.
    params : StudyParams
        ``sources``, ``facts``, ``lists`` and ``choices.seed`` are read.
    warnings : mapping of str to sequence of str
        What each stage warned of, by its title.
    """
    facts = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))
    files = [
        file
        for source in params.sources
        for file in _data_files(source, [f for f in facts["files"] if f["source_id"] == source.id])
    ]
    return RunCard(
        country=params.country,
        title=params.title,
        files=files,
        changed={
            change["path"]: (_plain(change["value"]), _plain(change["default"]))
            for change in facts["differences"]
        },
        to_check=list(_unchecked(params)),
        warnings=warnings,
        versions=facts["environment"],
        seed=params.choices.seed,
    )


def group_warnings(
    records: Sequence[Mapping[str, Any]], said: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the warnings of each stage by its name in words, without those said elsewhere.

    Parameters
    ----------
    records : sequence of mapping
        What each stage left: ``stage`` and ``warnings``.
    said : collection of str
        Warnings that the page shows in another place.
    """
    return {
        record["stage"].partition("_")[2].replace("_", " ").capitalize(): [
            warning for warning in record["warnings"] if warning not in said
        ]
        for record in records
    }


def _data_files(source: Source, files: Sequence[Mapping[str, Any]]) -> Iterator[DataFile]:
    """Yield the files of a source; those of one pattern as one, for a name may hold a code."""
    same: dict[str, Any] = {
        "publisher": source.publisher,
        "licence": source.licence,
        "retrieved": str(source.retrieved_on or ""),
    }
    if len(files) < 2:
        for file in files:
            yield DataFile(file["name"], file["sha256"], file["size"], **same)
        return
    hashes = "".join(file["sha256"] for file in sorted(files, key=lambda file: file["name"]))
    yield DataFile(
        f"{source.path} ({len(files)} files)",
        hashlib.sha256(hashes.encode()).hexdigest(),
        sum(file["size"] for file in files),
        **same,
    )


def _plain(written: str) -> str:
    try:
        value = json.loads(written)
    except ValueError:
        return written
    return "not set" if value is None else value if isinstance(value, str) else written


def _unchecked(params: StudyParams) -> Iterator[Fact]:
    for threshold in params.facts.thresholds:
        if threshold.status == "to_check":
            yield Fact(
                f"threshold {threshold.regime}, {threshold.category}".replace("_", " "),
                f"{threshold.amount:,.0f} {threshold.currency} from {threshold.valid_from}",
                threshold.source,
            )
    for universe in params.facts.universe:
        if universe.status == "to_check":
            yield Fact("number of active firms", f"{universe.firms:,}", universe.source)
    for rate in params.facts.exchange_rates:
        if rate.status == "to_check":
            yield Fact(f"exchange rate of {rate.currency}", f"{rate.rate:g}", rate.source)
    for listed in params.facts.jurisdictions:
        if listed.status == "to_check":
            yield Fact(f"{listed.country} on a list", listed.listed_as, listed.source)
    for graded in params.facts.risk_levels:
        if graded.status == "to_check":
            component = graded.component.replace("_", " ")
            yield Fact(f"levels of risk, {component}", f"by {graded.stated_in}", graded.source)
    for definition in params.lists:
        if definition.status == "to_check":
            yield Fact("description of a list", definition.title, definition.source)
