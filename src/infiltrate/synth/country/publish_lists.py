"""The lists of known firms, each in the layout of its authority."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.conduct import state_conduct
from infiltrate.synth.country.misspelling import misplace, state_numbers, write_names
from infiltrate.synth.country.places import DIVISIONS, REGIONS
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

_PREFIXES = {"court": "CT", "intelligence": "FI", "interdictions": "PI", "media": "ME", "tax": "TX"}
_GROUNDS = np.array(["links of owners", "frequent contacts", "workers on site"], dtype=object)


def write_lists(
    draw: Draw, register: pd.DataFrame, folder: Path, rates: DirtRates
) -> list[WrittenText]:
    """Write the lists of the card, which name companies in their own words."""
    layouts = {
        "court": _lay_out_court,
        "intelligence": _lay_out_intelligence,
        "interdictions": _lay_out_interdictions,
        "media": _lay_out_media,
        "tax": _lay_out_tax,
    }
    written = []
    every = state_entries(draw, register)
    for design in draw.card.lists:
        own = every[every["list_id"] == design.id].reset_index(drop=True)
        rng = generator_for(draw.seed, f"file of {design.id}")
        for file, table in layouts[design.id](own, draw, rng):
            written.append(write_text(file, table, folder, rates, rng))
    return written


def state_entries(draw: Draw, register: pd.DataFrame) -> pd.DataFrame:
    """Return the entries as their lists state them; what they mean is in the truth alone.

    Every list leaves the company's number out as often as the card's least careful one.

    Returns
    -------
    pandas.DataFrame
        The columns of ``draw.detection.entries``, by list and in the order of publication, and
        ``conduct_from`` (see `state_conduct`), ``entry_id``, ``number`` (-1 for none), ``name``,
        ``place`` and ``activity`` (empty for none).
    """
    firms = draw.firms
    entries = draw.detection.entries.assign(conduct_from=state_conduct(draw))
    every = firms["number"].to_numpy()
    places = np.array(draw.places.provinces, dtype=object)
    codes = np.array([division.code for division in DIVISIONS], dtype=object)
    numberless = max((design.unmatched for design in draw.card.lists), default=0.0)
    stated = []
    for design in draw.card.lists:
        own = entries[entries["list_id"] == design.id]
        own = own.sort_values(["listed_on", "firm"], ignore_index=True)
        rng = generator_for(draw.seed, f"words of {design.id}")
        firm = own["firm"].to_numpy()
        missing = own["unmatched"].to_numpy() | (rng.random(len(own)) < numberless)
        wrong = own["typed_wrong"].to_numpy()
        names, forms = (register[name].to_numpy()[firm] for name in ("name", "legal_form"))
        place, activity = places[firms["province"]][firm], codes[firms["division"]][firm]
        stated.append(
            own.assign(
                entry_id=_entry_text(_PREFIXES[design.id], len(own)).to_pylist(),
                number=state_numbers(every[firm], every, wrong, missing, rng),
                name=write_names(names, forms, rng),
                place=misplace(place, places, rng),
                activity=misplace(activity, codes, rng),
            )
        )
    return pd.concat(stated, ignore_index=True)


def _lay_out_court(
    entries: pd.DataFrame, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    outcome = np.where(rng.random(len(entries)) < 0.6, "final", "under appeal")
    annulled = entries["annulled_on"].notna()
    table = pa.table(
        {
            "Decree": pa.array(entries["entry_id"]),
            "Court": pa.array("Court of " + _regions(entries, draw)),
            "Company no.": number_text(entries["number"], 8),
            "Company": pa.array(entries["name"]),
            "Seat": pa.array(entries["place"]),
            "Decided on": day_text(entries["listed_on"], "%d.%m.%Y"),
            "Infiltrated since": day_text(entries["conduct_from"], "%d.%m.%Y"),
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
    entries: pd.DataFrame, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    """One line per company: number, company, name, place, activity, day, state, end, since."""
    table = pa.table(
        {
            "number": pa.array(entries["entry_id"]),
            "company": number_text(entries["number"], 8),
            "name": pa.array(entries["name"]),
            "place": pa.array(entries["place"]),
            "activity": pa.array(entries["activity"]),
            "reported": day_text(entries["listed_on"], "%Y%m%d"),
            "state": pa.array(np.where(entries["annulled_on"].notna(), "WITHDRAWN", "OPEN")),
            "ended": day_text(entries["annulled_on"], "%Y%m%d"),
            "since": day_text(entries["conduct_from"], "%Y%m%d"),
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
    entries: pd.DataFrame, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    state = np.where(entries["annulled_on"].notna(), "ANNULLED BY COURT", "IN FORCE")
    table = pa.table(
        {
            "protocol": pa.array(entries["entry_id"]),
            "region": pa.array(_regions(entries, draw)),
            "company": number_text(entries["number"], 8),
            "name": pa.array(entries["name"]),
            "seat": pa.array(entries["place"]),
            "issued": day_text(entries["listed_on"]),
            "influenced_since": day_text(entries["conduct_from"]),
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
    entries: pd.DataFrame, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    state = np.where(entries["annulled_on"].notna(), "withdrawn", "published")
    table = pa.table(
        {
            "article": pa.array(entries["entry_id"]),
            "company": number_text(entries["number"], 8),
            "named": pa.array(entries["name"]),
            "where": pa.array(entries["place"]),
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


def _lay_out_tax(
    entries: pd.DataFrame, draw: Draw, rng: np.random.Generator
) -> list[tuple[RawFile, pa.Table]]:
    state = np.where(entries["annulled_on"].notna(), "rebutted", "definitive")
    table = pa.table(
        {
            "number": pa.array(entries["entry_id"]),
            "company": number_text(entries["number"], 8),
            "named": pa.array(entries["name"]),
            "seat": pa.array(entries["place"]),
            "definitive": day_text(entries["listed_on"]),
            "rebutted": day_text(entries["annulled_on"]),
            "state": pa.array(state),
        }
    )
    file = RawFile(
        "lists/tax_blacklist.csv",
        _no_rows(table),
        delimiter=";",
        ids=("company",),
        dates=("definitive",),
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
