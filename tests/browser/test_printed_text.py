"""What a browser prints is read by the release like any page."""

from __future__ import annotations

from infiltrate.report.file_text import read_file_text
from infiltrate.report.identifiers import find_identifiers
from infiltrate.report.names import find_names
from tests.browser.conftest import OpenPage

RUC = "20512333797"
PAGE = f"""<!doctype html><html lang="en"><title>Office of nobody</title>
<h1>Constructora Ñandú Andina S.A.C.</h1><p>Firm <b>{RUC[:4]}</b>{RUC[4:]}</p>
<p style="font-family: monospace">20.131.312.955</p></html>"""


def test_the_text_of_a_printed_page_is_found(open_page: OpenPage, tmp_path) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    printed = open_page(path).pdf(tagged=True)
    passages = read_file_text("page.pdf", printed).passages
    assert any("Office of nobody" in passage.text for passage in passages)
    assert list(
        find_names(passages, ["CONSTRUCTORA NANDU ANDINA SAC", "Constructora Ñandú Andina"])
    )
    found = [words for _, words in find_identifiers(passages, [f"PE-RUC:{RUC}"])]
    assert any("2051" in words for words in found)
    assert list(find_identifiers(passages, ["PE-RUC:20131312955"]))
