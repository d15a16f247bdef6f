"""The words of a PDF: its text, its metadata, its outline and the descriptions of its figures."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

from infiltrate.report.page_text import Passage, normalise
from infiltrate.report.traces import METADATA

_OBJECT = re.compile(rb"(\d+)\s+\d+\s+obj\b(.*?)\bendobj\b", re.DOTALL)
_STREAM = re.compile(rb"^(.*?)\bstream\r?\n(.*)\bendstream", re.DOTALL)
_LITERAL = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
_HEX = rb"<[0-9A-Fa-f\s]*>"
_SHOWN = re.compile(
    rb"/([\w+.#-]+)\s+-?[\d.]+\s+Tf|(\[(?:"
    + _LITERAL
    + rb"|"
    + _HEX
    + rb"|[^\]()<>])*\])\s*TJ|("
    + _LITERAL
    + rb"|"
    + _HEX
    + rb")\s*(?:Tj|'|\")|(\bET\b|\bTd\b|\bTD\b|\bT\*)",
    re.DOTALL,
)
_TEXT = re.compile(_LITERAL + rb"|" + _HEX, re.DOTALL)
_FIELD = re.compile(rb"/([A-Za-z][\w]*)\s*(" + _LITERAL + rb"|<(?!<)[0-9A-Fa-f\s]*>)", re.DOTALL)
_MAPPING = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_CODES = re.compile(rb"<([0-9A-Fa-f]+)>|(\[[^\]]*\])")
_FILTER = re.compile(rb"/Filter\s*(?:\[([^\]]*)\]|(/\w+))")
_FONT = re.compile(rb"/([\w+.#-]+)\s+(\d+)\s+\d+\s+R")
_IMAGES = (b"/Image", b"/FontFile", b"/FontFile2", b"/FontFile3", b"/Type1C", b"/OpenType")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_WIDE = re.compile(r"\s*[\n\t]\s*")


def read_pdf(content: bytes) -> list[Passage]:
    """Return the texts of a PDF: what its pages show, and every text in its other objects.

    Documents as browsers and drawing libraries write them are read; fonts without a map to
    letters are read byte by byte. What is hidden in pixels is not.

    Raises
    ------
    ValueError
        When it is encrypted, or compressed in a way that cannot be undone.
    """
    if not content.startswith(b"%PDF-"):
        raise ValueError("no PDF")
    if b"/Encrypt" in content:
        raise ValueError("encrypted")
    objects = _read_objects(content)
    if not objects:
        raise ValueError("no objects")
    fonts = _read_fonts(objects)
    passages: list[Passage] = []
    for head, stream in objects.values():
        passages.extend(_read_fields(head))
        if not stream:
            continue
        if b"/Metadata" in head or stream.lstrip().startswith(b"<?xpacket"):
            text = normalise(stream.decode("utf-8", errors="replace"))
            passages.append(Passage(text, f"{METADATA} XMP", ""))
        elif re.search(rb"\b(?:Tj|TJ|Tf)\b", stream):
            passages.extend(_read_shown(stream, fonts))
    trailer = content[content.rfind(b"trailer") :] if b"trailer" in content else b""
    return [*passages, *_read_fields(trailer)]


def _read_objects(content: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Return dictionaries and decoded streams by number, those packed into others as well."""
    objects: dict[int, tuple[bytes, bytes]] = {}
    position = 0
    while found := _OBJECT.search(content, position):
        number, body = int(found[1]), found[2]
        position = found.end()
        parts = re.match(rb"(.*?)\bstream\r?\n", body, re.DOTALL)
        if parts is None:
            objects[number] = (body, b"")
            continue
        head = parts[1]
        start = found.start(2) + parts.end()
        end = content.find(b"endstream", start)
        length = re.search(rb"/Length\s+(\d+)(?!\s+\d+\s+R)", head)
        if length and content[start + int(length[1]) :].lstrip()[:9] == b"endstream":
            end = start + int(length[1])
        stream = _decode_stream(head, content[start:end])
        objects[number] = (head, stream)
        position = content.find(b"endobj", end) + 6
        if b"/ObjStm" in head:
            objects.update(_unpack(head, stream))
    return objects


def _decode_stream(head: bytes, stream: bytes) -> bytes:
    """Undo the compression; empty for pictures and outlines of letters, which say nothing."""
    if b"/Image" in head or b"/FontFile" in head or b"/Length1" in head or b"/Type1C" in head:
        return b""
    if b"/CIDFontType0C" in head or b"/OpenType" in head or b"/XRef" in head:
        return b""
    filters = _FILTER.search(head)
    names = (filters[1] or filters[2]).split() if filters else []
    for name in names:
        if name != b"/FlateDecode" or b"/Predictor" in head:
            raise ValueError(f"filter {name.decode(errors='replace')}")
        try:
            stream = zlib.decompressobj().decompress(stream)
        except zlib.error as error:
            raise ValueError("damaged stream") from error
    return stream


def _unpack(head: bytes, stream: bytes) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    first = int(re.search(rb"/First\s+(\d+)", head)[1])  # type: ignore[index]
    numbers = [int(word) for word in stream[:first].split()]
    starts = [*numbers[1::2], len(stream) - first]
    for number, start, end in zip(numbers[::2], starts[:-1], starts[1:], strict=True):
        yield number, (stream[first + start : first + end], b"")


def _read_fonts(objects: Mapping[int, tuple[bytes, bytes]]) -> dict[bytes, list[dict[int, str]]]:
    """Return, by the name that pages call a font, the maps from its codes to letters.

    Two pages may call two fonts by one name; then a text is read with each map.
    """
    fonts: dict[bytes, list[dict[int, str]]] = {}
    for head, _ in objects.values():
        for name, number in _FONT.findall(head):
            target, _ = objects.get(int(number), (b"", b""))
            if b"/Font" not in target:
                continue
            found = re.search(rb"/ToUnicode\s+(\d+)", target)
            letters = _read_letters(objects[int(found[1])][1]) if found else {}
            if letters not in fonts.setdefault(name, []):
                fonts[name].append(letters)
    return fonts


def _read_letters(mapping: bytes) -> dict[int, str]:
    letters: dict[int, str] = {}
    for kind, body in _MAPPING.findall(mapping):
        codes = _CODES.findall(body)
        if kind == b"char":
            for (code, _), (text, _) in zip(codes[::2], codes[1::2], strict=False):
                letters[int(code, 16)] = _utf16(text)
            continue
        for (low, _), (high, _), (text, several) in zip(
            codes[::3], codes[1::3], codes[2::3], strict=False
        ):
            texts = [found[0] for found in _CODES.findall(several[1:-1])] if several else []
            for step, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                if texts:
                    letters[code] = _utf16(texts[min(step, len(texts) - 1)])
                else:
                    start = _utf16(text)
                    letters[code] = start[:-1] + chr(ord(start[-1]) + step) if start else ""
    return letters


def _utf16(hexadecimal: bytes) -> str:
    return bytes.fromhex(hexadecimal.decode()).decode("utf-16-be", errors="replace")


def _read_shown(stream: bytes, fonts: Mapping[bytes, list[dict[int, str]]]) -> Iterator[Passage]:
    """Yield what one page shows, once for each reading of its fonts."""
    readings = max((len(maps) for maps in fonts.values()), default=1)
    seen = set()
    for reading in range(max(readings, 1)):
        letters: dict[int, str] = {}
        words: list[str] = []
        for font, several, one, move in _SHOWN.findall(stream):
            if font:
                maps = fonts.get(font) or [{}]
                letters = maps[min(reading, len(maps) - 1)]
            elif move:
                words.append("\n" if move == b"ET" else "\t")
            else:
                for text in _TEXT.findall(several or one):
                    words.append(_spell(_unwrap(text), letters))
        whole = "".join(words)
        # letters are placed one by one or in runs: a word may be cut by a move inside its block
        for spaced in (whole, whole.replace("\t", "")):
            text = normalise(_WIDE.sub(" ", spaced)).strip()
            if text and text not in seen:
                seen.add(text)
                yield Passage(text, "text of a page", "")


def _spell(raw: bytes, letters: Mapping[int, str]) -> str:
    if not letters:
        return raw.decode("latin-1")
    width = 2 if max(letters) > 255 or (len(raw) % 2 == 0 and raw[:1] == b"\0") else 1
    codes = (int.from_bytes(raw[at : at + width]) for at in range(0, len(raw), width))
    return "".join(letters.get(code, "\N{REPLACEMENT CHARACTER}") for code in codes)


def _unwrap(text: bytes) -> bytes:
    if text.startswith(b"<"):
        digits = re.sub(rb"\s", b"", text[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    body = re.sub(rb"\\\r?\n", b"", text[1:-1])
    body = re.sub(rb"\\([0-7]{1,3})", lambda found: bytes([int(found[1], 8) & 255]), body)
    return re.sub(rb"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), body, flags=re.DOTALL)


def _read_fields(head: bytes) -> Iterator[Passage]:
    """Yield texts of a dictionary: title, author, outline, addresses, words for who cannot see."""
    for name, value in _FIELD.findall(head):
        raw = _unwrap(value)
        if name in (b"ID", b"FontFamily", b"Panose", b"Lang", b"Registry", b"Ordering"):
            continue
        if raw.startswith(b"\xfe\xff"):
            text = raw[2:].decode("utf-16-be", errors="replace")
        else:
            text = raw.decode("utf-8", errors="replace")
        if text.strip():
            yield Passage(normalise(text), f"{METADATA} {name.decode('latin-1')}", "")
