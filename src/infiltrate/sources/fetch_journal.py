"""What was fetched from where: a journal beside the files, by which a later reader has the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from infiltrate.errors import StoreError
from infiltrate.params.study import StudyParams
from infiltrate.sources.fetch_plan import Download
from infiltrate.sources.files import find_files
from infiltrate.tables.files import replace_file

JOURNAL = "fetched.json"
"""What was fetched, below the data folder: address, day, size and SHA-256 of each file."""


def read_journal(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Return what is known of the fetched files by their path below the data folder.

    Raises
    ------
    StoreError
        When the journal is there and cannot be read.
    """
    path = data_dir / JOURNAL
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {entry["path"]: entry for entry in entries}
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{JOURNAL} in the data folder is damaged. Delete it: files that are there stay, and "
            "are no longer compared with what was fetched."
        ) from error


def note_fetched(
    journal: Mapping[str, dict[str, Any]],
    download: Download,
    data_dir: Path,
    today: date,
    validators: Mapping[str, str | None],
) -> dict[str, dict[str, Any]]:
    """Write a file that came into the journal, and return the journal as it is now.

    Parameters
    ----------
    journal : mapping
        What was fetched before, by path.
    download : Download
        What was fetched.
    data_dir : Path
        Folder of the raw files.
    today : date
        Day of the download.
    validators : mapping
        What the server says of the version: ``etag`` and ``last_modified``.
    """
    path, entry = data_dir / download.path, download.data_set
    noted = {
        "path": download.path,
        "data_set": entry.id,
        "address": download.address,
        "publisher": entry.publisher,
        "licence": entry.licence,
        "fetched_on": today.isoformat(),
        "bytes": path.stat().st_size,
        "sha256": hash_file(path),
        **validators,
    }
    now = {**journal, download.path: noted}
    entries = [now[name] for name in sorted(now)]
    text = json.dumps(entries, indent=1, ensure_ascii=False, sort_keys=True)
    with replace_file(data_dir / JOURNAL) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return now


def advise(params: StudyParams, data_dir: Path) -> list[str]:
    """Say what the parameter file still lacks after a download, in sentences.

    A source that finds none of its files has a path that does not match where they went; one
    without day of retrieval takes that of the journal.
    """
    journal = read_journal(data_dir)
    fetched_on = {entry["data_set"]: entry["fetched_on"] for entry in journal.values()}
    said = []
    for source in params.sources:
        days = [fetched_on[name] for name in source.data_sets if name in fetched_on]
        if days and not find_files(source, data_dir):
            said.append(
                f"sources[{source.id}].path: {source.path} matches nothing that was fetched."
            )
        elif days and source.retrieved_on is None:
            said.append(f"sources[{source.id}]: add retrieved_on: {max(days)}")
    return said


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    import pooch

    return str(pooch.file_hash(path, alg="sha256"))
