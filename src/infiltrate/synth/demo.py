"""The demonstration country in a folder: raw files, and the truth beside them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from infiltrate.synth.enforcement import simulate_lists
from infiltrate.synth.population import simulate_population
from infiltrate.synth.procurement import simulate_procurement
from infiltrate.synth.publish import build_raw_files
from infiltrate.synth.rawfile import WrittenFile, write_raw_file
from infiltrate.synth.scenario import Scenario
from infiltrate.synth.written import WrittenCountry


def write_demo(scenario: Scenario, folder: Path) -> WrittenCountry:
    """Draw the demonstration and write it into an empty folder; params/demo.yaml reads it."""
    population = simulate_population(scenario)
    procurement = simulate_procurement(population, scenario)
    is_supplier = np.isin(np.arange(len(population.firms)), procurement.contracts["firm"])
    entries = simulate_lists(population, is_supplier, scenario)
    written = [
        write_raw_file(raw, scenario.dirt, scenario.generator(f"dirt {raw.path}"))
        for raw in build_raw_files(population, procurement, entries, scenario)
    ]
    truth = _tell_truth(population.firms, entries, written)
    files = {file.path: file.content for file in written} | truth
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return WrittenCountry(
        files={path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
        infiltrated=int(population.firms["infiltrated"].sum()),
        raw_files=len(written),
        rows=sum(file.rows for file in written),
        spoilt_rows=sum(len(file.dirt) for file in written),
    )


def _tell_truth(
    firms: pd.DataFrame, entries: pd.DataFrame, written: list[WrittenFile]
) -> dict[str, bytes]:
    """Return the truth tables: who is infiltrated, which entries are right, which lines spoilt."""
    companies = firms[~firms["is_person"]]
    company_id = "XX-REG:" + firms["id"]
    who = pd.DataFrame(
        {
            "company_id": company_id[companies.index],
            "infiltrated": companies["infiltrated"].astype(int),
            "type": companies["type"],
        }
    ).sort_values("company_id")
    named = pd.DataFrame(
        {
            "list_id": entries["list_id"],
            "company_id": company_id.to_numpy()[entries["firm"]],
            "listed_on": entries["listed_on"].dt.strftime("%Y-%m-%d"),
            "correct": entries["is_correct"].astype(int),
        }
    ).sort_values(["list_id", "company_id"])
    dirt = pd.concat([file.dirt for file in written], ignore_index=True)
    tables = {"firms": who, "entries": named, "dirt": dirt.sort_values(["file", "line"])}
    return {
        f"truth/{name}.csv": table.to_csv(index=False, lineterminator="\n").encode()
        for name, table in tables.items()
    }
