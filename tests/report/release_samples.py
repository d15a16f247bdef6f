"""A small folder of results that may leave, and one leak after another to put into it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from infiltrate.protection.rounding import round_counts
from infiltrate.protection.suppression import protect
from infiltrate.report import components
from infiltrate.report.disclosure import Tags
from infiltrate.report.pages import Site, render_notebook
from infiltrate.report.tables import show_table
from tests.protection.additive import two_way
from tests.report import samples

# valid by its check digit, invented, and belonging to nobody in the fixtures
RUC = "20512333797"
# another one, of nobody in the tables
STRANGER = "20131312955"
FIRM = "CONSTRUCTORA Ñandú Andina S.A.C."
BUYER = "Municipalidad de Villa Ficticia"
ADDRESS = "Calle de las Pruebas 1234 Villa Ficticia"
PERSON = "PE-RUC-P:0f1e2d3c4b5a6978"
SOMEBODY = "Marta Inventada"
KEY = b"k" * 32
SECTORS = ["A", "C", "F", "G"]
AREAS = ["R1", "R2", "R3"]
LISTED = np.array([[2, 30, 26], [40, 50, 61], [25, 35, 45], [80, 90, 71]])


def write_results(folder: Path) -> Path:
    """Write results that may leave: pages, notebook, images, a PDF, tables, texts."""
    for name in ("tables", "report", "notebooks", "stages", ".run"):
        (folder / name).mkdir(parents=True)
    (folder / "params.json").write_text(
        json.dumps({"country": "XX", "title": "A country of nobody", "currency": "EUR"})
    )
    _write_unit_tables(folder / "tables")
    cells = clean_cells()
    pq.write_table(pa.Table.from_pandas(cells), folder / "tables" / "cells.parquet")
    cells.to_csv(folder / "estimates.csv", index=False)
    (folder / "manifest.json").write_text(json.dumps({"seed": 5, "tables": {"cells": len(cells)}}))
    (folder / ".run" / "error.log").write_text(f"/home/somebody/x {RUC}")
    _write_notebook(folder, cells)
    _write_images(folder / "report")
    return folder


def clean_cells() -> pd.DataFrame:
    """Listed firms by sector and area, protected and rounded as the estimates are."""
    counts, equations = two_way(LISTED)
    closed = protect(counts, equations, counts < 5, 5)
    assert 0 < closed.sum() < len(counts)
    keys = [(s, a) for s in [*SECTORS, "all"] for a in [*AREAS, "all"]]
    cells = pd.DataFrame(keys, columns=["sector_id", "area_id"])
    cells.insert(0, "list_id", "court")
    cells["parent_id"] = ["all" if area != "all" else "" for area in cells["area_id"]]
    cells["listed"] = pd.Series(round_counts(counts, 5), dtype="Int64").mask(closed)
    cells["status"] = np.where(closed, "suppressed", "use")
    return cells


def true_cells() -> pd.DataFrame:
    """The same before anything is closed or rounded."""
    counts, _ = two_way(LISTED)
    return clean_cells().assign(listed=pd.Series(counts, dtype="Int64"), status="use")


def _write_unit_tables(folder: Path) -> None:
    companies = pa.table(
        {
            "company_id": [f"PE-RUC:{RUC}", "XX-REG:00918273", PERSON],
            "name": [FIRM, "Rossi & Figli S.r.l.", None],
            "address": [ADDRESS, None, None],
        }
    )
    pq.write_table(companies, folder / "companies.parquet")
    buyers = pa.table({"buyer_id": ["XX-ENT:B-7741"], "name": [BUYER]})
    pq.write_table(buyers, folder / "buyers.parquet")
    officers = pa.table({"company_id": [f"PE-RUC:{RUC}"], "officer_id": [PERSON]})
    pq.write_table(officers, folder / "officers.parquet")
    scores = pa.table({"company_id": [f"PE-RUC:{RUC}"], "risk_score": [0.9]})
    pq.write_table(scores, folder / "risk_scores.parquet")


def ranked_firms() -> pd.DataFrame:
    """The head of a ranking under tags."""
    tags = Tags(KEY)
    return pd.DataFrame({"firm": tags.tags("firm", ["XX:1", "XX:2", "XX:3"]), "rank": [1, 2, 3]})


def _write_notebook(folder: Path, cells: pd.DataFrame) -> None:
    shown = [
        components.base_rate_panel(samples.SampleBox()),
        show_table(ranked_firms(), caption="The firms ranked highest"),
        show_table(cells.drop(columns="parent_id"), caption="Listed firms by sector and area"),
    ]
    body = [nbformat.v4.new_markdown_cell("# A ranking\n\nRisk is not guilt.", id="text")]
    for number, piece in enumerate(shown):
        data = {"text/html": piece._repr_html_(), "text/plain": repr(piece)}
        output = nbformat.v4.new_output("execute_result", data, execution_count=number)
        body.append(
            nbformat.v4.new_code_cell(
                f"show({number})", id=f"code-{number}", outputs=[output], execution_count=number
            )
        )
    metadata = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    path = folder / "notebooks" / "06_risk.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=body, metadata=metadata), path)
    site = Site(title="A country of nobody", country="XX", pages=(("06_risk", "A ranking"),))
    render_notebook(path, folder / "report" / "06_risk.html", site=site)


def _write_images(folder: Path) -> None:
    figure = Figure()
    figure.subplots().set_title("Share of listed firms, 1,250 firms, 2019 to 2025")
    for kind in ("png", "svg", "pdf", "jpg"):
        figure.savefig(folder / f"share.{kind}")


def png_with(**texts: str) -> bytes:
    """A PNG of one pixel with texts beside it."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text, zip=len(text) > 30)
    return _save(Image.new("RGB", (2, 2)), "png", pnginfo=info)


def jpeg_with(tag: int, text: str, **more: object) -> bytes:
    """A JPEG with one EXIF field."""
    image = Image.new("RGB", (2, 2))
    exif = image.getexif()
    exif[tag] = text
    return _save(image, "jpeg", exif=exif, **more)


def jpeg_with_place() -> bytes:
    """A JPEG that says where it was taken."""
    image = Image.new("RGB", (2, 2))
    exif = image.getexif()
    exif.get_ifd(0x8825)[2] = (12.0, 3.0, 1.5)
    return _save(image, "jpeg", exif=exif)


def pdf_with(text: str, **metadata: str) -> bytes:
    """A PDF that shows a text."""
    import io

    figure = Figure()
    figure.subplots().set_title(text)
    file = io.BytesIO()
    figure.savefig(file, format="pdf", metadata=metadata)
    return file.getvalue()


def as_data(kind: str, content: bytes) -> str:
    """Content as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _save(image: Image.Image, kind: str, **words: object) -> bytes:
    import io

    file = io.BytesIO()
    image.save(file, format=kind, **words)
    return file.getvalue()
