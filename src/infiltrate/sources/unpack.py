"""Take members out of a ZIP archive, whole or not at all."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from infiltrate.errors import Problem, SourceError, StoreError
from infiltrate.tables.files import replace_file


def unpack_zip(archive: Path, names: str) -> list[Path]:
    """Write the matching members beside the archive and return their paths, sorted.

    Only the last part of a member's name counts, so that none can be written elsewhere. A member
    that is there already with the right length is left as it is.

    Parameters
    ----------
    archive : Path
        The ZIP file.
    names : str
        Which members, such as ``*.csv``.

    Raises
    ------
    SourceError
        When the archive is damaged, is locked by a password, has no such member, or has two of
        one name.
    StoreError
        When there is not enough room for what it holds.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _matching(opened, names, archive)
            _need_room(members, archive)
            return sorted(_take_out(opened, member, archive.parent) for member in members)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _refusal(archive, f"is damaged ({error})", "Fetch it again: --again") from error
    except RuntimeError as error:
        raise _refusal(archive, "asks for a password", "Unpack it by hand") from error
    except NotImplementedError as error:
        raise _refusal(archive, "is packed in an unusual way", "Unpack it by hand") from error


def _matching(opened: zipfile.ZipFile, names: str, archive: Path) -> list[zipfile.ZipInfo]:
    members = [
        member
        for member in opened.infolist()
        if not member.is_dir() and fnmatchcase(_name(member).lower(), names.lower())
    ]
    found = [_name(member) for member in members]
    if not members:
        held = ", ".join(sorted({_name(member) for member in opened.infolist()})[:6])
        raise _refusal(archive, f"holds no {names}, only {held or 'nothing'}", "Correct `unpack`")
    if len(set(found)) < len(found):
        raise _refusal(archive, f"holds several files of one name among {names}", "Unpack by hand")
    return members


def _need_room(members: list[zipfile.ZipInfo], archive: Path) -> None:
    needed = sum(member.file_size for member in members)
    free = shutil.disk_usage(archive.parent).free
    if needed > free:
        raise StoreError(
            f"{archive.name}: unpacked it takes {needed:,} bytes and {free:,} are free. Free some "
            "space, then run the same command again."
        )


def _take_out(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    path = folder / _name(member)
    if path.is_file() and path.stat().st_size == member.file_size and _same(path, member.CRC):
        return path
    with (
        replace_file(path) as temporary,
        opened.open(member) as packed,
        temporary.open("wb") as out,
    ):
        shutil.copyfileobj(packed, out, 1 << 20)
    return path


def _same(path: Path, crc: int) -> bool:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return value == crc


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename.replace("\\", "/")).name


def _refusal(archive: Path, found: str, fix: str) -> SourceError:
    return SourceError("An archive cannot be unpacked.", [Problem(archive.name, found, fix=fix)])
