"""Hatched areas as lines: browsers print a pattern of an SVG as a large picture of dots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from math import floor
from xml.etree import ElementTree

Element = ElementTree.Element

_NAMESPACE = "http://www.w3.org/2000/svg"
_SVG = f"{{{_NAMESPACE}}}"
_RULE = re.compile(r"\.(\w+)\{([^}]*)\}")
_FILL = re.compile(r"fill:url\(#([^)]+)\)")
_SEGMENT = re.compile(r"([A-Za-z])([^A-Za-z]*)")


def draw_hatching(svg: bytes) -> bytes:
    """Return the picture with every hatched path drawn as its ground and lines clipped to it.

    Parameters
    ----------
    svg : bytes
        As `vector.write_svg` writes it: paths with absolute coordinates, patterns in user space.
    """
    root = ElementTree.fromstring(svg)
    patterns = {part.get("id"): part for part in root.iter(f"{_SVG}pattern")}
    if not patterns:
        return svg
    sheet = root.find(f".//{_SVG}style")
    styles = dict(_RULE.findall("" if sheet is None else sheet.text or ""))
    numbers = count()
    for parent in list(root.iter()):
        for place, path in reversed(list(enumerate(parent))):
            style = styles.get(path.get("class", ""), path.get("style", ""))
            filled = _FILL.search(style)
            if path.tag == f"{_SVG}path" and filled and filled[1] in patterns:
                name = f"h{next(numbers)}"
                parent[place : place + 1] = _as_lines(path, style, patterns[filled[1]], name)
    ElementTree.register_namespace("", _NAMESPACE)
    return ElementTree.tostring(root, encoding="utf-8")


def _as_lines(path: Element, style: str, pattern: Element, name: str) -> list[Element]:
    """Return ground, lines within the outline, and the outline on top."""
    ground, lines = pattern.find(f"{_SVG}rect"), pattern.find(f"{_SVG}path")
    outline = path.get("d", "")
    colour = "none" if ground is None else ground.get("fill", "none")
    clipped = Element(f"{_SVG}clipPath", {"id": name})
    clipped.append(Element(f"{_SVG}path", {"d": outline}))
    drawn = Element(f"{_SVG}g", {"clip-path": f"url(#{name})"})
    for x, y in _tiles(outline, float(pattern.get("width", 72)), float(pattern.get("height", 72))):
        tile = deepcopy(lines) if lines is not None else Element(f"{_SVG}g")
        tile.set("transform", f"translate({x:g} {y:g})")
        drawn.append(tile)
    outside = {key: value for key, value in path.attrib.items() if key == "clip-path"}
    group = Element(f"{_SVG}g", outside)
    top = {"d": outline, "style": _FILL.sub("fill:none", style)}
    group.append(Element(f"{_SVG}path", {"d": outline, "style": f"fill:{colour}"}))
    group.extend([clipped, drawn, Element(f"{_SVG}path", top)])
    return [group]


def _tiles(outline: str, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Yield the corners of all tiles that the box of an outline touches."""
    across, down = _coordinates(outline)
    for column in range(floor(min(across) / width), floor(max(across) / width) + 1):
        for row in range(floor(min(down) / height), floor(max(down) / height) + 1):
            yield column * width, row * height


def _coordinates(outline: str) -> tuple[list[float], list[float]]:
    across, down = [0.0], [0.0]
    for command, rest in _SEGMENT.findall(outline):
        numbers = [float(number) for number in rest.split()]
        across += numbers if command == "H" else [] if command == "V" else numbers[0::2]
        down += numbers if command == "V" else [] if command == "H" else numbers[1::2]
    return across[1:] or [0.0], down[1:] or [0.0]
