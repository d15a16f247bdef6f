"""A finished study opened for one question: its tables as of a day, and who may see which names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from infiltrate.errors import DisclosureError, NotEnoughData, ParamsError, StoreError
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
            When neither fits, with the nearest ids.
        NotEnoughData
            When it is the pseudonym of a natural person.
        """
        if is_pseudonym(wanted):
            raise NotEnoughData(
                "--company: this is the pseudonym of a natural person. Only companies are traced; "
                "persons are shown where the records of a company name them."
            )
        if wanted.startswith("Firm "):
            return self._resolve(wanted)
        nearest = self.engine.query(
            f"SELECT id FROM ({_IDS}) AS ids "
            f"ORDER BY levenshtein(id, $wanted), id LIMIT {_NEAREST}",
            {"wanted": wanted},
        )["id"].to_pylist()
        if nearest[:1] == [wanted]:
            return wanted
        raise ParamsError(
            f"--company {wanted}: no such company on {self.day}; nearest: "
            f"{', '.join(nearest) or 'none'}."
        )

    def _resolve(self, tag: str) -> str:
        for company_id in self.engine.query(f"{_IDS} ORDER BY id")["id"].to_pylist():
            if self.tags.tag("firm", company_id) == tag:
                return str(company_id)
        raise ParamsError(
            f"--company {tag}: no company of this study has this tag. Tags hold inside one study "
            "and with the key that it was run with."
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
    StoreError
        When the run has left no tables, with the command that makes them.
    DisclosureError
        When the key is not the one that the study was run with.
    """
    params = load_params(params_file)
    facts = run_dir / "run.json"
    store = TableStore(run_dir / "tables")
    if not store.exists("companies") or not facts.exists():
        raise StoreError(
            f"{run_dir}: there is no finished run. First give "
            f"`infiltrate run {params_file} --out {run_dir}`."
        )
    made_with = json.loads(facts.read_text(encoding="utf-8"))["pseudonym_key"]
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
