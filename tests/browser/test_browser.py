"""The checks themselves notice what they are there for."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import OpenPage, serious_findings, widest_beyond


def test_a_page_that_sticks_out_or_has_no_name_for_an_image_is_found(
    open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        "<html lang='en'><title>x</title><main><h1>x</h1><img src='data:,'>"
        "<div style='width:900px'>wide</div></main></html>"
    )
    page = open_page(path, width=360)
    assert widest_beyond(page) > 500
    assert any(found.startswith("image-alt") for found in serious_findings(page))
