"""Names of companies in several scripts, with and without their legal forms."""

from __future__ import annotations

import pytest

from infiltrate.linkage.names import normalise_names, read_form
from infiltrate.linkage.transliteration import write_in_latin


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tolvane Haulage Ltd.", "HAULAGE TOLVANE"),
        ("Pérez y Gómez, S.A. de C.V.", "Gomez & Perez"),
        ("K. T. V. Systems S.r.l.", "KTV systems"),
        ("ООО «Строй-Монтаж»", "Stroi Montazh"),
        ("Łódź-Øst Sp. z o.o.", "Lodz Ost"),
        ("ΔΕΛΤΑ Α.Ε.", "Delta"),
        ("شركة", "شَركة"),
        ("O'Brien Works", "OBrien  works"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    keys = normalise_names([one, other])["key"]
    assert keys[0] == keys[1] and keys[0]


def test_a_legal_form_is_kept_beside_the_name_and_never_all_of_it() -> None:
    names = normalise_names(["Brisk Ltd", "Brisk plc", "Brisk", "Ltd", "Limited Ltd"])
    assert list(names["form"]) == ["limited", "public", "", "", "limited"]
    assert list(names["written"]) == ["brisk", "brisk", "brisk", "ltd", "limited"]
    assert read_form("Public limited company (PLC)") == "public"
    assert read_form("Something else") == "" == read_form(None)


@pytest.mark.parametrize("name", [None, "", "  ", "...", "«»"])
def test_a_name_without_letters_is_missing(name: str | None) -> None:
    row = normalise_names([name]).iloc[0]
    assert row["key"] is None and row["words"] == ()


def test_scripts_become_latin_and_unknown_ones_stay() -> None:
    assert write_in_latin("Ремонт") == "remont"
    assert write_in_latin("Ελληνική") == "elliniki"
    assert write_in_latin("نور").isascii()
    assert write_in_latin("株式会社") == "株式会社"
    assert normalise_names(["株式会社"])["key"][0] == "株式会社"
