"""Numbers as a file inside a page: exact enough, and read by the check of the page."""

from __future__ import annotations

import io
from datetime import date
from urllib.parse import unquote

import pandas as pd
import pytest

from infiltrate.errors import DisclosureError
from infiltrate.report.disclosure import check_page
from infiltrate.report.download import csv_link
from tests.report.html_checks import PageReader

FRAME = pd.DataFrame(
    {
        "what": ["a, b", 'say "yes"', "100% <of> it", "línea\nsegunda"],
        "firms": [12, 412345, 100000000, -7],
        "share": [0.0123456789, None, 1.0, 2 / 3],
        "day": [date(2026, 1, 2)] * 4,
    }
)


def saved(frame: pd.DataFrame, title: str = "t") -> tuple[str, dict[str, str]]:
    reader = PageReader(csv_link(frame, title))
    assert reader.mistakes == []
    (link,) = reader.all("a")
    kind, _, body = link["href"].partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    return unquote(body), link


def test_what_is_saved_is_what_was_drawn() -> None:
    back = pd.read_csv(io.StringIO(saved(FRAME)[0]))
    assert back["what"].tolist() == FRAME["what"].tolist()
    assert back["firms"].tolist() == FRAME["firms"].tolist()
    assert back["share"].fillna(-1).tolist() == pytest.approx([0.012346, -1, 1, 0.66667])
    assert back["day"].unique().tolist() == ["2026-01-02"]


def test_the_file_is_named_after_its_title_and_the_address_holds_no_bare_sign() -> None:
    _, link = saved(FRAME, "12% of firms, and a title that goes on and on until it is very long")
    assert link["download"] == "12-of-firms-and-a-title-that-goes-on-and-on-until-it-is.csv"
    assert not set(link["href"]) & set(" \n\"'<>()#&")
    assert saved(FRAME, "…")[1]["download"] == "table.csv"


def test_an_identifier_in_the_numbers_is_found() -> None:
    for frame in (
        pd.DataFrame({"firm": ["XX-REG:1234567"], "share": [0.5]}),
        pd.DataFrame({"firm": ["ACME HOLDING LTD"], "share": [0.5]}),
    ):
        with pytest.raises(DisclosureError, match="cell inside the document in attribute href"):
            check_page(csv_link(frame, "t"), ["XX-REG:1234567"], ["ACME HOLDING LTD"])


def test_numbers_that_stand_beside_each_other_are_no_identifier() -> None:
    frame = pd.DataFrame({"a": [20123, 45678], "b": [456, 901], "c": [789, 234], "n": [1234567, 1]})
    check_page(csv_link(frame, "t"), ["XX-REG:20123456789", "XX-REG:1234567"], [])
