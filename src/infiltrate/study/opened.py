"""A finished run opened in a cell, as it is or with other choices."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa

from infiltrate.errors import Problem, RunFailed, SourceError, StoreError
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import DuckDBEngine, Engine
from infiltrate.tables.store import TableStore

_COMMAND = (sys.executable, "-c", "from infiltrate.cli import main; main()")
_RESULTS = "results"
_MEMORY_GIB = 1.0
_SAID = ("value", "low", "high", "status")
_NOT_KEYS = (*_SAID, "reason", "definition", "n_units", "unit", "interval")


@dataclass(frozen=True, eq=False)
class OpenedRun:
    """The tables and parameters of a run; at the end of a cell it shows itself.

    Attributes
    ----------
    name : str
        Name of the results folder.
    run_dir : Path
        Where the tables are: the results themselves, or a scratch folder for other choices, which
        goes away with the kernel.
    original : Path
        The results folder.
    changes : tuple of str
        Choices that differ from the run, as ``path=value``.
    """

    name: str
    run_dir: Path
    original: Path
    changes: tuple[str, ...] = ()
    _scratch: TemporaryDirectory | None = None

    @cached_property
    def params(self) -> StudyParams:
        """Every parameter, changed ones with their new value."""
        return load_params(self.run_dir / "params.json")

    @cached_property
    def tables(self) -> dict[str, int]:
        """Number of rows of every table, by name."""
        manifest = _read_manifest(self.run_dir)
        return {name: manifest["tables"][name] for name in sorted(manifest["tables"])}

    def table(self, name: str) -> pa.Table:
        """Return a table whole.

        Raises
        ------
        StoreError
            When the run has no such table.
        """
        self._check_known([name])
        return TableStore(self.run_dir / "tables").read(name)

    def frame(self, query: str) -> pd.DataFrame:
        """Return a table by its name, or the answer to a query over all tables in SQL."""
        sql = query if " " in query.strip() else f"SELECT * FROM {self._known(query.strip())}"
        return self._engine.frame(sql)

    def effect(self) -> pd.DataFrame:
        """Return the estimates that differ from the run: one row each, before and after.

        Columns are those that name the estimate, then ``value``, ``low``, ``high`` and
        ``status``, each as it was in the run (``_run``) and as it is now.
        """
        stores = (TableStore(self.original / "tables"), TableStore(self.run_dir / "tables"))
        before, after = (store.read("estimates").to_pandas() for store in stores)
        said = [name for name in _SAID if name in before and name in after]
        keys = [name for name in before if name not in _NOT_KEYS and name in after]
        both = before[[*keys, *said]].merge(
            after[[*keys, *said]], how="outer", on=keys, suffixes=("_run", "")
        )
        columns = [column for name in said for column in (f"{name}_run", name)]
        moved = pd.Series(False, index=both.index)
        for name in said:
            one, other = both[f"{name}_run"], both[name]
            moved |= ~((one == other) | (one.isna() & other.isna()))
        return both.loc[moved, [*keys, *columns]].reset_index(drop=True)

    @cached_property
    def comparison(self) -> str:
        """What moved against the run, by how much and why; empty without changes."""
        if not self.changes:
            return ""
        return _command("compare", str(self.original), str(self.run_dir))

    def __repr__(self) -> str:
        lines = [f"{self.params.title} ({self.name}): {len(self.tables)} tables"]
        if self.changes:
            lines += [f"with {', '.join(self.changes)}, against the run:", "", self.comparison]
        else:
            widest = max(map(len, self.tables), default=0)
            lines += [f"  {name:<{widest}}  {rows:>9,}" for name, rows in self.tables.items()]
        return "\n".join(lines)

    @cached_property
    def _engine(self) -> Engine:
        engine = DuckDBEngine(memory_gib=_MEMORY_GIB, threads=1)
        TableStore(self.run_dir / "tables").open(engine, self.tables)
        return engine

    def _known(self, name: str) -> str:
        self._check_known([name])
        return name

    def _check_known(self, names: list[str]) -> None:
        if unknown := [name for name in names if name not in self.tables]:
            raise StoreError(
                f"{self.name} has no table {', '.join(unknown)}. It has {', '.join(self.tables)}."
            )


def open_run(
    name: str | Path,
    *changes: str,
    data: str | Path | None = None,
    notebooks: str | Path | None = None,
) -> OpenedRun:
    """Open a finished run, or compute it again with other choices in a scratch folder.

    ``study.open("pe")`` reads what the run left. With changes, such as
    ``study.open("pe", "choices.risk.quarantine_months=6")``, only what depends on them is
    computed again; neither the results nor the parameter file are touched.

    Parameters
    ----------
    name : str or Path
        Name of a folder in ``results`` of this folder or one above it, or a results folder.
    *changes : str
        Choices as ``path=value``, as for ``infiltrate run --set``.
    data, notebooks : path, optional
        Folders of the raw files and of the stages; by default ``data`` (or ``data/<name>``) and
        ``notebooks`` beside ``results``.

    Raises
    ------
    StoreError
        When there is no finished run of that name.
    SourceError
        When a change is asked for and the raw files are not there.
    RunFailed
        When the changed study could not be run; with what the run said.
    """
    folder = _find_results(Path(name))
    manifest = _read_manifest(folder)
    if not changes:
        return OpenedRun(folder.name, folder, folder)
    raw = _find_data(folder, manifest, None if data is None else Path(data))
    scratch = TemporaryDirectory(prefix="infiltrate-open-")
    here = Path(scratch.name)
    params_file = here / "params" / manifest["params_file"]
    params_file.parent.mkdir()
    shutil.copy(folder / "params.json", params_file)
    # with the record of the run, so that only what depends on the changes is computed again
    shutil.copytree(folder, here / folder.name, symlinks=True)
    stages = Path(notebooks) if notebooks is not None else folder.parent.parent / "notebooks"
    words = [f"--set={change}" for change in changes]
    words += [f"--notebooks={stages}"] if stages.is_dir() else []
    _command(
        *("run", str(params_file), "--data", str(raw), "--out", str(here / folder.name)), *words
    )
    return OpenedRun(folder.name, here / folder.name, folder, tuple(changes), scratch)


def _find_results(name: Path) -> Path:
    here = Path.cwd()
    places = [name, *(above / _RESULTS / name for above in (here, *here.parents))]
    for place in places:
        if (place / "manifest.json").is_file():
            return place.resolve()
    known = sorted(
        path.parent.name
        for above in (here, *here.parents)
        for path in (above / _RESULTS).glob("*/manifest.json")
    )
    raise StoreError(
        f"{name}: there is no finished run of this name in a folder `results` here or above. "
        + (f"There are {', '.join(known)}." if known else "Run `infiltrate run PARAMS` first.")
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def _find_data(folder: Path, manifest: dict[str, Any], given: Path | None) -> Path:
    above = folder.parent.parent / "data"
    names = [file["name"] for file in manifest["files"]]
    places = [given] if given is not None else [above, above / folder.name]
    for place in places:
        if all((place / name).is_file() for name in names):
            return place.resolve()
    missing = [name for name in names if not (places[0] / name).is_file()]
    raise SourceError(
        "To compute again with other choices the raw files are needed, and "
        f"{' or '.join(str(place) for place in places)} does not have them all. Give their folder: "
        'study.open(..., data="folder").',
        [Problem(name, "missing") for name in missing],
    )


def _command(*words: str) -> str:
    """Run a command of infiltrate in a process of its own, as the analyst would."""
    done = subprocess.run([*_COMMAND, *words], check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).removeprefix("error: ")
        raise RunFailed(f"`infiltrate {words[0]}` did not finish. It said:\n{said}")
    return done.stdout.strip()
