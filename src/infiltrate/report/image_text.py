"""What images say beside their pixels: text chunks, EXIF, comments, embedded descriptions."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image, UnidentifiedImageError

from infiltrate.report.page_text import Passage, normalise
from infiltrate.report.traces import METADATA

_PNG = b"\x89PNG\r\n\x1a\n"
_IMAGE_ONLY = frozenset([b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"gAMA", b"cHRM"])
_QUIET = frozenset([b"sRGB", b"sBIT", b"bKGD", b"hIST", b"acTL", b"fcTL", b"fdAT", b"tIME"])
_WORDS = re.compile(rb"[\x20-\x7e\x80-\xff]{5,}")
_TAGS = {**ExifTags.TAGS, **ExifTags.GPSTAGS}


def read_png(content: bytes) -> list[Passage]:
    """Return the texts in the chunks of a PNG and what follows its end.

    Raises
    ------
    ValueError
        When it is no whole PNG.
    """
    if not content.startswith(_PNG):
        raise ValueError("no PNG")
    passages: list[Passage] = []
    position = len(_PNG)
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4])
        kind = content[position + 4 : position + 8]
        body = content[position + 8 : position + 8 + length]
        if len(body) < length:
            raise ValueError("cut PNG")
        passages.extend(_read_chunk(kind, body))
        position += length + 12
        if kind == b"IEND":
            break
    return [*passages, *_strings(content[position:], "after the image")]


def read_jpeg(content: bytes) -> list[Passage]:
    """Return the EXIF fields, comments and descriptions of a JPEG.

    Raises
    ------
    ValueError
        When it is no whole JPEG.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            passages = list(_read_exif(image.getexif()))
            for name, value in image.info.items():
                if name not in ("exif", "dpi", "jfif", "jfif_version", "jfif_density", "jfif_unit"):
                    passages.extend(_as_passages(str(name), value))
    except UnidentifiedImageError as error:
        raise ValueError("no JPEG") from error
    for body in _segments(content):
        passages.extend(_strings(body, "segment"))
    end = content.rfind(b"\xff\xd9")
    return [*passages, *_strings(content[end + 2 :], "after the image")]


def _read_chunk(kind: bytes, body: bytes) -> Iterator[Passage]:
    if kind in _IMAGE_ONLY or kind in _QUIET:
        return
    if kind == b"tEXt":
        name, _, text = body.partition(b"\0")
        yield from _as_passages(name.decode("latin-1"), text.decode("latin-1"))
    elif kind == b"zTXt":
        name, _, rest = body.partition(b"\0")
        yield from _as_passages(name.decode("latin-1"), zlib.decompress(rest[1:]).decode("latin-1"))
    elif kind == b"iTXt":
        name, _, rest = body.partition(b"\0")
        language_and_text = rest[2:].split(b"\0", 2)
        text = language_and_text[-1]
        text = zlib.decompress(text) if rest[:1] == b"\1" else text
        title = name.decode("latin-1")
        yield from _as_passages(title, text.decode("utf-8", errors="replace"))
        for extra in language_and_text[:-1]:
            yield from _as_passages(title, extra.decode("utf-8", errors="replace"))
    elif kind == b"eXIf":
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + body)
        yield from _read_exif(exif)
    elif kind == b"iCCP":
        name, _, rest = body.partition(b"\0")
        yield from _as_passages("colour profile", name.decode("latin-1"))
        yield from _strings(zlib.decompress(rest[1:]), "colour profile")
    else:
        yield from _strings(body, f"chunk {kind.decode('latin-1')}")


def _read_exif(exif: Image.Exif) -> Iterator[Passage]:
    groups = [exif, *(exif.get_ifd(block) for block in ExifTags.IFD)]
    for group in groups:
        for tag, value in group.items():
            if tag not in set(ExifTags.IFD):
                yield from _as_passages(_TAGS.get(tag, f"field {tag}"), value)


def _as_passages(name: str, value: object) -> Iterator[Passage]:
    if isinstance(value, bytes):
        value = value.removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0")
        text = _decode(value)
    else:
        text = str(value)
    text = normalise(text.replace("\0", " ")).strip()
    if text:
        yield Passage(text, f"{METADATA} {normalise(name)}", "")


def _decode(value: bytes) -> str:
    if len(value) > 1 and value[1::2].count(0) > len(value) // 4:
        return value.decode("utf-16-le", errors="replace")
    if len(value) > 1 and value[::2].count(0) > len(value) // 4:
        return value.decode("utf-16-be", errors="replace")
    return value.decode("utf-8", errors="replace")


def _segments(content: bytes) -> Iterator[bytes]:
    """Yield the segments of a JPEG that hold words, such as XMP, IPTC and comments."""
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        length = int.from_bytes(content[position + 2 : position + 4])
        if marker == 0xDA:
            return
        if 0xE1 <= marker <= 0xEF or marker == 0xFE:
            yield content[position + 4 : position + 2 + length]
        position += 2 + length


def _strings(content: bytes, name: str) -> Iterator[Passage]:
    for found in _WORDS.findall(content):
        yield Passage(normalise(_decode(found)), f"{METADATA} {name}", "")
