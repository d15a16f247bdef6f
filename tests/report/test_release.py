"""Sixty leaks planted one by one in a folder that may leave: refused each time."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infiltrate.errors import DisclosureError, StoreError
from infiltrate.report.release import scan_release
from tests.report.release_samples import (
    ADDRESS,
    BUYER,
    FIRM,
    PERSON,
    RUC,
    SOMEBODY,
    STRANGER,
    as_data,
    clean_cells,
    jpeg_with,
    jpeg_with_place,
    pdf_with,
    png_with,
    ranked_firms,
    true_cells,
    write_results,
)

PAGE = "report/06_risk.html"
NOTEBOOK = "notebooks/06_risk.ipynb"
SECRETS = (RUC, STRANGER, FIRM, BUYER, ADDRESS, PERSON, SOMEBODY)
ARTIST = 0x013B
DESCRIPTION = 0x010E

Leak = Callable[[Path], None]
LEAKS: dict[str, tuple[str, Leak]] = {}


def on_page(html: str) -> Leak:
    def plant(folder: Path) -> None:
        page = folder / PAGE
        text = page.read_text()
        assert "</main>" in text
        page.write_text(text.replace("</main>", f"{html}</main>"))

    return plant


def in_notebook(change: Callable[[dict], object]) -> Leak:
    def plant(folder: Path) -> None:
        path = folder / NOTEBOOK
        notebook = json.loads(path.read_text())
        change(notebook)
        path.write_text(json.dumps(notebook))

    return plant


def add_file(name: str, content: str | bytes) -> Leak:
    def plant(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return plant


def add_table(name: str, table: pa.Table | pd.DataFrame) -> Leak:
    def plant(folder: Path) -> None:
        if name.endswith(".csv"):
            table.to_csv(folder / name, index=False)
            return
        whole = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
        pq.write_table(whole, folder / name)

    return plant


def add_output(kind: str, body: str) -> Leak:
    output = {"output_type": "display_data", "metadata": {}, "data": {kind: body}}
    return in_notebook(lambda notebook: notebook["cells"][1]["outputs"].append(output))


def add_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        archive.writestr("deep/notes.txt", f"see {RUC}")


def cut_table(folder: Path) -> None:
    path = folder / "tables" / "cells.parquet"
    path.write_bytes(path.read_bytes()[:-40])


def open_one(column: str, number: int) -> pd.DataFrame:
    cells = clean_cells()
    cells.loc[cells["listed"].isna().idxmax(), column] = number
    return cells


def as_html(table: pd.DataFrame, caption: str = "Listed firms") -> str:
    html = table.to_html(index=False, na_rep=":c", border=0)
    return html.replace("<thead>", f"<caption>{caption}</caption><thead>", 1)


def column_table(counts: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {"sector": ["Farming", "Building", "Trade", "Total"], "winners": counts}
    ).rename(columns={"sector": "kind"})


def bridge() -> str:
    """A table in which every row and column has two closed cells, and one of them leaks."""
    body = pd.DataFrame(51, index=range(5), columns=list("abcde"))
    closed = [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 2),
        (2, 3),
        (3, 3),
        (3, 4),
        (4, 3),
        (4, 4),
    ]
    body["total"] = body.sum(axis=1)
    body.loc[5] = body.sum()
    shown = body.astype(object)
    for row, column in closed:
        shown.iloc[row, column] = ":c"
    shown.insert(0, "size", [*(f"size {n}" for n in range(5)), "total"])
    return as_html(shown)


def pieces(notebook: dict) -> dict:
    return notebook["cells"][1]


def meta(table: pa.Table, key: str, text: str) -> pa.Table:
    return table.replace_schema_metadata({key: text})


def spoil_json(folder: Path, key: str, value: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))


SVG = f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{FIRM}</desc></svg>"
WIDE_RUC = RUC.translate({ord(str(n)): 0xFF10 + n for n in range(10)})
DRAWN = f"<svg><text>{RUC}</text></svg>"
AUTHOR = f"<head><meta name='author' content='{SOMEBODY}'>"
IN_A_ROW = pd.DataFrame(
    {"size": ["small", "large"], "2023": [61, 20], "2024": ["<5", 31], "total": [63, 51]}
)
PLAIN = pa.table({"estimand": ["x"], "value": [1.0]})
LEAKS |= {
    # identifiers
    "an id in a paragraph": (PAGE, on_page(f"<p>{RUC}</p>")),
    "an id with points": (PAGE, on_page("<p>20.512.333.797</p>")),
    "an id cut by a tag": (PAGE, on_page(f"<p>{RUC[:5]}<b>{RUC[5:]}</b></p>")),
    "an id in wide digits": (PAGE, on_page(f"<p>{WIDE_RUC}</p>")),
    "an id in an address": (PAGE, on_page(f"<a href='x.html?id=PE-RUC%3A{RUC}'>x</a>")),
    "an id in a comment": (PAGE, on_page(f"<!-- {RUC} -->")),
    "an id in an attribute": (PAGE, on_page(f"<td data-key='{RUC}'>x</td>")),
    "an id in a script": (PAGE, on_page(f"<script>const x = {{'{RUC}': 1}}</script>")),
    "an id in a style": (PAGE, on_page(f"<style>.f{RUC} {{color: red}}</style>")),
    "an id in an embedded drawing": (
        PAGE,
        on_page(f"<img alt='x' src='{as_data('image/svg+xml', DRAWN.encode())}'>"),
    ),
    "an id in a download": (
        PAGE,
        on_page(f"<a href='{as_data('text/csv', f'firm,n{chr(10)}{RUC},1'.encode())}'>csv</a>"),
    ),
    "a valid number nobody forbade": (PAGE, on_page(f"<p>{STRANGER}</p>")),
    "the pseudonym of a person": (PAGE, on_page(f"<p>{PERSON}</p>")),
    "an id in code": (
        NOTEBOOK,
        in_notebook(lambda book: pieces(book).update(source=f"firm = '{RUC}'")),
    ),
    "an id in a text output": (NOTEBOOK, add_output("text/plain", f"id  {RUC}")),
    "an id printed": (
        NOTEBOOK,
        in_notebook(
            lambda book: pieces(book)["outputs"].append(
                {"output_type": "stream", "name": "stdout", "text": ["firm ", RUC]}
            )
        ),
    ),
    "an id in a widget's state": (
        NOTEBOOK,
        in_notebook(lambda book: book["metadata"].update(widgets={"state": {"v": [f"x {RUC}"]}})),
    ),
    "an id in a cell's metadata": (
        NOTEBOOK,
        in_notebook(lambda book: pieces(book)["metadata"].update(tags=[f"firm-{RUC}"])),
    ),
    "an id as a key": ("manifest.json", lambda folder: spoil_json(folder, RUC, 1)),
    "an id as a number": ("manifest.json", lambda folder: spoil_json(folder, "n", [int(RUC)])),
    "an id in a Parquet column": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", pa.table({"estimand": [f"PE-RUC:{RUC}"]})),
    ),
    "an id as a number in Parquet": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", pa.table({"n_units": [int(RUC)]})),
    ),
    "an id in a list in Parquet": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", pa.table({"firms_behind": [[f"x {RUC}"]]})),
    ),
    "an id as a Parquet column": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", pa.table({f"f{RUC}": [1]})),
    ),
    "an id in Parquet metadata": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", meta(PLAIN, "source", f"of {RUC}")),
    ),
    "an id in a CSV": ("more.csv", add_table("more.csv", pd.DataFrame({"a": [1], "b": [RUC]}))),
    "an id in a file's name": (f"report/{RUC}.txt", add_file(f"report/{RUC}.txt", "nothing")),
    "an id in a search index": (
        "report/search.js",
        add_file("report/search.js", f'window.index=[["06_risk","firm {RUC}"]]'),
    ),
    "an id in an archive": ("data.zip", add_zip),
    # names
    "a name without accents": (PAGE, on_page("<p>Constructora Nandu Andina S A.C.</p>")),
    "a name read aloud": (PAGE, on_page(f"<img alt='share of {FIRM}' src='share.png'>")),
    "a buyer": (PAGE, on_page(f"<p>{BUYER.upper()}</p>")),
    "an address": (PAGE, on_page(f"<p>{ADDRESS}</p>")),
    "a name beside a PNG's pixels": (
        "report/a.png",
        add_file("report/a.png", png_with(Title=FIRM)),
    ),
    "a name packed in a PNG": (
        "report/a.png",
        add_file("report/a.png", png_with(Comment=f"drawn for the case of {FIRM} in 2024")),
    ),
    "the author of a PNG": ("report/a.png", add_file("report/a.png", png_with(Author=SOMEBODY))),
    "the artist of a JPEG": (
        "report/a.jpg",
        add_file("report/a.jpg", jpeg_with(ARTIST, SOMEBODY)),
    ),
    "a name in a JPEG's description": (
        "report/a.jpg",
        add_file("report/a.jpg", jpeg_with(DESCRIPTION, "Rossi & Figli S.r.l.")),
    ),
    "an id in a JPEG's comment": (
        "report/a.jpg",
        add_file("report/a.jpg", jpeg_with(DESCRIPTION, "a chart", comment=RUC.encode())),
    ),
    "where a photograph was taken": ("report/a.jpg", add_file("report/a.jpg", jpeg_with_place())),
    "a name after the end of an image": (
        "report/a.png",
        add_file("report/a.png", png_with() + FIRM.encode()),
    ),
    "a name in a drawing": ("report/a.svg", add_file("report/a.svg", SVG)),
    "a name in an image of a notebook": (
        NOTEBOOK,
        add_output("image/png", as_data("", png_with(Title=FIRM)).partition(",")[2]),
    ),
    "the author in an image of a page": (
        PAGE,
        on_page(f"<img alt='x' src='{as_data('image/png', png_with(Author=SOMEBODY))}'>"),
    ),
    "a name in a PDF": ("report/a.pdf", add_file("report/a.pdf", pdf_with(f"Share of {FIRM}"))),
    "the author of a PDF": (
        "report/a.pdf",
        add_file("report/a.pdf", pdf_with("A share", Author=SOMEBODY)),
    ),
    "the author of a notebook": (
        NOTEBOOK,
        in_notebook(lambda book: book["metadata"].update(authors=[{"name": SOMEBODY}])),
    ),
    "the author of a page": (
        PAGE,
        lambda folder: (folder / PAGE).write_text(
            (folder / PAGE).read_text().replace("<head>", AUTHOR)
        ),
    ),
    # traces of the machine
    "a path in a page": (PAGE, on_page("<p>see /home/marta/study/raw.csv</p>")),
    "a path of Windows": (NOTEBOOK, add_output("text/plain", r"File C:\Users\marta\study.py")),
    "a link to a file": (PAGE, on_page("<a href='file:///data/raw.csv'>raw</a>")),
    "a path in Parquet metadata": (
        "tables/estimates.parquet",
        add_table("tables/estimates.parquet", meta(PLAIN, "from", "/mnt/share/secret/raw.csv")),
    ),
    "a mail address": ("notes.md", add_file("notes.md", "ask marta.inventada@example.org")),
    "a link out of the folder": (
        "report/raw.csv",
        lambda folder: (folder / "report" / "raw.csv").symlink_to(folder / "tables"),
    ),
    # small numbers
    "a small count": (
        "tables/cells.parquet",
        add_table("tables/cells.parquet", open_one("listed", 2)),
    ),
    "counts not rounded": (
        "tables/detection_by_area.parquet",
        add_table("tables/detection_by_area.parquet", true_cells().iloc[-3:-1]),
    ),
    "a count that another table keeps closed": (
        PAGE,
        on_page(as_html(open_one("listed", 30).drop(columns="parent_id"))),
    ),
    "a count left over from a total": (PAGE, on_page(as_html(column_table([61, 36, ":c", 100])))),
    "a count left over in a CSV": (
        "more.csv",
        add_table("more.csv", column_table([61, 36, "suppressed", 100])),
    ),
    "two counts left over, both small": (
        PAGE,
        on_page(as_html(column_table([":c", 97, ":c", 100]))),
    ),
    "a bridge between closed cells": (PAGE, on_page(bridge())),
    "a count left over in a row": (PAGE, on_page(as_html(IN_A_ROW))),
    "a count left over in a download": (
        PAGE,
        on_page(
            "<a href='"
            + as_data("text/csv", column_table([61, 36, ":c", 100]).to_csv(index=False).encode())
            + "'>csv</a>"
        ),
    ),
    "a small count in a sentence": (PAGE, on_page("<p>In R1 only three firms are listed.</p>")),
    "a small count in a caption": (PAGE, on_page("<p>Farming, R1: 2 listed firms</p>")),
    # persons
    "ages of persons": (
        "more.csv",
        add_table("more.csv", pd.DataFrame({"role": ["owner"], "owner_age": [84]})),
    ),
    "a date of birth": (PAGE, on_page("<p>The owner was born on 3 May 1941.</p>")),
    # words
    "a verdict": (PAGE, on_page("<p>These mafia firms won most.</p>")),
    "flagged units without the box": (
        "report/more.html",
        add_file(
            "report/more.html",
            "<p>Risk is not guilt.</p>" + as_html(ranked_firms(), "Firms ranked highest"),
        ),
    ),
    "flagged units without the banner": (
        "report/more.html",
        add_file(
            "report/more.html",
            "<section class='base-rate'>Of 100, 3</section>"
            + as_html(ranked_firms(), "Firms ranked highest"),
        ),
    ),
    # what cannot be looked into
    "a table cut short": ("tables/cells.parquet", cut_table),
    "a file of no known kind": ("model.pkl", add_file("model.pkl", b"\x80\x04x")),
    "an archive in a page": (
        PAGE,
        on_page(f"<a href='{as_data('application/zip', b'PK')}'>all</a>"),
    ),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(tmp_path_factory.mktemp("release") / "results")


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "results"))


def test_a_clean_folder_may_leave_and_the_rest_is_held_back(clean):
    scan = scan_release(clean)
    assert {PAGE, NOTEBOOK, "report/share.png", "report/share.pdf", "report/share.svg"} <= set(
        scan.files
    )
    assert {"tables/companies.parquet", "tables/risk_scores.parquet", ".run/error.log"} <= set(
        scan.held_back
    )
    assert not set(scan.files) & set(scan.held_back)
    assert "may leave" in str(scan)


def test_there_are_fifty_leaks_or_more():
    assert len(LEAKS) >= 50


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_refused_where_it_stands_without_saying_it_again(name, folder):
    where, plant = LEAKS[name]
    plant(folder)
    with pytest.raises(DisclosureError) as caught:
        scan_release(folder)
    places = [problem.where for problem in caught.value.problems]
    assert any(place.startswith(where) for place in places), places
    said = str(caught.value).replace(where, "").casefold()
    assert not [secret for secret in SECRETS if secret.casefold() in said]


def test_the_pseudonym_key_is_refused(folder, tmp_path, monkeypatch):
    key = tmp_path / "pseudonym.key"
    key.write_text("9f" * 32)
    monkeypatch.setenv("INFILTRATE_KEY_FILE", str(key))
    scan_release(folder)
    (folder / "notes.txt").write_text("key " + "9f" * 32)
    with pytest.raises(DisclosureError, match="the key of the pseudonyms"):
        scan_release(folder)


def test_a_limit_in_a_sentence_is_no_count(folder):
    text = "Fewer than 5 listed firms. At least 4 firms are listed; 25 listed firms; no listed firm"
    add_file("notes.md", text)(folder)
    assert "notes.md" in scan_release(folder).files


def test_all_findings_come_together(folder):
    on_page(f"<p>{RUC}</p>")(folder)
    add_file("notes.md", f"{FIRM}\n\n{STRANGER}")(folder)
    with pytest.raises(DisclosureError) as caught:
        scan_release(folder)
    assert len(caught.value.problems) >= 3


def test_a_site_is_looked_at_for_the_firms_of_its_studies(folder, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<p>An index</p>")
    assert scan_release(site, [folder]).files == ("index.html",)
    (site / "index.html").write_text("<p>Rossi &amp; Figli S.r.l.</p>")
    with pytest.raises(DisclosureError):
        scan_release(site, [folder])
    (site / "raw").mkdir()
    (site / "index.html").rename(site / "raw" / "index.html")
    (site / "about.html").write_text("<p>x</p>")
    assert scan_release(site, [folder], left_out=["raw/*"]).files == ("about.html",)


def test_a_package_is_looked_into_as_one_file(folder, tmp_path):
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("README.md", "nothing")
    scan_release(package, [folder])
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("results/notes.md", f"about {FIRM}")
    with pytest.raises(DisclosureError, match="notes"):
        scan_release(package, [folder])


def test_an_empty_folder_is_no_release(tmp_path):
    with pytest.raises(StoreError, match="no file"):
        scan_release(tmp_path)
