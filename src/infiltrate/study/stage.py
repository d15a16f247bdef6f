"""The one thing a notebook opens: parameters, tables to read, tables to publish, randomness."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel

from infiltrate.errors import ParamsError, RunFailed
from infiltrate.keys import derive_key, load_key
from infiltrate.params.choices import EngineChoices
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import Engine, open_engine
from infiltrate.tables.files import replace_file
from infiltrate.tables.store import TableStore

_INDICATORS = "choices.indicators"
"""What a stage declares when it computes indicators: only such stages need another engine."""

RANKING = ".run/models/ranking.skops"
"""Where a run keeps its ranking of firms, in the folder of its results; it never leaves."""

ALWAYS_READABLE = ("country", "title", "question", "universe", "currency", "choices.engine")


@dataclass
class Study:
    """One stage of one study, as its notebook sees it.

    Attributes
    ----------
    stage : str
        Name of the notebook without its ending.
    params : StudyParams
        The study's parameters; a block that the stage did not declare cannot be read.
    store : TableStore
        The tables of the study.
    engine : Engine
        Engine with the declared tables registered under their names.
    run_dir : Path
        Folder of the study's results.
    """

    stage: str
    params: StudyParams
    store: TableStore
    engine: Engine
    run_dir: Path
    _seed: int
    _reads: tuple[str, ...]
    _writes: tuple[str, ...]
    _warnings: list[str] = field(default_factory=list)
    _published: dict[str, int] = field(default_factory=dict)
    _kept: dict[str, str] = field(default_factory=dict)

    def frame(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Run a query over the declared tables."""
        return self.engine.frame(sql, parameters)

    def table(self, name: str) -> pa.Table:
        """Return a declared table whole."""
        return self.engine.query(f"SELECT * FROM {name}")

    def rng(self, step: str) -> np.random.Generator:
        """Return the random generator of a named step; adding a step moves no other's numbers."""
        digest = hashlib.sha256(f"{self.stage}:{step}".encode()).digest()
        return np.random.default_rng([self._seed, *np.frombuffer(digest, dtype=np.uint32)])

    def publish(self, name: str, data: pa.Table | pd.DataFrame, key: Sequence[str] = ()) -> None:
        """Store a declared table, sorted by its key.

        Raises
        ------
        RunFailed
            When the stage did not declare that it writes the table.
        """
        self._check_declared(name)
        self._published[name] = self.store.write(name, data, key)

    def leave_text(self, name: str, text: str) -> None:
        """Leave a text beside the tables, for an analyst to read or to paste elsewhere."""
        with replace_file(self.run_dir / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def keep_ranking(self, parts: Mapping[str, object] | None) -> None:
        """Keep a fitted ranking for ``infiltrate score``; None where nobody was ranked.

        Parameters
        ----------
        parts : mapping of str to object, or None
            Estimators, arrays and texts; no firm's identifier.
        """
        from infiltrate.study.kept_model import write_model

        path = self.run_dir / RANKING
        if parts is None:
            path.unlink(missing_ok=True)
        else:
            self._kept[RANKING] = write_model(path, parts)

    def confirm(self, *names: str) -> None:
        """Note that declared tables were written to the store by the package itself."""
        for name in names:
            self._check_declared(name)
            if self.store.exists(name):
                self._published[name] = self.store.read(name).num_rows
            elif name in TABLES:
                self._published[name] = self.store.write(
                    name, TABLES[name].arrow_schema.empty_table()
                )

    def warn(self, *texts: str) -> None:
        """Put warnings on the report's first page."""
        self._warnings.extend(text for text in texts if text not in self._warnings)

    def key(self, purpose: str) -> bytes:
        """Return the pseudonym key for a purpose of this study."""
        return derive_key(load_key(), f"{self.params.country}:{purpose}")

    def records(self) -> list[dict[str, Any]]:
        """Return what every finished stage left: name, tables written, warnings."""
        folder = self.run_dir / "stages"
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def finish(self) -> None:
        """Check that every declared table was written and leave the mark of success.

        Raises
        ------
        RunFailed
            When a declared table is missing.
        """
        missing = [name for name in self._writes if name not in self._published]
        if missing:
            raise RunFailed(
                f"Stage {self.stage} ended without writing {', '.join(missing)}. "
                "Publish the table or take it out of `writes`."
            )
        record = {
            "stage": self.stage,
            "engine": self.engine.description,
            "tables": self._published,
            "warnings": self._warnings,
            **({"kept": self._kept} if self._kept else {}),
        }
        with replace_file(self.run_dir / "stages" / f"{self.stage}.json") as temporary:
            temporary.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False))
        self.engine.close()

    def _check_declared(self, name: str) -> None:
        if name not in self._writes:
            raise RunFailed(
                f"Stage {self.stage} writes {', '.join(self._writes) or 'nothing'}, not {name}. "
                "Add it to `writes` of open_study."
            )


def open_study(
    params_file: str | Path,
    run_dir: str | Path,
    *,
    stage: str,
    reads: Sequence[str] = (),
    writes: Sequence[str] = (),
    params: Sequence[str] = (),
) -> Study:
    """Open a study from a notebook.

    The runner reads the same declaration to know when the stage must run again, so it has to be
    written out in the notebook, as literals. A stage that declares ``choices.indicators`` works on
    every contract, with the engine that the parameters name; the others read raw files, or tables
    of one row a firm or less, and stay with DuckDB in process.

    Parameters
    ----------
    params_file : path
        The country's YAML file, or the resolved parameters of a run.
    run_dir : path
        Folder of the study's results.
    stage : str
        Name of the notebook without its ending.
    reads, writes : sequence of str
        Tables the stage reads and writes.
    params : sequence of str
        Blocks of the parameters it depends on, for example ``choices.risk``. ``choices.seed``
        is needed to draw random numbers.

    Raises
    ------
    ParamsError
        When the parameters cannot be used.
    StoreError
        When a table to read has not been written yet.
    """
    full = load_params(Path(params_file))
    folder = Path(run_dir)
    store = TableStore(folder / "tables")
    choices = full.choices.engine
    if _INDICATORS not in params:
        choices = choices.model_copy(update={"name": EngineChoices().name})
    engine = open_engine(choices, folder / ".run" / f"spill-{stage}")
    store.open(engine, reads)
    return Study(
        stage=stage,
        params=_withhold(full, (*ALWAYS_READABLE, *params), stage),
        store=store,
        engine=engine,
        run_dir=folder,
        _seed=full.choices.seed,
        _reads=tuple(reads),
        _writes=tuple(writes),
    )


class _Withheld:
    """Stands where a block of parameters would be that the stage did not declare."""

    def __init__(self, block: str, stage: str) -> None:
        object.__setattr__(
            self,
            "_message",
            f"Stage {stage} reads the parameters {block} without "
            f"declaring them. Add '{block}' to `params` of open_study.",
        )

    def __getattr__(self, name: str) -> Any:
        raise ParamsError(object.__getattribute__(self, "_message"))

    def __iter__(self) -> Iterator[Any]:
        raise ParamsError(object.__getattribute__(self, "_message"))

    def __len__(self) -> int:
        raise ParamsError(object.__getattribute__(self, "_message"))

    def __bool__(self) -> bool:
        raise ParamsError(object.__getattribute__(self, "_message"))


def _withhold(model: Any, declared: Sequence[str], stage: str, path: str = "") -> Any:
    hidden: dict[str, Any] = {}
    for name in type(model).model_fields:
        block = f"{path}{name}"
        value = getattr(model, name)
        if block in declared:
            continue
        if any(wanted.startswith(f"{block}.") for wanted in declared) and isinstance(
            value, BaseModel
        ):
            hidden[name] = _withhold(value, declared, stage, f"{block}.")
        else:
            hidden[name] = _Withheld(block, stage)
    return model.model_copy(update=hidden)
