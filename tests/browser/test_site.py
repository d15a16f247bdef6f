"""A site in a real browser, opened from disk: by mouse, by keyboard, on a phone, without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import SERIOUS, OpenPage, widest_beyond
from tests.site.samples import SamplePair, write_pair

PAGES = (
    "index.html",
    "compare.html",
    "search.html",
    "north/index.html",
    "methods/index.html",
    "methods/prevalence.html",
    "methods/indicators/index.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    pair: SamplePair = write_pair(tmp_path_factory.mktemp("site"))
    pair.build()
    return pair.site


def findings(page: Page) -> list[str]:
    """Serious findings; the check may not fetch the style sheet, which the page forbids."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in found if rule["impact"] in SERIOUS
    ]


def test_from_the_list_of_countries_to_a_number(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "index.html")
    assert page.locator("ol.studies > li").count() == 2
    page.get_by_role("link", name="How many of Northland").click()
    assert page.get_by_role("heading", level=1).inner_text() == "How many"
    page.get_by_label("Filter the rows of: One row per province").fill("1,500")
    assert page.locator("tbody tr:visible").count() == 1
    code = page.locator(".step > details.code").first
    assert not code.evaluate("fold => fold.open")
    code.locator("summary").click()
    assert code.evaluate("fold => fold.open")
    page.get_by_role("link", name="All countries").click()
    page.get_by_role("link", name="Side by side").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Countries side by side"
    assert page.locator("figure img").count() == 2


def test_search_finds_a_word_of_a_report_and_leads_to_it(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "index.html")
    page.get_by_label("Search the site").fill("quetzals")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=quetzals")
    assert page.get_by_label("Words to look for").input_value() == "quetzals"
    assert page.locator("#state").inner_text() == "2 places."
    assert page.locator("#results mark").first.inner_text() == "quetzal"
    assert page.locator("#results .units").all_inner_texts() == ["Northland", "Northland"]
    page.locator("#results a").first.click()
    page.wait_for_url("**/north/*.html#*")
    assert page.url.endswith("#1-provinces")


def test_search_takes_beginnings_several_words_and_one_part(
    site: Path, open_page: OpenPage
) -> None:
    page = open_page(site / "search.html")
    words, state = page.get_by_label("Words to look for"), page.locator("#state")
    words.fill("quetz FOREST")
    assert state.inner_text() == "2 places."
    page.get_by_label("In", exact=True).select_option("Southland")
    assert state.inner_text().startswith("Nothing has 'quetz FOREST' in Southland.")
    page.get_by_label("In", exact=True).select_option("")
    words.fill("quetzal infiltrated")
    assert state.inner_text().startswith("No place has all of these words; with some of them:")
    words.fill("the of")
    assert state.inner_text() == "Only short or very common words: give one that says more."
    words.fill("<img src=x onerror=alert(1)>")
    assert page.locator("#results img").count() == 0
    words.fill("firm")
    assert page.locator("#results > li").count() == 41
    page.get_by_role("button", name="Show the other").click()
    assert page.locator("#results > li").count() > 41


def test_a_search_can_be_kept_as_an_address(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "search.html")
    page.get_by_label("Words to look for").fill("cloud forest")
    page.wait_for_url("**/search.html?q=cloud+forest")
    page.goto(page.url)
    assert page.get_by_label("Words to look for").input_value() == "cloud forest"
    assert page.locator("#results > li").count() == 2


def test_the_keyboard_alone_reaches_everything(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if page.evaluate("document.activeElement !== document.body"):
            assert ring != "none"
        if reached[-1].startswith("1 warning"):
            page.keyboard.press("Enter")
            assert page.get_by_text("A warning of the run.").first.is_visible()
    assert {"Northland, purchases, 2025", "Southland, 2025", "Estimates as CSV"} <= set(reached)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_serious_finding_and_none_sticks_out_on_a_phone(
    site: Path, open_page: OpenPage, dark: bool
) -> None:
    page = open_page(site / PAGES[0], width=360, dark=dark)
    for name in PAGES[:: 2 if dark else 1]:
        page.goto((site / name).as_uri())
        assert widest_beyond(page) == 0, name
        assert findings(page) == [], name
    lightness = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)[0]"
    )
    assert (lightness < 60) is dark


def test_without_script_everything_but_search_is_there(site: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "search.html").as_uri())
    assert page.get_by_text("Search needs scripts").is_visible()
    page.get_by_role("link", name="Methods").last.click()
    page.get_by_role("link", name="How many firms are infiltrated").first.click()
    assert page.locator(".document table tr").first.is_visible()
    context.close()


def test_on_paper_only_what_is_worth_paper_is_left(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "index.html")
    page.emulate_media(media="print")
    assert not page.locator("nav.pages").first.is_visible()
    assert not page.locator("form.find").is_visible()
    assert page.locator(".card-answer").first.is_visible()
    assert page.locator(".card-facts").first.is_visible()
