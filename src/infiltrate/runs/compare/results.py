"""The results of one run as a comparison reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infiltrate.errors import StoreError
from infiltrate.runs.manifest import CODE_RECORD, find_changes, read_manifest
from infiltrate.tables.store import TableStore

_TABLES = "tables/"


@dataclass(frozen=True, eq=False)
class Results:
    """What one finished run left.

    Attributes
    ----------
    folder : Path
        Folder of the results.
    label : str
        What the comparison calls it.
    manifest, params, code : dict
        ``manifest.json``, ``params.json`` and ``code.json``.
    """

    folder: Path
    label: str
    manifest: dict[str, Any]
    params: dict[str, Any]
    code: dict[str, Any]

    @property
    def store(self) -> TableStore:
        """The tables."""
        return TableStore(self.folder / "tables")

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """What the manifest says of each stage, by its name, in order."""
        return {stage["stage"]: stage for stage in self.manifest["stages"]}

    @property
    def table_names(self) -> set[str]:
        """Tables that a stage of the run wrote and that are on disk."""
        return {
            name for name in self.manifest["tables"] if f"{_TABLES}{name}.parquet" in self.files
        }

    @property
    def files(self) -> dict[str, str]:
        """Hash of every file of the run, by its name."""
        return {name: output["sha256"] for name, output in self.manifest["outputs"].items()}


def read_results(folder: Path, label: str = "") -> Results:
    """Read a results folder for a comparison.

    Parameters
    ----------
    folder : Path
        Folder of the results of a finished run.
    label : str
        What the comparison calls it; the folder's own name by default.

    Raises
    ------
    StoreError
        When there is no finished run in it, or a file is no longer what the run wrote: what is
        compared must be what the manifest speaks of.
    """
    manifest = read_manifest(folder)
    if problems := find_changes(folder, manifest):
        raise StoreError(
            f"{folder}: {len(problems)} file{'s' * (len(problems) != 1)} changed since the run, so "
            "its manifest does not speak of them. Run the study again into this folder; what was "
            "deleted or changed is made anew.",
            problems,
        )
    return Results(
        folder=folder,
        label=label or folder.resolve().name,
        manifest=manifest,
        params=json.loads((folder / "params.json").read_text(encoding="utf-8")),
        code=json.loads((folder / CODE_RECORD).read_text(encoding="utf-8")),
    )
