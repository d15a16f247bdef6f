"""Bad lines out, packages merged, one compiled release a process: a clean file to be read fast."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from infiltrate.sources.ocds.merging import NotMergeable, instant_of, merge_releases
from infiltrate.sources.ocds.pieces import Piece, RejectedPiece, read_pieces
from infiltrate.sources.ocds.shape import find_misfit

Duplicates = Literal["latest", "keep"]

# Field of a release written with its places: file and line of each release it is made of.
PLACES = "_places"


@dataclass(frozen=True)
class _Place:
    """Where a release stands in the file of pieces, and what decides between several."""

    start: int
    size: int
    file: str
    line: int
    is_compiled: bool


def sift(
    paths: Mapping[str, Path],
    target: Path,
    types: Mapping[str, str],
    *,
    largest_line: int,
    duplicates: Duplicates,
    with_places: bool = False,
) -> list[RejectedPiece]:
    """Write the compiled release of every process, one a line.

    Parameters
    ----------
    paths : mapping of str to Path
        File by the name it is given in rejects.
    target : Path
        The clean file.
    types : mapping of str to str
        What the reader expects of each column; a release that does not fit is rejected.
    largest_line : int
        In bytes.
    duplicates : {'latest', 'keep'}
        Of several compiled releases of one process keep the latest, or all of them.
    with_places : bool
        Whether each release written says in `PLACES` where the releases it is made of stand.

    Returns
    -------
    list of RejectedPiece
        By file and line.
    """
    rejected: list[RejectedPiece] = []
    places: dict[str, list[_Place]] = {}
    pieces_path = target.with_suffix(".pieces")
    with pieces_path.open("wb") as pieces:
        for name, path in paths.items():
            for piece in read_pieces(path, name, largest_line):
                if isinstance(piece, RejectedPiece):
                    rejected.append(piece)
                elif misfit := find_misfit(piece.release, types):
                    rejected.append(RejectedPiece(name, piece.line, "shape", misfit))
                else:
                    ocid = str(piece.release["ocid"])
                    places.setdefault(ocid, []).append(_write_piece(pieces, piece))
    with pieces_path.open("rb") as source, target.open("wb") as clean:
        for group in _in_order(places, duplicates):
            release, used, left_out = _settle(source, group)
            rejected += left_out
            if release is not None:
                stands = {PLACES: [(place.file, place.line) for place in used]}
                clean.write(_to_line({**release, **stands} if with_places else release))
    pieces_path.unlink()
    return sorted(rejected, key=lambda piece: (piece.file, piece.line, piece.rule, piece.found))


def _write_piece(pieces: BinaryIO, piece: Piece) -> _Place:
    start = pieces.tell()
    size = pieces.write(_to_line(piece.release))
    return _Place(start, size, piece.file, piece.line, piece.is_compiled)


def _in_order(places: Mapping[str, list[_Place]], duplicates: Duplicates) -> list[list[_Place]]:
    """Return the releases to be made one, in the order of the file."""
    if duplicates == "latest":
        return list(places.values())
    alone = [[place] for group in places.values() for place in group if place.is_compiled]
    merged = [[place for place in group if not place.is_compiled] for group in places.values()]
    return sorted([*alone, *filter(None, merged)], key=lambda group: group[0].start)


def _settle(
    source: BinaryIO, group: Sequence[_Place]
) -> tuple[dict[str, Any] | None, Sequence[_Place], list[RejectedPiece]]:
    compiled = [place for place in group if place.is_compiled]
    if not compiled:
        releases = [_read_piece(source, place) for place in group]
        try:
            return merge_releases(releases), group, []
        except NotMergeable as error:
            return None, [], [_reject(place, "merge", str(error)) for place in group]
    dated = [(_rank(_read_piece(source, place)), place) for place in compiled]
    _, kept = max(dated, key=lambda pair: (pair[0], -pair[1].start))
    found = f"another release of this ocid is used (line {kept.line} of {kept.file})"
    left_out = [_reject(place, "duplicate_ocid", found) for place in group if place is not kept]
    return _read_piece(source, kept), [kept], left_out


def _rank(release: dict[str, Any]) -> tuple[datetime, str]:
    instant = instant_of(release.get("date")) or datetime.min.replace(tzinfo=UTC)
    return instant, json.dumps(release, sort_keys=True)


def _reject(place: _Place, rule: str, found: str) -> RejectedPiece:
    return RejectedPiece(place.file, place.line, rule, found)


def _read_piece(source: BinaryIO, place: _Place) -> dict[str, Any]:
    source.seek(place.start)
    return json.loads(source.read(place.size))


def _to_line(release: dict[str, Any]) -> bytes:
    return json.dumps(release, separators=(",", ":")).encode() + b"\n"
