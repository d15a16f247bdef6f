"""Pages of a report in a real browser: rows, figures, code, dark, phone, keyboard, no script."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from infiltrate.report.pages import render_notebook, write_site
from infiltrate.report.site import Site
from infiltrate.report.tables import show_table
from tests.browser.conftest import OpenPage, serious_findings, widest_beyond
from tests.report import samples

CAPTION = "Markets and their flags"
NAMES = ["Àrea", "Bridge", "Canal", "Dyke", "Élan", "Ferry", "Gate", "Harbour", "Inlet", "Jetty"]


def markets() -> pd.DataFrame:
    """Forty markets; the share falls, rises and is missing twice, so that no order is given."""
    rows = [
        {
            "market": f"{NAMES[number % 10]} {number // 10 + 1}",
            "contracts": (number * 37) % 41 * 100,
            "share": None if number in (3, 31) else ((number * 17) % 40) / 80 + 0.0005,
            "value": float((number * 29) % 40 + 1) * 10 ** (3 + number % 4),
            "state": ("flag", "clear", "not_computable")[number % 3],
        }
        for number in range(40)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    formats = {"share": "percent", "value": "amount"}
    shown = [
        show_table(markets(), caption=CAPTION, formats=formats, units={"value": "EUR"}),
        samples.FIGURES["flag_base_rates"](),
        *samples.panels(),
        samples.run_card(),
    ]
    site = Site("An invented country", [("index", "Report"), ("02_contracts", "Contracts")], "XX")
    for slug in ("index", "02_contracts"):
        source = folder / f"{slug}.ipynb"
        nbformat.write(samples.notebook(shown), source)
        render_notebook(source, folder / f"{slug}.html", site=site)
    return folder / "02_contracts.html"


def column(page: Page, place: int, table: str = ".table table") -> list[str]:
    """Texts of a column of the first table, as far as they can be seen."""
    cells = page.locator(table).first.locator(f"tbody tr:visible > *:nth-child({place})")
    return [text.strip() for text in cells.all_inner_texts()]


def header(page: Page, name: str) -> object:
    return page.locator(".table table").first.locator("thead th").filter(has_text=name)


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (360, False)])
def test_a_page_has_no_serious_finding_and_nothing_sticks_out(
    open_page: OpenPage, report: Path, width: int, dark: bool
) -> None:
    page = open_page(report, width=width, dark=dark)
    page.get_by_role("button", name="Show all code").click()
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert serious_findings(page) == []
    assert widest_beyond(page) == 0


def test_pages_of_what_failed_are_as_readable(open_page: OpenPage, tmp_path: Path) -> None:
    site = Site("An invented country", [("index", "Report"), ("06_risk", "Risk")], "XX")
    notebook = samples.notebook(samples.panels()[:1])
    notebook.cells[-1].outputs = [
        nbformat.v4.new_output("error", ename="StoreError", evalue="x" * 300, traceback=["x"])
    ]
    nbformat.write(notebook, tmp_path / "06_risk.ipynb")
    render_notebook(
        tmp_path / "06_risk.ipynb", tmp_path / "06_risk.html", site=site, failed="no room"
    )
    write_site(site, tmp_path)
    for name in ("06_risk.html", "index.html"):
        page = open_page(tmp_path / name, width=360, dark=True)
        assert serious_findings(page) == [] and widest_beyond(page) == 0


def test_tables_figures_and_buttons_have_names(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    table = page.get_by_role("table", name=CAPTION)
    expect(table).to_have_count(1)
    expect(table.get_by_role("columnheader", name="value EUR")).to_have_count(1)
    expect(table.get_by_role("rowheader")).to_have_count(15)
    header(page, "share").get_by_role("button").click()
    # the arrow is for the eye; a screen reader hears the state of the column
    expect(table.get_by_role("columnheader", name="share", exact=True)).to_have_count(1)
    names = page.get_by_role("button", name="Enlarge the figure")
    assert names.count() == page.get_by_role("img").count() > 0
    for place in ("Pages", "Reading order"):
        expect(page.get_by_role("navigation", name=place)).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)


def test_rows_are_sorted_by_what_they_mean(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    as_given = column(page, 1)
    assert len(as_given) == 15
    page.get_by_role("button", name="Show all 40 rows").click()
    cell = header(page, "share")
    cell.get_by_role("button").click()
    assert cell.get_attribute("aria-sort") == "descending"
    shares = column(page, 3)
    assert shares[-3:] == ["<0.1%", "–", "–"], "what is missing stands last, whatever the order"
    expect(page.locator(".table .status").first).to_have_text("40 rows, by share, largest first")
    cell.get_by_role("button").click()
    assert column(page, 3) == [*reversed(shares[:-2]), "–", "–"]
    wanted = markets().sort_values("share", kind="stable")["market"].tolist()
    assert column(page, 1)[:20] == wanted[:20]
    cell.get_by_role("button").click()
    assert cell.get_attribute("aria-sort") is None
    assert column(page, 1)[:15] == as_given


def test_millions_stand_above_thousands_and_words_in_their_order(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    page.get_by_role("button", name="Show all 40 rows").click()
    header(page, "value").get_by_role("button").click()
    wanted = markets().sort_values("value", ascending=False, kind="stable")["value"].tolist()
    shown = [text.removesuffix(" million").replace(",", "") for text in column(page, 4)]
    assert [float(text) for text in shown[:3]] == [value / 1e6 for value in wanted[:3]]
    assert float(shown[-1]) == wanted[-1]
    header(page, "market").get_by_role("button").click()
    assert column(page, 1)[:5] == ["Àrea 1", "Àrea 2", "Àrea 3", "Àrea 4", "Bridge 1"]


def test_a_filter_finds_folded_rows_too_and_says_how_many(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    field = page.get_by_role("searchbox", name=f"Filter the rows of: {CAPTION}")
    status = page.locator(".table .status").first
    expect(status).to_have_text("40 rows, the first 15 shown")
    field.fill("elan")
    assert column(page, 1) == ["Élan 1", "Élan 2", "Élan 3", "Élan 4"]
    expect(status).to_have_text("4 of 40 rows match")
    field.fill("elan 3 flag")
    assert column(page, 1) == ["Élan 3"]
    field.fill("nothing has this name")
    assert column(page, 1) == []
    expect(status).to_have_text("0 of 40 rows match")
    field.fill("")
    assert len(column(page, 1)) == 15


def test_what_is_filtered_can_be_saved(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.get_by_role("searchbox", name=f"Filter the rows of: {CAPTION}").fill("ferry")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as CSV").first.click()
    assert started.value.suggested_filename == "markets-and-their-flags.csv"
    rows = list(csv.reader(io.StringIO(started.value.path().read_text(encoding="utf-8-sig"))))
    assert [row[0] for row in rows] == ["market", "Ferry 1", "Ferry 2", "Ferry 3", "Ferry 4"]
    assert len({len(row) for row in rows}) == 1


def test_a_figure_hands_out_the_numbers_it_draws(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    with page.expect_download() as started:
        page.locator("figure").first.get_by_role("link", name="Download the numbers").click()
    assert started.value.suggested_filename.endswith(".csv")
    numbers = samples.FIGURES["flag_base_rates"]().numbers
    saved = pd.read_csv(started.value.path())
    pd.testing.assert_frame_equal(
        saved, numbers.reset_index(drop=True), check_dtype=False, rtol=1e-4
    )


def test_a_figure_is_enlarged_moved_and_closed_by_keyboard(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    enlarge = page.get_by_role("button", name="Enlarge the figure").first
    enlarge.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.get_by_role("img").get_attribute("alt")
    assert serious_findings(page) == []
    width = "document.querySelector('.zoom img').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.evaluate(width) > 1.9 * before
    dialog.get_by_role("group").focus()
    scrolled = "document.querySelector('.view').scrollLeft"
    start = page.evaluate(scrolled)
    page.keyboard.press("ArrowRight")
    # the policy of the page forbids what Playwright's own waiting does when it has to wait
    moved = any(page.evaluate(scrolled) > start or page.wait_for_timeout(50) for _ in range(60))
    assert moved
    page.keyboard.press("0")
    assert page.evaluate(width) == before
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert enlarge.evaluate("button => button === document.activeElement")


def test_the_whole_page_is_reached_with_the_tab_key(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return e.closest('main') ? e.tagName + ' ' + e.className : 'outside'; })()"
        )
        if focused == "outside":
            break
        reached.add(focused.strip())
    assert {"INPUT", "BUTTON sort", "SUMMARY", "BUTTON", "A", "BUTTON more"} <= reached
    field = page.get_by_role("searchbox").first
    field.focus()
    page.keyboard.type("gate")
    assert column(page, 1) == ["Gate 1", "Gate 2", "Gate 3", "Gate 4"]
    header(page, "contracts").get_by_role("button").focus()
    page.keyboard.press("Space")
    assert header(page, "contracts").get_attribute("aria-sort") == "descending"


def test_code_is_folded_and_unfolded_at_once(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    codes = page.locator(".step > details.code")
    assert codes.count() > 3 and page.locator(".step > details.code[open]").count() == 0
    page.get_by_role("button", name="Show all code").click()
    assert page.locator(".step > details.code[open]").count() == codes.count()
    codes.last.locator("summary").click()
    expect(page.get_by_role("button", name="Show all code")).to_be_visible()
    page.get_by_role("button", name="Show all code").click()
    page.get_by_role("button", name="Hide all code").click()
    assert page.locator(".step > details.code[open]").count() == 0


def test_dark_readers_get_dark_figures_and_paper_stays_white(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, dark=True)
    colours = (
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
        " getComputedStyle(document.querySelector('.picture img')).filter]"
    )
    ground, ink, drawn = page.evaluate(colours)
    assert lightness(ground) < 40 and lightness(ink) > 200 and drawn.startswith("invert")
    page.emulate_media(media="print", color_scheme="dark")
    ground, ink, drawn = page.evaluate(colours)
    assert lightness(ground) == 255 and lightness(ink) < 60 and drawn == "none"
    expect(page.locator("nav.pages")).to_be_hidden()
    expect(page.get_by_role("searchbox").first).to_be_hidden()


def lightness(colour: str) -> float:
    values = [float(part) for part in colour.strip("rgba()").split(",")[:3]]
    return sum(values) / 3


@pytest.fixture
def without_script(browser: Browser, report: Path) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    yield page
    context.close()


def test_everything_is_there_without_script(without_script: Page) -> None:
    page = without_script
    assert page.get_by_role("searchbox").count() == 0 and page.locator("button").count() == 0
    page.get_by_text("Show 25 more rows").first.click()
    expect(page.get_by_role("cell", name="not computable").nth(10)).to_be_visible()
    assert page.locator("tbody tr:visible th").filter(has_text="Jetty 4").count() == 1
    page.get_by_text("Code of this step").first.click()
    expect(page.locator("details.code[open] pre").first).to_be_visible()
    expect(page.get_by_role("link", name="Download the numbers").first).to_be_visible()
    tall = page.locator(".scroll").first
    assert tall.get_attribute("tabindex") == "0" and tall.get_attribute("aria-label")


def test_a_page_asks_for_nothing_and_runs_no_script_but_its_own(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.html"
    planted = (
        "<script>document.title = 'planted'</script><img src='x.png' alt='x'"
        " onerror=\"document.title = 'planted'\"><script src='other.js'></script></main>"
    )
    changed.write_text(report.read_text(encoding="utf-8").replace("</main>", planted))
    context = browser.new_context()
    page = context.new_page()
    fetched, said = [], []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(changed.as_uri())
    assert page.title() != "planted" and len(said) >= 3
    assert [url for url in fetched if not url.startswith("data:")] == [changed.as_uri()]
    assert page.get_by_role("button", name="Show all code").is_visible()
    context.close()


def test_style_and_script_are_small(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    style = html.partition("<style>")[2].partition("</style>")[0]
    script = html.partition("<script>")[2].partition("</script>")[0]
    assert len(style) < 24_000 and len(script) < 16_000
