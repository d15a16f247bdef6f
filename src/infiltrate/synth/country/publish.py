"""A drawn country as its publishers put it out: one layout each, written part by part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.accounts import COLUMNS as ACCOUNT_COLUMNS
from infiltrate.synth.country.accounts import draw_accounts
from infiltrate.synth.country.measures import measure_areas
from infiltrate.synth.country.owners import list_owners
from infiltrate.synth.country.places import DIVISIONS, REGIONS, tabulate_areas
from infiltrate.synth.country.publish_lists import write_lists
from infiltrate.synth.country.publish_market import write_market
from infiltrate.synth.country.register import (
    describe_register,
    list_changes,
    list_officers,
    list_persons,
)
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.country.textfile import (
    TextWriter,
    WrittenText,
    day_text,
    number_text,
    write_text,
)
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import DirtRates, generator_for
from infiltrate.synth.spelling import spell_money

_STATES = np.array(["Active", "Dormant", "In liquidation"], dtype=object)


def write_raw_files(draw: Draw, folder: Path, rates: DirtRates) -> list[WrittenText]:
    """Write every file of the country below a folder; nothing in them says who is infiltrated."""
    register = describe_register(draw)
    written = _write_places(draw, folder, rates)
    written.append(_write_register(draw, register, folder, rates))
    written += _write_officers(draw, register, folder, rates)
    written.append(_write_changes(draw, folder, rates))
    written.append(_write_owners(draw, register, folder, rates))
    written += write_lists(draw, register, folder, rates)
    del register
    written += _write_accounts(draw, folder, rates)
    written += write_market(draw, folder, rates)
    return written


def count_firms(draw: Draw) -> pd.DataFrame:
    """Return official counts of active firms: of the country, by area, and by sector."""
    firms = draw.firms.iloc[: draw.active]
    region = np.array(REGIONS, dtype=object)[draw.places.province_region[firms["province"]]]
    province = np.array(draw.places.provinces, dtype=object)[firms["province"]]
    activity = np.array([d.code for d in DIVISIONS], dtype=object)[firms["division"]]
    parts = [pd.DataFrame({"area": [""], "activity": [""], "firms": [len(firms)]})]
    areas = [region] if len(draw.places.provinces) == len(REGIONS) else [region, province]
    for codes in areas:
        counts = pd.Series(codes).value_counts().sort_index()
        parts.append(pd.DataFrame({"area": counts.index, "activity": "", "firms": counts.array}))
    counts = pd.Series(activity).value_counts().sort_index()
    parts.append(pd.DataFrame({"area": "", "activity": counts.index, "firms": counts.array}))
    return pd.concat(parts, ignore_index=True)


def _layout(path: str, columns: Sequence[str], **options: object) -> RawFile:
    """Return how a file is written, without rows."""
    return RawFile(path, pd.DataFrame(columns=list(columns)), **options)  # type: ignore[arg-type]


def _write_places(draw: Draw, folder: Path, rates: DirtRates) -> list[WrittenText]:
    rng = generator_for(draw.seed, "inhabitants")
    areas = tabulate_areas(draw.places)
    counts = count_firms(draw)
    firms = counts[counts["area"] != ""].set_index("area")["firms"]
    people = areas["area_id"].map(firms) * 11
    people = people.fillna(draw.active * 11).astype(int)
    sectors = pd.DataFrame(
        [(d.section, d.code, d.name) for d in DIVISIONS],
        columns=["section", "division", "activity"],
    )
    described = pa.table(
        {
            "code": pa.array(areas["area_id"]),
            "name": pa.array(areas["name"]),
            "level": pa.array(areas["level"]),
            "parent": pa.array(areas["parent_id"]),
            "inhabitants": pa.array([f"{n:,}".replace(",", " ") for n in people]),
        }
    )
    titles = ("Active firms on the day of the extract",)
    files = [
        (_layout("places/areas.csv", described.column_names), described),
        (_layout("places/sectors.csv", sectors.columns, delimiter="|"), _to_table(sectors)),
        (_layout("places/firm_counts.csv", counts.columns, titles=titles), _to_table(counts)),
    ]
    measures = _to_table(measure_areas(draw.detection.effort, draw.places, draw.seed))
    files.append((_layout("places/area_years.csv", measures.column_names), measures))
    return [write_text(file, table, folder, rates, rng) for file, table in files]


def _to_table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _write_register(
    draw: Draw, register: pd.DataFrame, folder: Path, rates: DirtRates
) -> WrittenText:
    rng = generator_for(draw.seed, "register file")
    firms = draw.firms
    state = _STATES[rng.choice(3, len(firms), p=(0.92, 0.05, 0.03))]
    state = np.where(firms["dissolved_on"].isna(), state, "Struck off")
    provinces = np.array(draw.places.provinces, dtype=object)
    codes = np.array([division.code for division in DIVISIONS], dtype=object)
    order = np.argsort(firms["number"].to_numpy(), kind="stable")
    table = pa.table(
        {
            "Company no.": number_text(firms["number"], 8),
            "Name": pa.array(register["name"]),
            "Legal form": pa.array(register["legal_form"]),
            "Status": pa.array(state),
            "Registered": day_text(firms["born_on"], "%d/%m/%Y"),
            "Struck off": day_text(firms["dissolved_on"], "%d/%m/%Y"),
            "Address": pa.array(register["address"]),
            "Province": pa.array(provinces[firms["province"].to_numpy()]),
            "Activity": pa.array(codes[firms["division"].to_numpy()]),
            "Capital": pa.array(spell_money(register["capital"].to_numpy() * 1000, ",", ".")),
        }
    ).take(order)
    file = _layout(
        "registry/companies.csv",
        table.column_names,
        delimiter=";",
        encoding="latin-1",
        titles=("Central register of companies", "Extract of 30/06/2026; all companies"),
        date_format="%d/%m/%Y",
        ids=("Company no.",),
        dates=("Registered",),
        dirt=1.0,
    )
    return write_text(file, table, folder, rates, rng)


def _write_changes(draw: Draw, folder: Path, rates: DirtRates) -> WrittenText:
    changes = list_changes(draw)
    table = pa.table(
        {
            "company": number_text(draw.firms["number"].to_numpy()[changes["firm"]], 8),
            "change": pa.array(changes["change"]),
            "date": day_text(changes["happened_on"]),
        }
    )
    file = _layout("registry/changes.csv", table.column_names, ids=("company",), dirt=1.0)
    return write_text(file, table, folder, rates, generator_for(draw.seed, "change file"))


def _write_officers(
    draw: Draw, register: pd.DataFrame, folder: Path, rates: DirtRates
) -> list[WrittenText]:
    officers = list_officers(draw, register)
    number = draw.firms["number"].to_numpy()
    table = pa.table(
        {
            "company": number_text(number[officers["firm"]], 8),
            "officer": number_text(officers["officer"], 8),
            "role": pa.array(officers["role"]),
            "appointed": day_text(officers["from_on"]),
            "left": day_text(officers["to_on"]),
        }
    )
    file = _layout(
        "registry/officers.csv",
        table.column_names,
        ids=("company",),
        dates=("appointed",),
        dirt=1.0,
    )
    persons = list_persons(draw, officers)
    born = pa.table(
        {
            "person": number_text(persons["officer"], 8),
            "born": pa.array(persons["born"].astype("string").astype(object), pa.string()),
        }
    )
    births = _layout("registry/persons.csv", born.column_names, delimiter=";")
    return [
        write_text(file, table, folder, rates, generator_for(draw.seed, "officer file")),
        write_text(births, born, folder, rates, generator_for(draw.seed, "person file")),
    ]


def _write_owners(
    draw: Draw, register: pd.DataFrame, folder: Path, rates: DirtRates
) -> WrittenText:
    table = list_owners(draw, register)
    file = _layout(
        "registry/owners.csv", table.column_names, delimiter="|", dates=("since",), dirt=1.0
    )
    return write_text(file, table, folder, rates, generator_for(draw.seed, "owner file"))


def _write_accounts(draw: Draw, folder: Path, rates: DirtRates) -> list[WrittenText]:
    writers: dict[int, TextWriter] = {}
    for year in range(draw.card.first_year, draw.card.last_year + 1):
        file = _layout(
            f"accounts/accounts_{year}.csv",
            ACCOUNT_COLUMNS,
            delimiter=";",
            titles=(f"Annual accounts for {year}; thousands of EUR",),
            date_format="%d.%m.%Y",
            ids=("company",),
            dates=("filed",),
            amounts=("assets",),
            dirt=1.0,
        )
        rng = generator_for(draw.seed, f"account file {year}")
        writers[year] = TextWriter(file, folder, rates, rng)
    for year, table in draw_accounts(draw):
        writers[year].append(table)
    return [writer.close() for writer in writers.values()]
