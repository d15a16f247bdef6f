"""A country in a folder: raw files, the parameter file that reads them, and the truth."""

from __future__ import annotations

import copy
import hashlib
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from infiltrate.params.load import load_params
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.effects import mean_effects
from infiltrate.synth.country.firms import name_types
from infiltrate.synth.country.owners import plant_fronts
from infiltrate.synth.country.places import DIVISIONS
from infiltrate.synth.country.publish import count_firms, write_raw_files
from infiltrate.synth.country.publish_lists import state_entries
from infiltrate.synth.country.register import describe_register
from infiltrate.synth.country.tables import Draw, draw_country
from infiltrate.synth.country.template import read_template
from infiltrate.synth.scenario import DirtRates
from infiltrate.synth.written import WrittenCountry

PARAMETERS = "params.yaml"
_INVENTED = {"source": "invented for the simulation", "status": "assumed"}


def write_country(scenario: str, firms: int, seed: int, folder: Path) -> WrittenCountry:
    """Draw a card and write its country into an empty folder.

    ``params.yaml`` is all that `infiltrate run` needs besides the raw files. Its priors on wrong
    entries are the same for every card; nothing in it depends on who is infiltrated.
    """
    draw = draw_country(CARDS[scenario], firms, seed)
    written = write_raw_files(draw, folder, DirtRates())
    files = {file.path: file.sha256 for file in written}
    files[PARAMETERS] = _put(folder / PARAMETERS, _render(describe_study(scenario, draw)))
    load_params(folder / PARAMETERS)
    dirt = pd.concat([file.dirt for file in written], ignore_index=True)
    for name, table in _tell_truth(draw, dirt).items():
        text = table.to_csv(index=False, lineterminator="\n")
        files[f"truth/{name}.csv"] = _put(folder / "truth" / f"{name}.csv", text)
    return WrittenCountry(
        files=files,
        infiltrated=int(draw.firms["infiltrated"].to_numpy()[: draw.active].sum()),
        raw_files=len(written),
        rows=sum(file.rows for file in written),
        spoilt_rows=len(dirt),
    )


def _put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def describe_study(scenario: str, draw: Draw) -> dict[str, Any]:
    """Return the parameters that differ from the defaults."""
    template = copy.deepcopy(read_template())
    ids = {design.id for design in draw.card.lists}
    every = {one["id"] for one in template["lists"]}
    template["lists"] = [one for one in template["lists"] if one["id"] in ids]
    template["sources"] = [one for one in template["sources"] if one["id"] not in every - ids]
    contagion = template["choices"]["network"]["contagion"]
    contagion["case_linked_lists"] = [one for one in contagion["case_linked_lists"] if one in ids]
    crime = [one["id"] for one in template["lists"] if one["organised_crime"]]
    if len(crime) < len(ids):
        template["choices"]["risk"] = {"lists": crime, **template["choices"]["risk"]}
    if planted := mean_effects(draw.card):
        template["choices"]["impact"] = {"planted": planted}
    day = draw.card.observed_on
    counts = [
        {
            "firms": int(row.firms),
            **({"area_id": row.area} if row.area else {}),
            **({"sector_id": f"NACE2:{row.activity}"} if row.activity else {}),
            "valid_from": day,
            **_INVENTED,
        }
        for row in count_firms(draw).itertuples()
    ]
    products: dict[str, list[str]] = {}
    for division in DIVISIONS:
        products.setdefault(division.section, []).extend(code[:3] for code in division.products)
    template["facts"] |= {"universe": counts, "sector_products": products}
    template["choices"] = {"seed": draw.seed, **template["choices"]}
    country = template.pop("country")
    years = f"{draw.card.first_year} to {draw.card.last_year}"
    title = (
        f"An invented country with known truth, card '{scenario}', {draw.active:,} firms, {years}"
    )
    return {"country": country, "title": title, **template}


def _render(params: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(params, text)
    return text.getvalue()


def _tell_truth(draw: Draw, dirt: pd.DataFrame) -> dict[str, pd.DataFrame]:
    firms, entries = draw.firms, state_entries(draw, describe_register(draw))
    company = "XX-REG:" + firms["number"].astype(str).str.zfill(8)
    who = pd.DataFrame(
        {
            "company_id": company,
            "active": (np.arange(len(firms)) < draw.active).astype(int),
            "infiltrated": firms["infiltrated"].astype(int),
            "type": name_types(firms["type"].to_numpy()),
            "since": firms["since_on"].dt.strftime("%Y-%m-%d"),
        }
    )
    named = pd.DataFrame(
        {
            "list_id": entries["list_id"],
            "entry_id": entries["entry_id"],
            "company_id": company.to_numpy()[entries["firm"]],
            "listed_on": entries["listed_on"].dt.strftime("%Y-%m-%d"),
            "correct": entries["correct"].astype(int),
            "annulled": entries["annulled_on"].notna().astype(int),
            "unmatched": entries["unmatched"].astype(int),
            "typed_wrong": entries["typed_wrong"].astype(int),
            "number_stated": (entries["number"] >= 0).astype(int),
        }
    )
    return {
        "firms": who.sort_values("company_id"),
        "entries": named.sort_values(["list_id", "company_id", "entry_id"]),
        "chains": _tell_chains(draw),
        "effort": draw.detection.effort.round(6),
        "dirt": dirt.sort_values(["file", "line"]),
    }


def _tell_chains(draw: Draw) -> pd.DataFrame:
    """Return the planted chains of owners by published ids; persons by their plain numbers."""
    chains = plant_fronts(draw, describe_register(draw))

    def name(register: pd.Series | str, number: pd.Series) -> pd.Series:
        return register + ":" + number.astype(str).str.zfill(8)

    return pd.DataFrame(
        {
            "chain": chains["chain"],
            "step": chains["step"],
            "owner": name(chains["owner_register"], chains["owner"]),
            "company": name(chains["company_register"], chains["company"]),
            "nominee": name("XX-REG", chains["nominee"]),
            "listed": name("XX-REG", chains["listed"]),
        }
    )
