"""Drawings in fewer bytes: the same picture, the same words, the same bytes again."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure as Drawing

from infiltrate.report.hatching import draw_hatching
from infiltrate.report.vector import shrink_svg, size_in_pixels
from tests.report import samples

SVG = "{http://www.w3.org/2000/svg}"


def plain_svg(drawing: Drawing) -> bytes:
    target = io.BytesIO()
    drawing.savefig(target, format="svg", bbox_inches="tight", metadata={"Date": None})
    return target.getvalue()


@pytest.mark.parametrize("name", ["flag_base_rates", "sector_region_maps", "estimate_forest"])
def test_a_drawing_takes_at_most_three_fifths_of_its_bytes_and_keeps_its_words(name: str) -> None:
    plain = plain_svg(samples.FIGURES[name]().drawing)
    small = shrink_svg(plain)
    assert len(small) < 0.6 * len(plain)
    words = re.compile(rb"<!--(.*?)-->", re.DOTALL)
    assert words.findall(small) == words.findall(plain) != []
    assert size_in_pixels(small) == size_in_pixels(plain)
    assert shrink_svg(plain) == small


def test_everything_that_is_referred_to_is_there_once() -> None:
    root = ElementTree.fromstring(samples.FIGURES["flag_base_rates"]().svg())
    names = [part.get("id") for part in root.iter() if part.get("id")]
    text = ElementTree.tostring(root, encoding="unicode")
    wanted = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text))
    assert {one or other for one, other in wanted} == set(names)
    assert len(set(names)) == len(names)


def test_lines_keep_their_ends() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"><g id="a">
      <path d="M 10.123456 20 \nL 30.5 20 \nL 30.5 4.98765 \nL 1 2 \nz\n" style="fill: none"/>
      <g id="b"/></g></svg>"""
    small = shrink_svg(svg)
    assert b'd="M10.12 20H30.5V4.99L1 2z"' in small
    assert b'style="fill:none"' in small and b"<g" not in small
    assert size_in_pixels(small) == ("96", "48")


def test_a_hatched_area_becomes_lines_that_cover_it() -> None:
    svg = samples.FIGURES["flag_base_rates"]().svg()
    drawn = ElementTree.fromstring(draw_hatching(svg))
    hatched = [part for part in drawn.iter(f"{SVG}g") if "h" in part.get("clip-path", "")]
    before = ElementTree.fromstring(svg)
    sheet = before.find(f".//{SVG}style").text
    (pattern,) = (part.get("id") for part in before.iter(f"{SVG}pattern"))
    classes = re.findall(rf"\.(\w+)\{{[^}}]*fill:url\(#{pattern}\)", sheet)
    areas = [
        part
        for part in before.iter(f"{SVG}path")
        if part.get("class") in classes or f"#{pattern}" in part.get("style", "")
    ]
    assert len(hatched) == len(areas) > 0
    assert all(len(group) for group in hatched)
    fills = [part.get("style", "") for part in drawn.iter(f"{SVG}path")]
    assert not any(f"url(#{pattern})" in fill for fill in fills)
    assert not any(part.get("class") in classes for part in drawn.iter(f"{SVG}path"))


def test_tiles_follow_the_pattern_wherever_the_area_stands() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg"><defs><pattern id="p" width="72"
      height="72"><rect fill="#eee"/><path d="M0 0L72 72"/></pattern></defs>
      <path d="M70 10H80V150H70z" style="fill:url(#p)"/></svg>"""
    drawn = draw_hatching(svg).decode()
    places = set(re.findall(r"translate\(([\d ]+)\)", drawn))
    assert places == {f"{x} {y}" for x in (0, 72) for y in (0, 72, 144)}
    plain = svg.replace(b"pattern", b"marker")
    assert draw_hatching(plain) == plain
