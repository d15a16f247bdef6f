"""Write a synthetic country: raw files, truth and a manifest, all or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from infiltrate.errors import ParamsError, Problem, RunLocked, StoreError
from infiltrate.synth.enforcement import simulate_lists
from infiltrate.synth.population import simulate_population
from infiltrate.synth.procurement import simulate_procurement
from infiltrate.synth.publish import build_raw_files
from infiltrate.synth.rawfile import WrittenFile, write_raw_file
from infiltrate.synth.scenario import Scenario

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({"demo": Scenario()})
MINIMUM_FIRMS = 200

_MANIFEST = "manifest.json"
_LOCK_SECONDS = 120


@dataclass(frozen=True)
class SimulationReport:
    """What is in the folder after a simulation.

    Attributes
    ----------
    folder : Path
        Where the files are.
    unchanged : bool
        Whether they were there already, byte for byte, and nothing was written.
    firms, infiltrated : int
        Companies of the country, and how many of them are infiltrated.
    files, rows, spoilt_rows : int
        Raw files, their data rows, and how many of those carry known dirt.
    """

    folder: Path
    unchanged: bool
    firms: int
    infiltrated: int
    files: int
    rows: int
    spoilt_rows: int

    def __str__(self) -> str:
        """Say it in one line."""
        what = "unchanged" if self.unchanged else "written"
        return (
            f"{self.folder}: {what}; {self.firms:,} firms, {self.files} raw files, "
            f"{self.rows:,} rows, {self.spoilt_rows:,} of them spoilt on purpose"
        )


def simulate_demo(folder: Path, *, firms: int = 6000, seed: int = 7) -> SimulationReport:
    """Write the demonstration country; see `simulate_country`."""
    return simulate_country("demo", folder, firms=firms, seed=seed)


def simulate_country(
    scenario: str, folder: Path, *, firms: int = 6000, seed: int = 7
) -> SimulationReport:
    """Write the raw files of a synthetic country, and its truth beside them.

    The same scenario, firms and seed give the same bytes. When the folder already holds them,
    made by this very generator, nothing is written. Otherwise everything is made in a folder
    beside it and moved into place, so that a killed simulation leaves no half country.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`.
    folder : Path
        Where the country goes; absent, empty, or a country made earlier, which is replaced.
    firms : int
        Number of companies, `MINIMUM_FIRMS` or more.
    seed : int
        Seed of every draw, 0 or more.

    Raises
    ------
    ParamsError
        When the scenario is unknown or the numbers are out of range.
    StoreError
        When the folder holds something else, or cannot be written.
    RunLocked
        When another simulation is writing to the same folder.
    """
    chosen = replace(_find_scenario(scenario, firms, seed), firms=firms, seed=seed)
    folder = Path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock", timeout=_LOCK_SECONDS):
            return _simulate_locked(scenario, chosen, folder)
    except Timeout as error:
        raise RunLocked(
            f"{folder}: another simulation is writing here; wait until it ends."
        ) from error
    except OSError as error:
        raise StoreError(
            f"{folder}: could not be written: {error.strerror or error}. What was there before is "
            "untouched; free space or mend the permission, then run the same command again."
        ) from error


def _find_scenario(name: str, firms: int, seed: int) -> Scenario:
    problems = []
    if name not in SCENARIOS:
        problems.append(Problem("simulate: scenario", f"'{name}' is unknown", ", ".join(SCENARIOS)))
    if firms < MINIMUM_FIRMS:
        problems.append(Problem("simulate: firms", str(firms), f"{MINIMUM_FIRMS} or more"))
    if seed < 0:
        problems.append(Problem("simulate: seed", str(seed), "0 or more"))
    if problems:
        raise ParamsError("The country cannot be simulated.", problems)
    return SCENARIOS[name]


def _simulate_locked(name: str, scenario: Scenario, folder: Path) -> SimulationReport:
    inputs = {
        "scenario": name,
        "firms": scenario.firms,
        "seed": scenario.seed,
        "generator": _hash_generator(),
    }
    _bring_back(folder)
    found = _read_manifest(folder)
    if found and found["inputs"] == inputs and _is_intact(folder, found["files"]):
        return SimulationReport(folder, True, scenario.firms, **found["counts"])
    partial = folder.parent / f".{folder.name}.being-written"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        counts = _write_country(scenario, inputs, partial)
        _move_into_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _bring_back(folder)
    return SimulationReport(folder, False, scenario.firms, **counts)


def _hash_generator() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read_manifest(folder: Path) -> dict | None:
    """Return the manifest of an earlier simulation; refuse a folder that holds anything else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if {"inputs", "counts", "files"} <= set(manifest):
            return dict(manifest)
    except (OSError, ValueError, TypeError):
        pass
    raise StoreError(
        f"{folder}: holds files that no simulation wrote. Choose another folder, or delete it."
    )


def _is_intact(folder: Path, files: Mapping[str, str]) -> bool:
    paths = {path: folder / path for path in files}
    return all(
        path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == files[name]
        for name, path in paths.items()
    )


def _write_country(
    scenario: Scenario, inputs: Mapping[str, object], folder: Path
) -> dict[str, int]:
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
    counts = {
        "infiltrated": int(population.firms["infiltrated"].sum()),
        "files": len(written),
        "rows": sum(file.rows for file in written),
        "spoilt_rows": sum(len(file.dirt) for file in written),
    }
    hashes = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    manifest = {"inputs": inputs, "counts": counts, "files": hashes}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return counts


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


def _move_into_place(partial: Path, folder: Path) -> None:
    if folder.exists():
        folder.replace(_set_aside(folder))
    partial.replace(folder)
    shutil.rmtree(_set_aside(folder), ignore_errors=True)


def _bring_back(folder: Path) -> None:
    """Undo a replacement that was killed or refused between its two moves."""
    aside = _set_aside(folder)
    if aside.exists() and not folder.exists():
        aside.replace(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _set_aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.replaced"
