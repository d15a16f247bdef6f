"""A file of which a part has come: the part, and which version of the file it is of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infiltrate.tables.files import replace_file

PARTIAL_SUFFIX = ".partial"


@dataclass(frozen=True)
class Version:
    """What tells one version of a file on a server from the next."""

    address: str
    etag: str | None
    modified: str | None
    total: int | None

    @property
    def condition(self) -> str | None:
        """What to ask for the rest with: a strong ETag, or the day of the last change.

        A weak ETag says that two versions mean the same, not that their bytes are the same.
        """
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.modified


@dataclass(frozen=True)
class Partial:
    """The part of a file that has come, with a note of its version beside it."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> Partial:
        """Return where the part of a file is kept."""
        return cls(path.with_name(f".{path.name}{PARTIAL_SUFFIX}"))

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self, address: str) -> Version | None:
        """Return the version it is a part of; None when there is nothing to go on from."""
        try:
            noted = Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return noted if noted.address == address and noted.condition else None

    def keep(self, version: Version) -> None:
        """Note of which version the part is."""
        with replace_file(self._note) as temporary:
            temporary.write_text(json.dumps(asdict(version)), encoding="utf-8")

    def forget(self) -> None:
        """Throw away what has come."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, path: Path) -> None:
        """Move the part, whole by now, to where it belongs."""
        self.path.replace(path)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")
