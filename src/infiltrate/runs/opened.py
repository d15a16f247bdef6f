"""A finished study opened for one question: its tables as of a day, and who may see which names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.errors import DisclosureError, NotEnoughData, ParamsError, Problem, StoreError
from infiltrate.keys import derive_key, key_fingerprint, load_key, read_key
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.report.disclosure import Tags
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.engine import DuckDBEngine, Engine
from infiltrate.tables.identifiers import is_pseudonym
from infiltrate.tables.store import TableStore
from infiltrate.tracing.day import study_day
from infiltrate.tracing.naming import Naming
from infiltrate.tracing.scope import Scope, read_scope
from infiltrate.tracing.trace import TABLES_READ

AUDIT_LOG = Path(".run") / "trace_audit.log"

_NEAREST = 5
_IDS = """
SELECT company_id AS id FROM companies WHERE coalesce(kind, '') <> 'natural_person'
UNION SELECT company_id FROM ownership
UNION SELECT owner_id FROM ownership WHERE owner_kind <> 'natural_person'
"""


@dataclass(frozen=True, eq=False)
class OpenedStudy:
    """The tables of a finished run as they were known on a day, and how units are named."""

    params: StudyParams
    engine: Engine
    run_dir: Path
    day: date
    naming: Naming
    tags: Tags

    @property
    def scope(self) -> Scope:
        """What a trace of this study follows."""
        return read_scope(self.params)

    def find_company(self, wanted: str) -> str:
        """Return the id of a company given by its id or by the tag that the report shows.

        Raises
        ------
        ParamsError
            When neither fits; with the nearest ids where names are open.
        NotEnoughData
            When it is the pseudonym of a natural person.
        """
        wanted = wanted.strip()
        if is_pseudonym(wanted) or wanted.casefold().startswith("person "):
            raise NotEnoughData(
                "--company: this is the pseudonym of a natural person. Only companies are traced; "
                "persons are shown where the records of a company name them."
            )
        if not wanted or ":" not in wanted:
            return self._resolve(wanted)
        nearest = self.engine.query(
            f"SELECT id FROM ({_IDS}) AS ids "
            f"ORDER BY levenshtein(id, $wanted), id LIMIT {_NEAREST}",
            {"wanted": wanted},
        )["id"].to_pylist()
        if nearest[:1] == [wanted]:
            return wanted
        found = (
            f"nearest: {', '.join(nearest) or 'none'}."
            if self.naming.is_open
            else "--internal or --key shows the nearest numbers."
        )
        raise ParamsError(f"--company {wanted}: no such company on {self.day}; {found}")

    def _resolve(self, written: str) -> str:
        code = written.upper().removeprefix("FIRM ").strip()
        tag = f"Firm {code}"
        for company_id in self.engine.query(f"{_IDS} ORDER BY id")["id"].to_pylist():
            if self.tags.tag("firm", company_id) == tag:
                return str(company_id)
        raise ParamsError(
            f"--company '{written}': no company of this study has this tag. Give the tag of a "
            "company as the report shows it, 'Firm K3QM7-T2XA9', or its id, SCHEME:NUMBER. Tags "
            "hold inside one study and with the key that it was run with."
        )


@contextmanager
def open_finished_study(
    params_file: Path,
    run_dir: Path,
    *,
    asked: Sequence[str],
    day: date | None = None,
    key_file: Path | None = None,
    internal: bool = False,
) -> Iterator[OpenedStudy]:
    """Open the tables of a finished run.

    Parameters
    ----------
    params_file : Path
        The country's YAML file.
    run_dir : Path
        Folder of the results of its run.
    asked : sequence of str
        The command and what it asks for, for the log of openings.
    day : date, optional
        As of the end of this day; the study's own by default.
    key_file : Path, optional
        The pseudonym key that the study was run with: opens ids and names of companies.
    internal : bool
        Whether to open with the key where it usually is.

    Raises
    ------
    ParamsError
        When the results are of another country.
    StoreError
        When the run has left no tables or one cannot be read, with the command that makes them.
    DisclosureError
        When the key is not the one that the study was run with.
    """
    params = load_params(params_file)
    store = TableStore(run_dir / "tables")
    again = f"`infiltrate run {params_file} --out {run_dir}`"
    if not store.exists("companies") or not (run_dir / "run.json").exists():
        raise StoreError(f"{run_dir}: there is no finished run. First give {again}.")
    if problems := _find_damage(run_dir, store):
        raise StoreError(
            f"{run_dir}: the results are damaged. Remove the folder and give {again}.", problems
        )
    country = _read_fact(run_dir / "params.json", "country")
    if country != params.country:
        raise ParamsError(
            f"{params_file} is a study of {params.country}, and {run_dir} holds results of "
            f"{country}. Give the parameters and the folder of one study."
        )
    made_with = _read_fact(run_dir / "run.json", "pseudonym_key")
    key = read_key(key_file) if key_file else load_key()
    if key_fingerprint(key) != made_with:
        raise DisclosureError(
            f"{key_file or 'The pseudonym key in use'} is not the key that {run_dir} was made "
            f"with (fingerprint {made_with}). Give that one with --key, or run the study again."
        )
    tags = Tags(derive_key(key, f"{params.country}:tags"))
    is_open = internal or key_file is not None
    as_of = day or study_day(params)
    if is_open:
        _log_opening(run_dir, params, made_with, [*asked, f"as of {as_of}"])
    choices = params.choices.engine
    with DuckDBEngine(choices.memory_gib, choices.threads, run_dir / ".run" / "spill") as engine:
        open_as_of(store, engine, as_of, TABLES_READ)
        naming = Naming() if is_open else Naming(tags.tag)
        yield OpenedStudy(params, engine, run_dir, as_of, naming, tags)


def _read_fact(path: Path, name: str) -> str | None:
    """Return a text in a JSON file of a run; None when there is no such file or text."""
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _find_damage(run_dir: Path, store: TableStore) -> list[Problem]:
    """Find what a run wrote and is not there, or cannot be read."""
    damage = [
        Problem(str(run_dir / file), f"has no {fact}, or cannot be read")
        for file, fact in (("params.json", "country"), ("run.json", "pseudonym_key"))
        if _read_fact(run_dir / file, fact) is None
    ]
    written = set[str]()
    for stage in sorted((run_dir / "stages").glob("*.json")):
        try:
            written |= json.loads(stage.read_text(encoding="utf-8"))["tables"].keys()
        except (OSError, ValueError, KeyError, AttributeError):
            damage.append(Problem(str(stage), "cannot be read"))
    for name in TABLES_READ:
        path = store.path(name)
        if not path.exists() and name in written:
            damage.append(Problem(str(path), "was written by the run and is not there"))
        elif path.exists() and not _is_table(path):
            damage.append(Problem(str(path), "is not a whole Parquet file"))
    return damage


def _is_table(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid):
        return False
    return True


def _log_opening(run_dir: Path, params: StudyParams, key: str, asked: Sequence[str]) -> None:
    """Write down that names were opened; where that cannot be written, they stay closed."""
    log = run_dir / AUDIT_LOG
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write("\t".join([now, params.country, params.title, f"key {key}", *asked]) + "\n")
    except OSError as error:
        raise StoreError(
            f"{log}: {error.strerror}. Names are not opened where it cannot be written down."
        ) from error
