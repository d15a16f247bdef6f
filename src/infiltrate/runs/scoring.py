"""Apply the ranking of a finished run to other firms of its country, or say why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from infiltrate.errors import CheckFailed, NotEnoughData, ParamsError, Problem, StoreError
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.risk.cohorts import build_cohort
from infiltrate.risk.ranking_model import RankingModel
from infiltrate.runs.code_record import describe_parts
from infiltrate.runs.fingerprints import (
    PACKAGE,
    find_code,
    fingerprint_file,
    fingerprint_params,
)
from infiltrate.runs.manifest import CODE_RECORD, read_manifest
from infiltrate.runs.run import run_study
from infiltrate.study.kept_model import read_model
from infiltrate.study.stage import RANKING
from infiltrate.tables.files import replace_file
from infiltrate.tables.store import TableStore

LAYOUTS = (".parquet", ".csv")
"""Endings of the file of scores."""

_CODE = ("infiltrate.risk.cohorts", "infiltrate.risk.ranking_model")
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")
_MAKES_TABLES = "01_tables"
_SHAPES_FEATURES = (
    "country",
    "currency",
    "lists",
    "facts",
    "choices.indicators",
    "choices.network",
    "choices.ownership",
)


@dataclass(frozen=True)
class NewFirms:
    """Where firms to be scored come from.

    Attributes
    ----------
    tables_dir, data_dir : Path or None
        One of the two: canonical tables, or raw files in the layout of the run's own.
    notebooks : Path
        Folder of the stages, the first of which reads raw files.
    day : date or None
        As of the end of this day; None for that of the run's ranking.
    """

    tables_dir: Path | None
    data_dir: Path | None
    notebooks: Path
    day: date | None = None


@dataclass(frozen=True, eq=False)
class ScoredFirms:
    """Firms scored by a ranking that did not learn from them.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per firm, as `RankingModel.score` gives it. It holds identifiers.
    as_of : date
        Day of what was known of them.
    reference : int
        Firms of the run that ranks are among.
    notes : tuple of str
        What limits the scores.
    """

    table: pd.DataFrame
    as_of: date
    reference: int
    notes: tuple[str, ...]


def score_firms(
    run_dir: Path, firms: NewFirms, out: Path, *, say: Callable[[str], None] = print
) -> ScoredFirms:
    """Score firms by the ranking that a finished run kept, and write them to a file.

    Firms are described by the run's own parameters. Firms that a list already names, and natural
    persons, are not scored.

    Parameters
    ----------
    run_dir : Path
        Folder of the results; only read.
    firms : NewFirms
        The firms, and the day.
    out : Path
        File of the scores, one of `LAYOUTS`.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    ParamsError
        When the command cannot be followed.
    StoreError
        When the run is not finished, kept no ranking, or its model was changed or is damaged.
    CheckFailed
        When the ranking does not hold for these firms, with every reason.
    NotEnoughData
        When there is no firm to score.
    """
    if out.suffix not in LAYOUTS:
        raise ParamsError(f"--out {out}: allowed endings: {', '.join(LAYOUTS)}.")
    if (firms.tables_dir is None) == (firms.data_dir is None):
        raise ParamsError("Give the new firms either with --tables or with --data.")
    manifest = read_manifest(run_dir)
    params = load_params(run_dir / "params.json")
    model = _open_ranking(run_dir, manifest)
    problems = [*_changed_code(run_dir), *_other_libraries(manifest)]
    as_of = firms.day or model.as_of
    with _tables(run_dir, firms, say) as folder:
        problems += _other_study(run_dir, params, folder)
        features = build_cohort(TableStore(folder), params, as_of).describe()
    if features.empty:
        raise NotEnoughData(
            f"There is no firm to score on {as_of}: none bid or held a contract by then that no "
            "list named before.",
            problems,
        )
    problems += model.check(features, params.choices.risk.drift)
    if problems:
        raise CheckFailed(
            f"{len(features)} firms were not scored: the ranking of {run_dir} may not hold for "
            f"them ({len(problems)} reason{'s' * (len(problems) != 1)}).",
            problems,
        )
    table = model.score(features)
    _write(table, out)
    return ScoredFirms(table, as_of, len(model.reference), _notes(model, features))


def _open_ranking(run_dir: Path, manifest: dict[str, Any]) -> RankingModel:
    again = "Run the study again with --force."
    for name, output in manifest["outputs"].items():
        record = run_dir / name
        if not name.startswith("stages/") or not record.is_file():
            continue
        kept = json.loads(record.read_text(encoding="utf-8")).get("kept", {})
        if RANKING not in kept:
            continue
        path = run_dir / RANKING
        hashes = {record: output["sha256"], path: kept[RANKING]}
        for file, sha256 in hashes.items():
            if file.is_file() and fingerprint_file(file) != sha256:
                raise StoreError(
                    f"{file}: was changed after the run, so the ranking was not opened. {again}"
                )
        return RankingModel.from_parts(read_model(path))
    raise StoreError(
        f"{run_dir}: the run kept no ranking: its companies were not ranked, for the reasons on "
        f"its page about risk, or an older version made it. {again}"
    )


def _changed_code(run_dir: Path) -> Iterator[Problem]:
    """Find code behind features and scores that does something else than when the run was made."""
    try:
        files = json.loads((run_dir / CODE_RECORD).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        yield Problem(CODE_RECORD, "cannot be read", "the code that the run was made with")
        return
    for path in find_code(_CODE):
        name = path.relative_to(PACKAGE).as_posix()
        before = files.get(name, {"sha256": "", "parts": {}})
        now = describe_parts(path)
        same = now == before["parts"] if now else fingerprint_file(path) == before["sha256"]
        if not same:
            parts = sorted(
                part
                for part in {*now, *before["parts"]}
                if now.get(part) != before["parts"].get(part)
            )
            found = f"the code changed after the run ({', '.join(parts[:3]) or 'whole file'})"
            yield Problem(name, found, "", "Run the study again.")


def _other_libraries(manifest: dict[str, Any]) -> Iterator[Problem]:
    for name in _LIBRARIES:
        before, now = manifest.get("environment", {}).get(name), _version(name)
        if before is not None and before != now:
            yield Problem(name, f"version {now}", f"{before}, which the ranking was fitted with")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _other_study(run_dir: Path, params: StudyParams, folder: Path) -> Iterator[Problem]:
    """Find signs that tables are of another country, or were made under other definitions."""
    beside = folder.parent / "params.json"
    if beside.is_file():
        others = load_params(beside)
        for block in _SHAPES_FEATURES:
            if fingerprint_params(others, block) != fingerprint_params(params, block):
                is_short = block in ("country", "currency")
                found = str(getattr(others, block)) if is_short else "differs from the run's"
                allowed = str(getattr(params, block)) if is_short else ""
                yield Problem(f"parameters: {block}", found, allowed)
    known, new = (_schemes(TableStore(path)) for path in (run_dir / "tables", folder))
    if foreign := sorted(new - known):
        yield Problem(
            "companies: company_id",
            f"numbers of {', '.join(foreign)}",
            f"numbers of {', '.join(sorted(known))}, as in the run",
        )


def _schemes(store: TableStore) -> set[str]:
    if not store.exists("companies"):
        return set()
    ids = store.read("companies")["company_id"].to_pandas()
    return set(ids.str.partition(":")[0])


@contextmanager
def _tables(run_dir: Path, firms: NewFirms, say: Callable[[str], None]) -> Iterator[Path]:
    """Give the folder of canonical tables; from raw files they are made in a scratch folder."""
    if firms.tables_dir is not None:
        if not TableStore(firms.tables_dir).exists("companies"):
            raise StoreError(f"{firms.tables_dir}: there is no table of companies.")
        yield firms.tables_dir
        return
    assert firms.data_dir is not None
    with TemporaryDirectory(prefix="infiltrate-score-") as scratch:
        here = Path(scratch)
        stages, params_file = here / "notebooks", here / "params" / "params.json"
        for folder in (stages, params_file.parent):
            folder.mkdir()
        shutil.copy(firms.notebooks / f"{_MAKES_TABLES}.ipynb", stages)
        shutil.copy(run_dir / "params.json", params_file)
        run_study(params_file, firms.data_dir, here / "results", stages, say=say)
        yield here / "results" / "tables"


def _write(table: pd.DataFrame, out: Path) -> None:
    with replace_file(out) as temporary:
        if out.suffix == ".csv":
            table.to_csv(temporary, index=False, lineterminator="\n")
        else:
            table.to_parquet(temporary, index=False)


def _notes(model: RankingModel, features: pd.DataFrame) -> tuple[str, ...]:
    notes = [
        "A screening aid: it says whom to look at first, not what anyone did. A high score is no "
        "finding, and most firms with one may be clean: read it with the base-rate box of the run.",
    ]
    if model.no_probability:
        notes.append(f"No probability of being listed: {model.no_probability}.")
    if model.learner.contributions(features.head(1)) is None:
        notes.append(f"The learner '{model.learner.name}' does not add features up.")
    return tuple(notes)
