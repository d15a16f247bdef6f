"""Write a synthetic country: raw files, truth and a manifest, all or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock, Timeout

from infiltrate.errors import ParamsError, Problem, RunLocked, StoreError
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.tables import SyntheticCountry, draw_country, tabulate_country
from infiltrate.synth.country.write import write_country

SCENARIOS: Mapping[str, str] = MappingProxyType(
    {name: card.meaning for name, card in CARDS.items()}
)
"""Every scenario by name, with what it tests."""
DEFAULT_FIRMS: Mapping[str, int] = MappingProxyType(
    {name: 6_000 if name == "demo" else 20_000 for name in SCENARIOS}
)
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


def simulate_tables(scenario: str, firms: int = 20_000, seed: int = 7) -> SyntheticCountry:
    """Draw a synthetic country in memory, with its truth, and write nothing.

    `simulate_country` with the same scenario, firms and seed writes the same country.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`.
    firms : int
        Number of active firms, `MINIMUM_FIRMS` or more.
    seed : int
        Seed of every draw, 0 or more.

    Raises
    ------
    ParamsError
        When the scenario is unknown or the numbers are out of range.
    """
    _check_request(scenario, firms, seed, list(SCENARIOS))
    return tabulate_country(scenario, draw_country(CARDS[scenario], firms, seed))


def simulate_country(
    scenario: str, folder: Path, *, firms: int | None = None, seed: int = 7
) -> SimulationReport:
    """Write the raw files of a synthetic country, and its truth beside them.

    It comes with its own ``params.yaml``.

    The same scenario, firms and seed give the same bytes. When the folder already holds them,
    made by this very generator, nothing is written. Otherwise everything is made in a folder
    beside it and moved into place, so that a killed simulation leaves no half country.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`.
    folder : Path
        Where the country goes; absent, empty, or a country made earlier, which is replaced.
    firms : int, optional
        Number of active companies, `MINIMUM_FIRMS` or more; `DEFAULT_FIRMS` when left out.
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
    if firms is None:
        firms = DEFAULT_FIRMS.get(scenario, MINIMUM_FIRMS)
    _check_request(scenario, firms, seed, list(SCENARIOS))
    folder = Path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock", timeout=_LOCK_SECONDS):
            return _simulate_locked(scenario, firms, seed, folder)
    except Timeout as error:
        raise RunLocked(
            f"{folder}: another simulation is writing here; wait until it ends."
        ) from error
    except OSError as error:
        raise StoreError(
            f"{folder}: could not be written: {error.strerror or error}. What was there before is "
            "untouched; free space or mend the permission, then run the same command again."
        ) from error


def _check_request(name: str, firms: int, seed: int, allowed: Sequence[str]) -> None:
    problems = []
    if name not in allowed:
        problems.append(Problem("simulate: scenario", f"'{name}' is unknown", ", ".join(allowed)))
    if firms < MINIMUM_FIRMS:
        problems.append(Problem("simulate: firms", str(firms), f"{MINIMUM_FIRMS} or more"))
    if seed < 0:
        problems.append(Problem("simulate: seed", str(seed), "0 or more"))
    if problems:
        raise ParamsError("The country cannot be simulated.", problems)


def _simulate_locked(name: str, firms: int, seed: int, folder: Path) -> SimulationReport:
    inputs = {
        "scenario": name,
        "firms": firms,
        "seed": seed,
        "generator": _hash_generator(),
    }
    _bring_back(folder)
    found = _read_manifest(folder)
    if found and found["inputs"] == inputs and _is_intact(folder, found["files"]):
        return SimulationReport(folder, True, firms, **found["counts"])
    partial = folder.parent / f".{folder.name}.being-written"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        counts = _write_country(inputs, partial)
        _move_into_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _bring_back(folder)
    return SimulationReport(folder, False, firms, **counts)


def _hash_generator() -> str:
    digest = hashlib.sha256()
    room = Path(__file__).parent
    for path in sorted(path for path in room.rglob("*") if path.suffix in (".py", ".yaml")):
        digest.update(
            path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
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
    return all(path.is_file() and _hash_file(path) == files[name] for name, path in paths.items())


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_country(inputs: Mapping[str, object], folder: Path) -> dict[str, int]:
    name, firms, seed = str(inputs["scenario"]), int(str(inputs["firms"])), int(str(inputs["seed"]))
    written = write_country(name, firms, seed, folder)
    counts = {
        "infiltrated": written.infiltrated,
        "files": written.raw_files,
        "rows": written.rows,
        "spoilt_rows": written.spoilt_rows,
    }
    files = dict(sorted(written.files.items()))
    manifest = {"inputs": inputs, "counts": counts, "files": files}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return counts


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
