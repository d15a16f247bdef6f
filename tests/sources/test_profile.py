"""An unknown file: how it is written, what it holds, and a draft that reads it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from infiltrate.errors import ParamsError, SourceError
from infiltrate.params.load import load_params
from infiltrate.params.registry import load_registry
from infiltrate.params.study import StudyParams
from infiltrate.sources import read_sources
from infiltrate.sources.check import check_sources
from infiltrate.sources.new_country import start_country
from infiltrate.sources.profile import FileProfile, profile_file
from infiltrate.sources.profile_columns import describe_columns
from infiltrate.sources.profile_draft import draft_source
from infiltrate.sources.profile_keys import find_keys
from infiltrate.sources.profile_summary import describe_profile
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.sources.reading import KEY

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared data at {SHARED}")

FIRST_DAY = date(2019, 1, 1)
# Invented people, whose names must never be printed.
PEOPLE = ["Zoltana Quirinovich", "Ambrosio Felipino", "Wilhelmina Grantovska"]


def write(path: Path, rows: Sequence[Sequence[str]], **settings: Any) -> Path:
    encoding = settings.pop("encoding", "utf-8")
    above = settings.pop("above", [])
    text = io.StringIO()
    writer = csv.writer(text, **settings)
    for line in above:
        text.write(line + "\r\n")
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def day(at: int, form: str) -> str:
    return (FIRST_DAY + timedelta(days=at * 3)).strftime(form)


def amount(at: int, decimal: str, thousands: str) -> str:
    plain = f"{1234.5 + at * 1017.25:,.2f}"
    return plain.replace(",", "T").replace(".", decimal).replace("T", thousands)


def contracts(form: str = "%Y-%m-%d", decimal: str = ".", thousands: str = "") -> list[list[str]]:
    """Invented contracts of Italian firms, with a column of names of persons."""
    header = ["numero contratto", "codice fiscale", "oggetto", "importo", "data stipula"]
    header += ["tipo", "responsabile", "codice fiscale stazione appaltante"]
    # eleven digits with a right check digit
    firms = ["00743110157", "12345670017", "00488410010", "01114601006"]
    rows = [
        [
            f"K-{at:04d}",
            firms[at % 4],
            f"Fornitura n. {at} di attività",
            amount(at, decimal, thousands),
            day(at, form),
            ["Lavori", "Servizi", "Forniture"][at % 3],
            PEOPLE[at % 3],
            firms[0],
        ]
        for at in range(120)
    ]
    return [header, *rows]


def study(draft: str, folder: Path, country: str = "IT") -> StudyParams:
    head = f"country: {country}\ntitle: Drafted\ncurrency: EUR\nchoices: {{as_of: 2026-01-01}}\n"
    if "name_of_the_list" in draft:
        head += (
            "lists:\n  - {id: name_of_the_list, title: T, authority: A, legal_basis: L, "
            "nature: tax, organised_crime: false, source: none}\n"
        )
    path = folder / "drafted.yaml"
    path.write_text(f"{head}sources:\n{draft}", encoding="utf-8")
    return load_params(path)


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "cp1252"), ("|", "utf-16"), ("^", "utf-8")],
)
def test_encoding_and_delimiter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = write(tmp_path / "a.csv", contracts(), delimiter=delimiter, encoding=encoding)
    found = profile_file(path, "IT")
    assert found.layout.delimiter == delimiter
    assert found.layout.header[0] == "numero contratto"
    assert found.rows == 120
    text = path.read_bytes()
    assert text.decode(found.layout.encoding).lstrip("\ufeff") == text.decode(encoding)


def test_central_european_letters_by_country(tmp_path: Path) -> None:
    rows = [["név", "szám"], *[[f"Őrző és Fűtő Kft. – {at}", str(at)] for at in range(50)]]
    path = write(tmp_path / "a.csv", rows, encoding="cp1250")
    assert profile_file(path, "HU").layout.encoding == "cp1250"


@pytest.mark.parametrize("above", [0, 1, 2, 5])
def test_lines_above_the_header(tmp_path: Path, above: int) -> None:
    lines = [
        "Elenco aggiornato al 1 gennaio",
        "Fonte: ufficio inventato,,,,,,,",
        "",
        ",,,,,,,",
        "Nota",
    ]
    path = write(tmp_path / "a.csv", contracts(), above=lines[:above])
    layout = profile_file(path).layout
    assert (layout.title_lines, layout.header[0]) == (above, "numero contratto")


def test_a_file_without_header_is_numbered(tmp_path: Path) -> None:
    found = profile_file(write(tmp_path / "a.csv", contracts()[1:]), "IT")
    assert not found.layout.has_header
    assert found.layout.header[:2] == ("column_1", "column_2")
    assert found.rows == 120
    assert "header: [column_1, column_2" in draft_source(found, "a.csv", "IT")


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%b-%y", "%d-%m-%Y"]
)
def test_days(tmp_path: Path, form: str) -> None:
    found = profile_file(write(tmp_path / "a.csv", contracts(form)), "IT")
    assert found.columns[4].kind == "day"
    assert found.columns[4].format == form


@pytest.mark.parametrize(
    "marks", [(".", ""), (",", ""), (".", ","), (",", "."), (",", " ")], ids=str
)
def test_marks_of_numbers(tmp_path: Path, marks: tuple[str, str]) -> None:
    path = write(tmp_path / "a.csv", contracts("%Y-%m-%d", *marks), delimiter=";")
    assert profile_file(path, "IT").marks == marks


def test_identifiers_and_those_of_persons(tmp_path: Path) -> None:
    rows = contracts()
    for at in range(1, 31):
        rows[at][1] = "RSSMRA85T10A562S"  # the textbook example of a code of a person
    found = profile_file(write(tmp_path / "a.csv", rows), "IT")
    column = found.columns[1]
    assert (column.kind, column.scheme, column.persons_share) == ("identifier", "IT-CF", 0.25)
    assert any("about 25% are natural persons' numbers" in doubt for doubt in found.doubts)
    draft = draft_source(found, "a.csv", "IT")
    assert "persons: {pattern: '[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z].*'}" in draft


def test_some_shifted_rows_do_not_hide_what_a_column_holds(tmp_path: Path) -> None:
    rows = contracts()
    for at in range(5, 13):
        rows[at] = ["", *rows[at][:-1]]
    kinds = [column.kind for column in profile_file(write(tmp_path / "a.csv", rows), "IT").columns]
    assert kinds == ["text", "identifier", "text", "number", "day", "kind", "kind", "identifier"]


def test_marks_of_what_is_missing(tmp_path: Path) -> None:
    rows = contracts()
    for at in range(1, 100, 7):
        rows[at][3], rows[at][4], rows[at][2] = "n.d.", "0000-00-00", "-"
    draft = draft_source(profile_file(write(tmp_path / "a.csv", rows), "IT"), "a.csv", "IT")
    assert 'missing: [\'\', "-", "0000-00-00", "n.d."]' in draft


def test_naples_is_not_missing(tmp_path: Path) -> None:
    rows = [["provincia", "totale"], *[[["NA", "RM", "ND"][at % 3], str(at)] for at in range(60)]]
    found = profile_file(write(tmp_path / "a.csv", rows), "IT")
    assert found.columns[0].missing == ()


def test_keys() -> None:
    rows = [[str(at // 10), str(at % 10), str(at % 5), "x"] for at in range(60)]
    columns = describe_columns(["process", "lot", "other", "same"], rows, [])
    assert find_keys(columns, rows) == [("process", "lot")]
    assert find_keys(columns, [*rows, rows[0]]) == []
    alone = [[str(at), *row] for at, row in enumerate(rows)]
    columns = describe_columns(["no", "process", "lot", "other", "same"], alone, [])
    assert find_keys(columns, alone) == [("no",)]


def test_nothing_of_persons_is_printed(tmp_path: Path) -> None:
    rows = contracts()
    rows[7][5] = "Ambrosio Felipino"  # slipped into a column of kinds
    found = profile_file(write(tmp_path / "a.csv", rows), "IT")
    printed = describe_profile(found) + draft_source(found, "a.csv", "IT")
    assert not [name for name in PEOPLE if name in printed]
    assert "K-0001" not in printed
    assert "May hold names of natural persons: responsabile." in printed


def test_the_draft_reads_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path / "data" / "xx" / "contratti 2019.csv",
        contracts("%d/%m/%Y", ",", "."),
        delimiter=";",
        encoding="cp1252",
        above=["Elenco dei contratti"],
    )
    found = profile_file(path, "IT")
    params = study(draft_source(found, "xx/contratti 2019.csv", "IT"), tmp_path)
    assert check_sources(params, tmp_path / "data") == []
    (mapping,) = [source.tables["contracts"].columns for source in params.sources]
    names = {name: getattr(used, "column", used) for name, used in mapping.items()}
    assert names | {"lot_id": None} == {
        "contract_id": "numero contratto",
        "lot_id": None,
        "supplier_id": "codice fiscale",
        "buyer_id": "codice fiscale stazione appaltante",
        "value": "importo",
        "signed_on": "data stipula",
    }
    store = TableStore(tmp_path / "tables")
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        read_sources(params, tmp_path / "data", store, engine, key=KEY)
        rows = store.read("contracts").to_pylist()
    assert len(rows) == 120
    first = rows[0]
    assert (first["contract_id"], first["signed_on"]) == ("K-0000", FIRST_DAY)
    assert (str(first["value"]), first["supplier_id"]) == ("1234.50", "IT-CF:00743110157")


def test_a_list_of_persons_gives_no_identifier_away(tmp_path: Path) -> None:
    header = ["codice fiscale", "data provvedimento", "motivo"]
    people = [["RSSMRA85T10A562S", day(at, "%Y-%m-%d"), "Art. 84"] for at in range(9)]
    numbers = [row[1] for row in contracts()[1:5]]
    firms = [[numbers[at % 4], day(at, "%Y-%m-%d"), "Art. 84"] for at in range(30)]
    found = profile_file(write(tmp_path / "a.csv", [header, *firms, *people]), "IT")
    draft = draft_source(found, "a.csv", "IT")
    # firm and day would tell entries apart, and store a person's code as it is
    assert "combine" not in draft
    assert "# list_entries: nothing was found for entry_id." in draft
    found = profile_file(write(tmp_path / "b.csv", [header, *firms]), "IT")
    assert "combine: '{codice fiscale}-{data provvedimento}'" in draft_source(found, "b", "IT")


JSON_LINES = {
    "ocds": [{"ocid": "ocds-1", "id": "1", "date": "2020-01-01", "tag": ["compiled"]}],
    "psc": [{"company_number": "09506232", "data": {"kind": "super-secure"}}],
    "bods": [{"statementId": "s1", "recordType": "entity", "recordDetails": {}}],
    "ftm": [{"id": "a", "schema": "Company", "properties": {"name": ["Invented"]}}],
}


@pytest.mark.parametrize("reader", JSON_LINES)
@pytest.mark.parametrize("packed", [False, True])
def test_formats_that_a_reader_knows(tmp_path: Path, reader: str, packed: bool) -> None:
    text = "\n".join(json.dumps(item) for item in JSON_LINES[reader] * 3).encode()
    path = tmp_path / "a.json"
    path.write_bytes(gzip.compress(text, mtime=0) if packed else text)
    found = profile_file(path)
    assert found.layout.reader == reader
    assert "no mapping needed" in describe_profile(found)
    assert f"reader: {reader}" in draft_source(found, "a.json")


def test_a_package_larger_than_the_sample(tmp_path: Path) -> None:
    package = {"uri": "x", "publisher": {"name": "y"}, "releases": [{"ocid": "z" * 5_000_000}]}
    (tmp_path / "a.json").write_text(json.dumps(package))
    # the key of the part that is cut off still counts
    assert profile_file(tmp_path / "a.json").layout.reader == "ocds"


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("BasicCompanyData-2025-06-01-part1_1.csv", "companies_house"),
        ("gleif_lei2.csv", "gleif"),
        ("gleif_rr.csv", "gleif"),
        ("psc-snapshot-2025-06-01.txt", "psc"),
        ("contracts_finder.json", "ocds"),
    ],
)
def test_registers_of_the_fixtures(name: str, reader: str) -> None:
    assert profile_file(ROOT / "tests" / "fixtures" / "gb" / name).layout.reader == reader


def packed(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (packed(**{"xl/workbook.xml": b""}), "is a spreadsheet"),
        (packed(**{"a.csv": b"a"}), "is a ZIP of a.csv"),
        (b"PK\x03\x04", "a damaged archive"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "is an old spreadsheet"),
        (b"%PDF-1.7", "is a PDF"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "is packed by gzip"),
        (b"<!doctype html><html>", "is a web page"),
        (b'<?xml version="1.0"?><a/>', "is XML"),
        (random.Random(1).randbytes(9_000), "is not text"),
    ],
)
def test_what_is_no_table_of_text(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceError) as error:
        profile_file(tmp_path / "a.csv")
    assert words in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        profile_file(tmp_path / "none.csv")


def test_a_file_that_says_nothing(tmp_path: Path) -> None:
    found = profile_file(write(tmp_path / "a.csv", [["x", "y"], *[["q", "w"]] * 9]))
    assert found.proposals == ()
    assert "No table is proposed" in describe_profile(found)
    assert "tables: {}" in draft_source(found, "a.csv")
    assert profile_file(write(tmp_path / "b.csv", [["x", "y"]])).rows == 0


PIECES = ["", " ", "-", "2019-01-01", "31/12/2019", "1,5", "1.234,5", "ñandú", '"q"', "x;y", "it's"]
PIECES += ["{b}", "\\", "NA", "00743110157", "#c", "key: v", "\t", "null", "'", "[x]", "a\nb"]
NAMES = ["ruc", "codice fiscale", "fecha", "value", "value", "", "a:b", "{x}", "'q'", '"dq"', "#h"]
NAMES += ["codigo contrato", "ruc proveedor", "monto", "id", "col\nname", "moneda", "tipo contrato"]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_stands_in_a_file_the_draft_is_sound_yaml(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    width = draw.randint(1, 12)
    rows = [[draw.choice(NAMES) for _ in range(width)]]
    for at in range(draw.randint(0, 60)):
        row = [draw.choice(PIECES) if draw.random() < 0.5 else str(at) for _ in range(width)]
        rows.append(row[: draw.randint(1, width)] if draw.random() < 0.1 else row)
    path = write(
        tmp_path / "a.csv",
        rows,
        delimiter=draw.choice(",;\t|^"),
        encoding=draw.choice(["utf-8", "utf-16", "latin-1"]),
    )
    country = draw.choice(["", "IT", "PE", "HU"])
    try:
        found = profile_file(path, country)
    except SourceError:
        return
    try:
        study(draft_source(found, "a.csv", country), tmp_path)
    except ParamsError as error:
        # where nothing is recognised the draft says so, and is no source yet
        assert all("feeds no table" in str(problem) for problem in error.problems)


@needs_shared
@pytest.mark.validate
def test_a_country_from_nothing_to_tables(tmp_path: Path) -> None:
    """Armenia on a Monday: begin the file, look at the releases, take the draft, read."""
    begun = start_country("AM", load_registry(ROOT / "data" / "registry.yaml"), today=FIRST_DAY)
    name = "ocds/armenia_releases_1.json.gz"
    draft = draft_source(profile_file(SHARED / name, "AM"), name, "AM")
    assert "sources: []" in begun.text
    path = tmp_path / "am.yaml"
    path.write_text(begun.text.replace("sources: []", f"sources:\n{draft}"), encoding="utf-8")
    params = load_params(path, ["choices.as_of=2026-01-01"])
    assert check_sources(params, SHARED) == []
    store = TableStore(tmp_path / "tables")
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        read_sources(params, SHARED, store, engine, key=KEY)
    assert store.read("tenders").num_rows >= 90
    assert store.read("companies").num_rows > 20


def recall(study_file: str, country: str, folder: Path) -> tuple[int, int, int]:
    """Count the columns mapped by hand, those proposed rightly, and those proposed wrongly."""
    from infiltrate.sources.columns import as_transform, table_name
    from infiltrate.sources.files import find_files

    mapped = right = wrong = 0
    for source in load_params(ROOT / "params" / study_file).sources:
        files = find_files(source, folder)
        if source.reader != "delimited" or not files:
            continue
        found = profile_file(files[0].path, country)
        assert (found.layout.delimiter, found.layout.title_lines) == (
            source.delimiter,
            source.title_lines,
        )
        proposed = {item.table: item.columns for item in found.proposals}
        by_hand: dict[tuple[str, str], set[str]] = {}
        for feeds, mapping in source.tables.items():
            for name, filled in mapping.columns.items():
                raw = as_transform(filled).column
                if raw in found.layout.header:
                    by_hand.setdefault((table_name(feeds), name), set()).add(str(raw))
        for (table, name), raws in by_hand.items():
            mapped += 1
            if name in proposed.get(table, {}):
                hit = proposed[table][name].name in raws
                right, wrong = right + hit, wrong + (not hit)
    return mapped, right, wrong


def test_columns_of_the_fixtures_are_found() -> None:
    mapped, right, wrong = recall("gb.yaml", "GB", ROOT / "tests" / "fixtures" / "gb")
    assert (right / mapped >= 0.8, wrong) == (True, 0)


@needs_shared
@pytest.mark.validate
@pytest.mark.parametrize(
    ("study_file", "country", "least", "most_wrong"),
    [("pe.yaml", "PE", 0.55, 0.14), ("it.yaml", "IT", 0.6, 0.0)],
)
def test_columns_of_real_files_are_found(
    study_file: str, country: str, least: float, most_wrong: float
) -> None:
    mapped, right, wrong = recall(study_file, country, SHARED)
    assert right / mapped >= least
    assert wrong / max(right + wrong, 1) <= most_wrong


@needs_shared
@pytest.mark.validate
@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("pe/osce_awards_2019.csv", "PE"),
        ("pe/tce_sanctions.csv", "PE"),
        ("mx/sat_69b_2021.csv", "MX"),
        ("it/confiscated/confiscated_firms.csv", "IT"),
        ("it/crime/numero-delitti-per-provincia.csv", "IT"),
        ("ro/ted_can_2018_2022_sample.csv", "RO"),
    ],
)
def test_drafts_of_real_files_pass_the_check(tmp_path: Path, name: str, country: str) -> None:
    found: FileProfile = profile_file(SHARED / name, country)
    params = study(draft_source(found, name, country), tmp_path, country)
    assert [str(problem) for problem in check_sources(params, SHARED)] == []


@needs_shared
def test_a_real_list_is_read_by_its_draft(tmp_path: Path) -> None:
    name = "mx/sat_69b_2021.csv"
    found = profile_file(SHARED / name, "MX")
    assert (found.layout.title_lines, found.rows) == (2, 12_505)
    params = study(draft_source(found, name, "MX"), tmp_path, "MX")
    store = TableStore(tmp_path / "tables")
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        read_sources(params, SHARED, store, engine, key=KEY)
        outcomes = store.read("list_entries")["outcome"].value_counts().to_pylist()
    counted = {item["values"]: item["counts"] for item in outcomes}
    assert counted["confirmed"] > 8_000
    assert set(counted) <= {"confirmed", "annulled", "favourable", "active", None}
