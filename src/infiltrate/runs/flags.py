"""Red flags of one file, without a study."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infiltrate.errors import ParamsError
from infiltrate.indicators.red_flags.cardinal import cardinal_maps, cardinal_results
from infiltrate.indicators.red_flags.catalogue import relations_needed
from infiltrate.indicators.red_flags.choices import (
    RedFlagChoices,
    default_red_flag_choices,
    read_red_flag_choices,
)
from infiltrate.indicators.red_flags.compute import long_sql, prepare_red_flags
from infiltrate.runs.flag_settings import read_flag_settings
from infiltrate.sources.ocds import OcdsIntake, OcdsLimits, forget_ocds, read_ocds
from infiltrate.tables.engine import DuckDBEngine, Engine, quote_text
from infiltrate.tables.files import replace_file

FORMATS = ("cardinal", "parquet", "csv")
READERS = ("ocds",)
_BY_ENDING = {".json": "cardinal", ".parquet": "parquet", ".csv": "csv"}


@dataclass(frozen=True)
class FlagReport:
    """What became of a file.

    Attributes
    ----------
    out : Path
        The red flags.
    processes : int
        Contracting processes read.
    rejected : dict of str to int
        Lines and releases left out, by rule.
    rejects : Path or None
        Where each of them is listed; None when nothing was left out.
    ignored : tuple of str
        Sections of the settings that are about something else.
    """

    out: Path
    processes: int
    rejected: dict[str, int]
    rejects: Path | None
    ignored: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.processes:,} contracting processes read; red flags in {self.out}."]
        if self.rejects:
            rules = ", ".join(f"{rule} {number:,}" for rule, number in self.rejected.items())
            lines.append(f"Left out: {rules}; each with its line in {self.rejects}.")
        if self.ignored:
            lines.append(f"Settings not about red flags, ignored: {', '.join(self.ignored)}.")
        return "\n".join(lines)


def flag_file(
    paths: Sequence[Path],
    out: Path,
    *,
    settings: Path | None = None,
    reader: str = "ocds",
    layout: str | None = None,
    maps: bool = False,
    largest_line_mib: int = 32,
    memory_gib: float = 1.0,
    threads: int = 2,
) -> FlagReport:
    """Compute the red flags of files of contracting processes and write them.

    Parameters
    ----------
    paths : sequence of Path
        The files, as `read_ocds` takes them.
    out : Path
        Where the red flags go; beside it, as ``<out>.rejected.csv``, what could not be read.
    settings : Path, optional
        Cardinal's INI or the same in YAML; every red flag with its defaults when absent.
    reader : str
        Format of the files: ``ocds``.
    layout : {'cardinal', 'parquet', 'csv'}, optional
        ``cardinal`` gives Cardinal's JSON and its very results; the others one row per red flag
        and unit. By the ending of ``out`` when absent.
    maps : bool
        Whether Cardinal's layout also says which organisations stand behind each process.
    largest_line_mib : int
        A longer line is rejected without being read; at least 32.
    memory_gib : float
        Memory limit of the engine.
    threads : int
        Threads of the engine.

    Raises
    ------
    ParamsError
        When settings, reader or layout cannot be used.
    SourceError
        When a file is missing or holds no release.
    StoreError
        When the results cannot be written.
    """
    layout = _check_layout(out, layout, maps)
    if reader not in READERS:
        raise ParamsError(f"--reader {reader}: unknown; allowed: {', '.join(READERS)}.")
    choices = _read_choices(settings)
    if layout == "cardinal":
        choices = choices.as_cardinal()
    duplicates: Literal["keep", "latest"] = "keep" if choices.like_cardinal else "latest"
    limits = OcdsLimits(largest_line_mib=largest_line_mib, duplicates=duplicates)
    with (
        tempfile.TemporaryDirectory(prefix="infiltrate-") as name,
        DuckDBEngine(memory_gib, threads, Path(name)) as engine,
    ):
        needed, _ = relations_needed(choices.flags)
        intake = read_ocds(paths, Path(name), engine, needed, limits)
        # every result is ordered by what it is about
        engine.execute("SET preserve_insertion_order = false")
        prepare_red_flags(engine, choices, when_read=lambda: forget_ocds(engine, intake))
        if layout == "cardinal":
            _write_cardinal(engine, choices, out, maps)
        else:
            _write_long(engine, choices, out, layout)
    return FlagReport(
        out,
        intake.processes,
        dict(sorted(Counter(piece.rule for piece in intake.rejected).items())),
        _write_rejects(intake, out),
        choices.ignored,
    )


def _check_layout(out: Path, layout: str | None, maps: bool) -> str:
    chosen = layout or _BY_ENDING.get(out.suffix.lower())
    if chosen not in FORMATS:
        found = f"--format {layout}" if layout else f"--out {out}"
        raise ParamsError(f"{found}: no such format; allowed: {', '.join(FORMATS)}.")
    if maps and chosen != "cardinal":
        raise ParamsError("--map goes with --format cardinal; in the others see `evidence`.")
    return chosen


def _read_choices(settings: Path | None) -> RedFlagChoices:
    if settings is None:
        return default_red_flag_choices()
    return read_red_flag_choices(read_flag_settings(settings), str(settings))


def _write_cardinal(engine: Engine, choices: RedFlagChoices, out: Path, maps: bool) -> None:
    results = cardinal_results(engine, choices)
    if maps:
        results["Maps"] = cardinal_maps(engine, choices)
    with replace_file(out) as temporary:
        text = json.dumps(results, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        temporary.write_text(f"{text}\n", encoding="utf-8")


def _write_long(engine: Engine, choices: RedFlagChoices, out: Path, layout: str) -> None:
    # one red flag sorted at a time, in the order of their codes: all at once outgrow the memory
    engine.execute("SET preserve_insertion_order = true")
    for code in choices.flags:
        query, parameters = long_sql(code, choices)
        engine.execute(f"CREATE TEMP TABLE result_{code.lower()} AS {query}", parameters)
    every = " UNION ALL ".join(f"SELECT * FROM result_{code.lower()}" for code in choices.flags)
    if layout == "parquet":
        engine.write_parquet(every, out, ())
        return
    with replace_file(out) as temporary:
        engine.execute(
            "COPY (SELECT indicator, level, entity_id, state, value, threshold, detail, "
            f"array_to_string(evidence, '|') AS evidence FROM ({every}) AS every) "
            f"TO {quote_text(str(temporary))} (FORMAT csv, HEADER)"
        )


def _write_rejects(intake: OcdsIntake, out: Path) -> Path | None:
    rejects = out.with_name(f"{out.name}.rejected.csv")
    if not intake.rejected:
        rejects.unlink(missing_ok=True)
        return None
    with replace_file(rejects) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "line", "rule", "found"])
        for piece in intake.rejected:
            writer.writerow([piece.file, piece.line, piece.rule, piece.found])
    return rejects
