"""The pages of a report bound for paper: one document, its anchors kept apart."""

from __future__ import annotations

import nbformat
import pytest

from infiltrate.report.book import bind_pages, page_order
from infiltrate.report.disclosure import check_page
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from tests.report import samples
from tests.report.html_checks import PageReader

SITE = Site("Firms <& co>", [("06_risk", "Risk"), ("index", "Report")], "XX")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("report")
    notebook = samples.notebook([*samples.panels(), samples.FIGURES["flag_base_rates"]()])
    for slug in ("index", "06_risk"):
        notebook.cells[0].source = f"# About {slug}\n\nSee [risk](06_risk.html#1-part-1)."
        nbformat.write(notebook, folder / f"{slug}.ipynb")
        render_notebook(folder / f"{slug}.ipynb", folder / f"{slug}.html", site=SITE)
    first = (folder / "index.html").read_text(encoding="utf-8")
    return {slug: (folder / f"{slug}.html").read_text("utf-8") for slug in page_order(first)}


def test_chapters_stand_in_the_order_of_the_report_with_contents(pages: dict[str, str]) -> None:
    assert list(pages) == ["index", "06_risk"]
    reader = PageReader(bind_pages(pages, page_numbers={"06_risk": 7, "06_risk-1-part-1": 8}))
    assert reader.mistakes == []
    assert reader.texts["h1"] == ["Contents", "About index", "About 06_risk"]
    assert [number for number in reader.texts["span"] if number in ("7", "8")] == ["7", "8"]
    chapters = [element["id"] for element in reader.all("article")]
    assert chapters == ["index", "06_risk"]


def test_every_link_leads_to_one_place_of_the_document(pages: dict[str, str]) -> None:
    reader = PageReader(bind_pages(pages))
    ids = [element["id"] for _, element in reader.elements if "id" in element]
    assert len(ids) == len(set(ids))
    links = [link["href"] for link in reader.all("a") if not link["href"].startswith("data:")]
    assert "#06_risk-1-part-1" in links
    assert [link for link in links if link.removeprefix("#") not in ids] == []


def test_what_is_for_the_screen_stays_there(pages: dict[str, str]) -> None:
    html = bind_pages(pages)
    reader = PageReader(html)
    assert reader.all("script") == [] and "Skip to the content" not in html
    assert "neighbours" not in "".join(element.get("class", "") for _, element in reader.elements)
    assert html.count("Risk is not guilt.") == len(pages)
    assert "26 more rows are on the page" in html and "Show 26 more rows" not in html
    assert not any("open" in details for details in reader.all("details")[:3])


def test_the_whole_of_it_is_unfolded(pages: dict[str, str]) -> None:
    html = bind_pages(pages, whole=True)
    folds = PageReader(html).all("details")
    assert folds and all("open" in details for details in folds)
    assert '<body class="book whole">' in html


def test_a_title_is_text_wherever_it_stands(pages: dict[str, str]) -> None:
    html = bind_pages(pages)
    assert '<p class="book-title">Firms &lt;&amp; co&gt;</p>' in html
    assert '@bottom-left { content: "Firms \\3c & co> · XX"; }' in html
    check_page(html, ["XX-REG:1234567"], ["ACME HOLDING LTD"])
    assert bind_pages(pages) == html
