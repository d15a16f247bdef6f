"""Numbers of a column of results are not taken for numbers of a register."""

from __future__ import annotations

import pytest

from infiltrate.report.identifiers import find_identifiers
from infiltrate.report.page_text import Passage

IDS = ["XX-REG:00002345", "XX-REG:20123456789"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an effect of 0.00002345 here", False),
        ("-0.00002345e-05", False),
        ("0.5 and 0.0123", False),
        ("firm 00002345", True),
        ("20.123.456.789", True),
        ("0.20123456789", True),
        ("x0.00002345", True),
    ],
)
def test_the_digits_of_a_small_fraction_are_no_identifier(text: str, found: bool) -> None:
    assert bool([*find_identifiers([Passage(text, "text", "")], IDS)]) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sha256 " + "ab00002345cd" * 5 + "ef01", False),
        ("ab/00002345/cd", True),
        ("not the length of one: " + "ab 00002345 cd" * 5, True),
    ],
)
def test_the_digits_of_a_hash_are_no_identifier(text: str, found: bool) -> None:
    assert bool([*find_identifiers([Passage(text, "text", "")], IDS)]) is found
