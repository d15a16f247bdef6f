"""Pages with names: for whoever has the key, written down, and never among what may leave."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from infiltrate.cli import app
from infiltrate.errors import DisclosureError, StoreError
from infiltrate.keys import KEY_VARIABLE, derive_key, key_fingerprint
from infiltrate.report.disclosure import Tags
from infiltrate.runs.internal import write_internal_report
from infiltrate.runs.opened import AUDIT_LOG
from infiltrate.runs.release import release_results
from infiltrate.tables.store import TableStore

KEY = "0123456789abcdef0123456789abcdef"
PARAMS = "country: XX\ntitle: A country of nobody\ncurrency: EUR\n"
FIRM, PERSON = "XX-REG:00918273", "XX-REG-P:0f1e2d3c4b5a6978"
BUYER = "XX-ENT:B77"
NAME = "Rossi & Figli S.r.l."


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    (tmp_path / "xx.yaml").write_text(PARAMS)
    results = tmp_path / "results"
    store = TableStore(results / "tables")
    companies = {
        "company_id": [FIRM, PERSON],
        "kind": ["company", "natural_person"],
        "name": [NAME, None],
        "in_registry": [True, True],
        "source_id": ["register", "register"],
    }
    store.write("companies", pa.table(companies))
    store.write(
        "buyers",
        pa.table(
            {"buyer_id": ["XX-ENT:B77"], "name": ["Villa Ficticia"], "source_id": ["register"]}
        ),
    )
    for name, facts in (
        ("params", {"country": "XX", "title": "A country of nobody", "currency": "EUR"}),
        ("run", {"pseudonym_key": key_fingerprint(KEY.encode())}),
        ("manifest", {"country": "XX"}),
    ):
        (results / f"{name}.json").write_text(json.dumps(facts))
    tags = Tags(derive_key(KEY.encode(), "XX:tags"))
    firm, person, buyer = tags.tags("firm", [FIRM, PERSON]) + tags.tags("buyer", [BUYER])
    drawn = base64.b64encode(f"<svg><text>{firm}</text></svg>".encode()).decode()
    (results / "report").mkdir()
    (results / "report" / "index.html").write_text(
        "<main id='m'><h1>Ranking</h1><p>Risk is not guilt.</p>"
        f"<p>{firm}, {person}, {buyer}, Firm ZZZZZ-ZZZZZ</p><img alt='{firm}' "
        f"src='data:image/svg+xml;base64,{drawn}'></main>"
    )
    return tmp_path


def opened(study: Path) -> str:
    return (study / "results" / "report_internal" / "index.html").read_text()


def test_names_stand_in_place_of_tags_and_persons_stay_closed(study):
    public = (study / "results" / "report" / "index.html").read_text()
    page = write_internal_report(study / "xx.yaml", study / "results")
    html = page.read_text()
    assert html == opened(study)
    assert f"<p>Rossi &amp; Figli S.r.l. ({FIRM}), Firm " in html
    assert "alt='Rossi &amp; Figli" in html
    assert "Villa Ficticia (XX-ENT:B77)" in html
    assert "Firm ZZZZZ-ZZZZZ" in html
    drawing = base64.b64decode(re.search(r"base64,([\w+/=]+)", html)[1]).decode()
    assert FIRM in drawing
    assert PERSON not in html
    assert html.startswith("<main id='m'>") and "For authorised analysts" in html
    assert (study / "results" / "report" / "index.html").read_text() == public


def test_only_the_owner_may_read_them_and_the_opening_is_written_down(study):
    page = write_internal_report(study / "xx.yaml", study / "results")
    assert page.stat().st_mode & 0o077 == 0
    assert page.parent.stat().st_mode & 0o077 == 0
    write_internal_report(study / "xx.yaml", study / "results")
    lines = (study / "results" / AUDIT_LOG).read_text().splitlines()
    assert len(lines) == 2
    assert "report with names" in lines[0] and KEY not in lines[0]


def test_another_key_opens_nothing(study):
    (study / "key").write_text(KEY[::-1])
    with pytest.raises(DisclosureError, match="is not the key"):
        write_internal_report(study / "xx.yaml", study / "results")
    assert not (study / "results" / "report_internal").exists()


def test_nothing_is_opened_where_it_cannot_be_written_down(study):
    (study / "results" / ".run").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="not opened"):
        write_internal_report(study / "xx.yaml", study / "results")
    assert not (study / "results" / "report_internal").exists()


def test_pages_with_names_are_held_back_and_refused_anywhere_else(study):
    write_internal_report(study / "xx.yaml", study / "results")
    scan = release_results(study / "results")
    assert "report_internal/index.html" in scan.held_back
    assert "report/index.html" in scan.files
    (study / "site").mkdir()
    (study / "site" / "index.html").write_text(opened(study))
    with pytest.raises(DisclosureError):
        release_results(study / "site", [study / "results"])


def test_an_unfinished_run_may_not_leave(study):
    (study / "results" / "manifest.json").unlink()
    with pytest.raises(StoreError, match="no finished run"):
        release_results(study / "results")
    with pytest.raises(StoreError, match="no such folder"):
        release_results(study / "nowhere")


def test_the_command_says_what_may_leave(study):
    said = CliRunner().invoke(app, ["release", str(study / "results"), "--files"])
    assert said.exit_code == 0, said.output
    assert "may leave  report/index.html" in said.output
    assert "must stay  tables/companies.parquet" in said.output
    (study / "results" / "notes.md").write_text(NAME)
    refused = CliRunner().invoke(app, ["release", str(study / "results")])
    assert isinstance(refused.exception, DisclosureError)
    assert "Rossi" not in str(refused.exception)
