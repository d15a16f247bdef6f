"""A drawing looks the same in fewer bytes, and with lines in the place of patterns."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from infiltrate.report.hatching import draw_hatching
from infiltrate.report.vector import shrink_svg
from tests.report import samples
from tests.report.test_vector import plain_svg


def grey_pixels(browser: Browser, svg: bytes, path: Path) -> np.ndarray:
    path.write_bytes(svg)
    page = browser.new_page(viewport={"width": 760, "height": 700})
    page.goto(path.as_uri())
    picture = Image.open(io.BytesIO(page.screenshot())).convert("L")
    page.close()
    return np.asarray(picture, dtype=int)


@pytest.mark.parametrize("name", ["flag_base_rates", "infiltration_maps"])
def test_a_reader_sees_no_difference(browser: Browser, tmp_path: Path, name: str) -> None:
    plain = plain_svg(samples.FIGURES[name]().drawing)
    seen = grey_pixels(browser, plain, tmp_path / "plain.svg")
    small = shrink_svg(plain)
    for other in (small, draw_hatching(small)):
        difference = np.abs(grey_pixels(browser, other, tmp_path / "other.svg") - seen)
        assert np.ptp(seen) > 200, "nothing was drawn"
        # edges may move by a fraction of a pixel; without hatching more than 500 would differ
        assert (difference > 40).sum() < 100
