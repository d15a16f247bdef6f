from collections.abc import Callable
from pathlib import Path

import pytest

SOUND = """\
# yaml-language-server: $schema=schema.json
country: PE
title: A small study
currency: PEN
sources:
  - id: awards
    title: Awards
    publisher: Authority
    licence: CC0-1.0
    path: xx/awards.csv
    tables:
      bids:
        columns:
          tender_id: PROCESS
          lot_id: {combine: "{PROCESS}-{ITEM}"}
      list_entries:
        columns:
          list_id: {constant: debarments}
facts:
  thresholds:
    - {regime: direct_award, category: goods, amount: 33600, currency: PEN,
       valid_from: 2018-01-01, valid_to: 2018-12-31, source: "Budget law 2018", status: seen}
    - {regime: direct_award, category: goods, amount: 33600, currency: PEN,
       valid_from: 2019-01-01, source: "Budget law 2019"}
lists:
  - id: debarments
    title: Debarred
    authority: Tribunal
    legal_basis: Law 1
    nature: debarment
    organised_crime: false
    source: Web page
choices:
  risk: {quarantine_months: 6, lists: [debarments]}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a file params/xx.yaml in an empty folder that is also the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("params").mkdir()

    def write_file(text: str, name: str = "xx.yaml") -> Path:
        path = Path("params", name)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def sound(write: Callable[..., Path]) -> Path:
    return write(SOUND)


@pytest.fixture
def edited(write: Callable[..., Path]) -> Callable[[str, str], Path]:
    """Write the sound file with one piece of text replaced."""

    def edit(old: str, new: str) -> Path:
        assert SOUND.count(old) == 1, old
        return write(SOUND.replace(old, new))

    return edit
