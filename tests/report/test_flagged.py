"""A list of units by tags is refused without the banner, and a ranked one without the box."""

import pytest

from infiltrate.errors import DisclosureError
from infiltrate.report import components
from infiltrate.report.disclosure import check_page
from infiltrate.report.flagged import find_unaccompanied
from tests.report import samples

BANNER = "<p class='banner'><strong>Risk is not guilt.</strong></p>"
BOX = components.base_rate_panel(samples.SampleBox()).html
UNKNOWN = components.base_rate_panel(None).html


def table(caption: str, column: str = "firm", tag: str = "Firm K3QM7-T2XA9") -> str:
    return (
        f"<table><caption>{caption}</caption><thead><tr><th>{column}</th></tr></thead>"
        f"<tbody><tr><th>{tag}</th></tr></tbody></table>"
    )


def missing(html: str) -> list[str]:
    return [problem.found for problem in find_unaccompanied(html, "page.html")]


@pytest.mark.parametrize("caption", ["Firms ranked highest", "Flagged contracts", "Risk scores"])
def test_a_list_of_flagged_units_needs_box_and_banner(caption):
    assert len(missing(table(caption))) == 2
    assert len(missing(BANNER + table(caption))) == 1
    assert len(missing(BOX + table(caption))) == 1
    assert not missing(BANNER + BOX + table(caption))


def test_a_box_that_says_it_is_not_known_is_a_box():
    assert not missing(BANNER + UNKNOWN + table("The ranking"))


def test_the_name_of_a_column_tells_a_ranking_too():
    assert missing(BANNER + table("Firms", "risk score"))
    assert missing(BANNER + table("Units", "percentile", "Contract K3QM7-T2XA9"))


def test_other_lists_need_the_banner_only():
    assert not missing(BANNER + table("Who is on record around one winner"))
    assert len(missing(table("Who is on record around one winner"))) == 1


def test_words_about_ranking_without_units_need_nothing():
    assert not missing("<p>Firm K3QM7-T2XA9 may be read as a pseudonym in a ranking.</p>")
    assert not missing(table("Firms ranked by size", tag="12"))
    assert not missing(table("Flags by file", "file", "File K3QM7-T2XA9"))


def test_a_page_of_a_run_is_refused_without_the_box():
    with pytest.raises(DisclosureError, match="base-rate box"):
        check_page(BANNER + table("The firms ranked highest"), [], [])
    check_page(BANNER + BOX + table("The firms ranked highest"), [], [])
