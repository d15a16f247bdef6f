"""The lists of known firms, each in the layout of its authority."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.places import REGIONS
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.country.textfile import (
    WrittenText,
    day_text,
    join_text,
    number_text,
    write_text,
)
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import DirtRates, generator_for

_GROUNDS = np.array(["links of owners", "frequent contacts", "workers on site"], dtype=object)


def write_lists(draw: Draw, folder: Path, rates: DirtRates) -> list[WrittenText]:
    """Write the lists of the card; entries nobody could match have no company number."""
    entries = draw.detection.entries
    layouts = {
        "court": _lay_out_court,
        "intelligence": _lay_out_intelligence,
        "interdictions": _lay_out_interdictions,
        "media": _lay_out_media,
    }
    written = []
    for design in draw.card.lists:
        own = entries[entries["list_id"] == design.id]
        own = own.sort_values(["listed_on", "firm"], ignore_index=True)
        rng = generator_for(draw.seed, f"file of {design.id}")
        for file, table in layouts[design.id](own, _number_companies(own, draw, rng), draw, rng):
            written.append(write_text(file, table, folder, rates, rng))
    return written


def _number_companies(entries: pd.DataFrame, draw: Draw, rng: np.random.Generator) -> np.ndarray:
    """Return the company number as the list has it: at times typed wrong, or missing (-1)."""
    known = draw.firms["number"].to_numpy()
    right = known[entries["firm"]]
    wrong = (right + rng.integers(1, 9, len(right)) * 1_000) % 90_000_000
    while np.isin(wrong, known).any():
        wrong = np.where(np.isin(wrong, known), (wrong + 1) % 90_000_000, wrong)
    number = np.where(entries["typed_wrong"], wrong, right)
    return np.where(entries["unmatched"], -1, number)


def _lay_out_court(
    entries: pd.DataFrame, numbers: np.ndarray, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    outcome = np.where(rng.random(len(entries)) < 0.6, "final", "under appeal")
    annulled = entries["annulled_on"].notna()
    table = pa.table(
        {
            "Decree": _entry_text("CT", len(entries)),
            "Court": pa.array("Court of " + _regions(entries, draw)),
            "Company no.": number_text(numbers, 8),
            "Decided on": day_text(entries["listed_on"], "%d.%m.%Y"),
            "Outcome": pa.array(np.where(annulled, "revoked on appeal", outcome)),
            "Revoked on": day_text(entries["annulled_on"], "%d.%m.%Y"),
        }
    )
    file = RawFile(
        "lists/court_register.csv",
        _no_rows(table),
        delimiter=";",
        encoding="latin-1",
        titles=("Confiscations of companies, all courts",),
        date_format="%d.%m.%Y",
        ids=("Company no.",),
        dates=("Decided on",),
        dirt=1.0,
    )
    return [(file, table)]


def _lay_out_intelligence(
    entries: pd.DataFrame, numbers: np.ndarray, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    """One line per company without a header: number, company, day, state, end."""
    table = pa.table(
        {
            "number": _entry_text("FI", len(entries)),
            "company": number_text(numbers, 8),
            "reported": day_text(entries["listed_on"], "%Y%m%d"),
            "state": pa.array(np.where(entries["annulled_on"].notna(), "WITHDRAWN", "OPEN")),
            "ended": day_text(entries["annulled_on"], "%Y%m%d"),
        }
    )
    file = RawFile(
        "lists/intelligence.txt",
        _no_rows(table),
        delimiter="|",
        has_header=False,
        date_format="%Y%m%d",
        ids=("company",),
        dates=("reported",),
        dirt=1.0,
    )
    return [(file, table)]


def _lay_out_interdictions(
    entries: pd.DataFrame, numbers: np.ndarray, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    state = np.where(entries["annulled_on"].notna(), "ANNULLED BY COURT", "IN FORCE")
    table = pa.table(
        {
            "protocol": _entry_text("PI", len(entries)),
            "region": pa.array(_regions(entries, draw)),
            "company": number_text(numbers, 8),
            "issued": day_text(entries["listed_on"]),
            "lifted": day_text(entries["annulled_on"]),
            "state": pa.array(state),
            "ground": pa.array(_GROUNDS[rng.integers(3, size=len(entries))]),
        }
    )
    year = entries["listed_on"].dt.year.to_numpy()
    return [
        (
            RawFile(
                f"lists/interdictions_{one}.csv",
                _no_rows(table),
                ids=("company",),
                dates=("issued",),
                text=("ground",),
                dirt=1.0,
            ),
            table.take(np.flatnonzero(year == one)),
        )
        for one in range(draw.card.first_year, draw.card.observed_on.year + 1)
    ]


def _lay_out_media(
    entries: pd.DataFrame, numbers: np.ndarray, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    state = np.where(entries["annulled_on"].notna(), "withdrawn", "published")
    table = pa.table(
        {
            "article": _entry_text("ME", len(entries)),
            "company": number_text(numbers, 8),
            "published": day_text(entries["listed_on"]),
            "withdrawn": day_text(entries["annulled_on"]),
            "state": pa.array(state),
        }
    )
    file = RawFile(
        "lists/media.tsv",
        _no_rows(table),
        delimiter="\t",
        ids=("company",),
        dates=("published",),
        dirt=1.0,
    )
    return [(file, table)]


def _no_rows(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(columns=table.column_names)


def _entry_text(prefix: str, count: int) -> pa.Array:
    return join_text(prefix, number_text(np.arange(count) + 1, 6))


def _regions(entries: pd.DataFrame, draw: Draw) -> np.ndarray:
    province = draw.firms["province"].to_numpy()[entries["firm"]]
    return np.array(REGIONS, dtype=object)[draw.places.province_region[province]]
