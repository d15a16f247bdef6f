"""The run card of a study names files, changes and facts nobody checked."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

from infiltrate.params.facts import Facts, Threshold
from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.report.study_card import group_warnings, read_run_card


def test_files_changes_and_unchecked_facts_are_on_the_card(tmp_path: Path) -> None:
    run = {
        "files": [{"source_id": "awards", "name": "xx/awards.csv", "sha256": "a" * 64, "size": 9}],
        "environment": {"python": "3.11.7"},
        "differences": [{"path": "choices.seed", "value": "5", "default": "20260101"}],
    }
    (tmp_path / "run.json").write_text(json.dumps(run))
    source = Source(
        id="awards",
        title="Awards",
        publisher="Procurement office",
        licence="CC-BY-4.0",
        path="xx/awards.csv",
        tables={"buyers": {"columns": {"buyer_id": "id"}}},
    )
    facts = {"category": "works", "currency": "EUR", "valid_from": date(2020, 1, 1)}
    params = StudyParams(
        country="XX",
        title="A study",
        currency="EUR",
        sources=[source],
        facts=Facts(
            thresholds=[
                Threshold(regime="doubtful", amount=10, source="heard", status="to_check", **facts),
                Threshold(regime="certain", amount=20, source="law 1", status="seen", **facts),
            ]
        ),
    )
    page = read_run_card(tmp_path, params, {"Tables": ["odd dates"]})._repr_html_()
    for words in (
        "xx/awards.csv",
        "Procurement office",
        "CC-BY-4.0",
        "choices.seed",
        ">5<",
        ">20260101<",
    ):
        assert words in page
    assert "odd dates" in page
    assert "doubtful" in page
    assert "certain" not in page


def test_files_of_one_pattern_are_one_line_without_the_codes_in_their_names(tmp_path: Path) -> None:
    files = [
        {"source_id": "lots", "name": f"xx/{code}/lots.csv", "sha256": code[0] * 64, "size": 500}
        for code in ("20123456789", "10987654321")
    ]
    run = {"files": files, "environment": {}, "differences": []}
    (tmp_path / "run.json").write_text(json.dumps(run))
    source = Source(
        id="lots",
        title="Lots",
        publisher="Municipalities",
        licence="CC-BY-4.0",
        path="xx/*/lots.csv",
        tables={"buyers": {"columns": {"buyer_id": "id"}}},
    )
    params = StudyParams(country="XX", title="A study", currency="EUR", sources=[source])
    (line,) = read_run_card(tmp_path, params, {}).files
    assert (line.name, line.size_bytes) == ("xx/*/lots.csv (2 files)", 1000)
    assert line.sha256 == hashlib.sha256(("1" * 64 + "2" * 64).encode()).hexdigest()


def test_warnings_are_grouped_by_step_without_those_said_elsewhere() -> None:
    records = [
        {"stage": "01_tables", "warnings": ["odd dates"]},
        {"stage": "08_sectors_and_regions", "warnings": ["left out", "few firms"]},
    ]
    assert group_warnings(records, said={"left out"}) == {
        "Tables": ["odd dates"],
        "Sectors and regions": ["few firms"],
    }
