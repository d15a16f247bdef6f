"""What a writer of countries says of the folder it filled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WrittenCountry:
    """SHA-256 of every file by path, and counts; ``infiltrated`` counts active firms if known."""

    files: dict[str, str]
    infiltrated: int
    raw_files: int
    rows: int
    spoilt_rows: int
