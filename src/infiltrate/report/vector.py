"""Drawings as small SVG: the same lines in a third of the bytes, with the words kept."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from xml.etree import ElementTree

from matplotlib.figure import Figure as Drawing

from infiltrate.report.theme import in_house_style

Element = ElementTree.Element

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_LETTER_PLACE = re.compile(r"translate\((-?[\d.]+) 0\)")
_SEGMENT = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_SIZE = re.compile(rb'<svg[^>]*?\swidth="([\d.]+)pt"')
_HEIGHT = re.compile(rb'<svg[^>]*?\sheight="([\d.]+)pt"')
_PIXELS_PER_POINT = 96 / 72
_OFTEN = 3


@in_house_style
def write_svg(drawing: Drawing) -> bytes:
    """Return a drawing as SVG, the same bytes for the same drawing.

    Letters are outlines, so that a page looks alike without our font; the words of each label
    stay beside them as a comment, where the check of a page reads them.
    """
    target = io.BytesIO()
    drawing.savefig(
        target, format="svg", bbox_inches="tight", pad_inches=0.04, metadata=_NO_METADATA
    )
    return shrink_svg(target.getvalue())


def shrink_svg(svg: bytes) -> bytes:
    """Return the same picture in fewer bytes.

    Coordinates keep two decimals of a point, names of parts nobody refers to go, repeated styles
    become classes. Comments stay.
    """
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.fromstring(svg, parser)
    _rename(root)
    for part in root.iter():
        _shorten(part)
    _drop_empty_groups(root)
    _share_styles(root)
    ElementTree.register_namespace("", _SVG.strip("{}"))
    return ElementTree.tostring(root, encoding="utf-8", short_empty_elements=True).replace(
        b" />", b"/>"
    )


def size_in_pixels(svg: bytes) -> tuple[str, str]:
    """Return width and height of a drawing in CSS pixels, as attributes want them."""
    found = _SIZE.search(svg), _HEIGHT.search(svg)
    width, height = (float(match.group(1)) if match else 500.0 for match in found)
    return f"{width * _PIXELS_PER_POINT:.0f}", f"{height * _PIXELS_PER_POINT:.0f}"


def _rename(root: Element) -> None:
    """Give parts that others refer to a short name in order, and the rest none."""
    named = {
        name
        for part in root.iter()
        for value in part.attrib.values()
        for name in [*_REFERENCE.findall(value), value[1:] if value.startswith("#") else ""]
    }
    numbers = count()
    short: dict[str, str] = {}
    for part in root.iter():
        name = part.attrib.pop("id", "")
        if name in named - {""}:
            short.setdefault(name, f"g{next(numbers)}")
            part.set("id", short[name])
    for part in root.iter():
        for key, value in list(part.attrib.items()):
            if key == _HREF:
                part.attrib.pop(key)
                part.set("href", f"#{short[value[1:]]}" if value[1:] in short else value)
            elif "url(#" in value:
                part.set(key, _REFERENCE.sub(lambda found: f"url(#{short[found[1]]})", value))


def _shorten(part: Element) -> None:
    part.tail = None
    if part.text is not None and not part.text.strip():
        part.text = None
    for key, value in list(part.attrib.items()):
        letter = _LETTER_PLACE.fullmatch(value) if part.tag == f"{_SVG}use" else None
        if letter:
            del part.attrib[key]
            part.set("x", f"{float(letter[1]):.1f}".removesuffix(".0"))
        elif key == "d":
            part.set(key, _short_path(value))
        elif key == "style":
            part.set(key, re.sub(r"\s*([:;])\s*", r"\1", value).strip(";"))
        elif key != "id" and not value.startswith("scale("):
            part.set(key, _rounded(value))


def _short_path(path: str) -> str:
    """Write a path without blanks, lines along an axis with one number."""
    written, here = [], ("", "")
    for command, rest in _SEGMENT.findall(_rounded(path)):
        numbers = rest.split()
        if command == "L" and numbers[1] == here[1]:
            written.append(f"H{numbers[0]}")
        elif command == "L" and numbers[0] == here[0]:
            written.append(f"V{numbers[1]}")
        else:
            written.append(command + " ".join(numbers))
        here = (numbers[-2], numbers[-1]) if len(numbers) > 1 else ("", "")
    return "".join(written)


def _rounded(text: str) -> str:
    # a factor of scale stands alone or after a place: it needs all its digits
    places, scale, factors = text.partition(" scale(")
    return (
        _LONG_NUMBER.sub(lambda found: f"{round(float(found[0]), 2):g}", places) + scale + factors
    )


def _drop_empty_groups(part: Element) -> None:
    kept: list[Element] = []
    for child in part:
        _drop_empty_groups(child)
        if child.tag == f"{_SVG}g" and not child.attrib:
            kept += child
        elif child.tag not in (f"{_SVG}g", f"{_SVG}defs") or len(child) or child.text:
            kept.append(child)
    part[:] = kept


def _share_styles(root: Element) -> None:
    styles = Counter(part.get("style", "") for part in _drawn(root))
    often = [style for style, times in styles.items() if style and times >= _OFTEN]
    names = {style: f"s{number}" for number, style in enumerate(often)}
    for part in _drawn(root):
        if part.get("style") in names:
            part.set("class", names[part.attrib.pop("style")])
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    sheet = root.find(f".//{_SVG}style")
    if sheet is not None and rules:
        sheet.text = (sheet.text or "") + rules


def _drawn(root: Element) -> Iterator[Element]:
    return (part for part in root.iter() if isinstance(part.tag, str))
