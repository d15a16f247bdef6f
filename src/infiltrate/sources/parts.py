"""What a reader makes of one source: relations of text, each with the source that maps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infiltrate.sources.staging import FileIntake, Staged


@dataclass(frozen=True)
class StagedParts:
    """A source as it was read.

    Attributes
    ----------
    parts : tuple of Staged
        Its relations; a delimited file is one.
    files : tuple of FileIntake
        What each raw file held: rows, releases or entities.
    decisions : tuple of Path
        Parquet files that say what became of each line, where lines are not rows.
    warnings : tuple of str
        What is possible but suspicious.
    """

    parts: tuple[Staged, ...]
    files: tuple[FileIntake, ...]
    decisions: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
