"""The last look before anything leaves: every file of a folder of results, a site or a package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from infiltrate.errors import DisclosureError, Problem, StoreError
from infiltrate.report.cell_audit import find_open_cells
from infiltrate.report.closed import Closed, read_closed
from infiltrate.report.disclosure import find_leaks
from infiltrate.report.file_text import CannotRead, FileText, read_file_text
from infiltrate.report.grids import Grid
from infiltrate.report.page_text import Passage, normalise

# every other table of a run is about single firms, contracts or records, or not yet protected
_OPEN_TABLES = frozenset(
    (
        "areas",
        "sectors",
        "area_years",
        "estimates",
        "country_estimates",
        "prevalence_answer",
        "pool_draws",
        "cells",
        "infiltrated_cells",
        "detection_by_area",
        "contract_indicator_summary",
        "firm_indicator_summary",
        "risk_metrics",
        "risk_designs",
        "effects",
        "impact_findings",
    )
)
_WORKING = (".run/*", "report_internal/*", "match_review.csv")
# official statistics that the analyst cites stand here; they are public, and no study's counts
_FACTS = frozenset(["params.json", "run.json", "manifest.json", "ro-crate-metadata.json"])


@dataclass(frozen=True)
class ReleaseScan:
    """What was looked at and found clean.

    Attributes
    ----------
    folder : Path
        The folder, or the one file.
    files : tuple of str
        Files that may leave, relative to it; sorted.
    held_back : tuple of str
        Files of results that must stay: tables that are not known to be fit for release
        (``choices.disclosure.open_tables`` adds some), the working folder of the run, the pages
        for authorised analysts. Sorted.
    """

    folder: Path
    files: tuple[str, ...]
    held_back: tuple[str, ...]

    def __str__(self) -> str:
        sentence = f"{self.folder}: {len(self.files)} files were looked at and may leave."
        if self.held_back:
            sentence += (
                f" {len(self.held_back)} must stay: tables of firms, contracts and records, and "
                "what the run works with."
            )
        return sentence


def scan_release(
    folder: Path, studies: Sequence[Path] = (), *, left_out: Sequence[str] = ()
) -> ReleaseScan:
    """Look at everything that would leave, and refuse the whole when one thing may not.

    Read are pages, notebooks with their metadata and outputs, images and what they say beside
    their pixels, PDF, Parquet, CSV, JSON, archives and plain text. Looked for are identifiers
    and names of firms and buyers, pseudonyms and numbers of persons, paths of a machine, mail
    addresses, authors in metadata, numbers too small to be shown and closed numbers that can be
    worked out from open ones, words that make a score a verdict, and lists of flagged units
    without the base-rate box. A file that cannot be read whole is refused.

    Parameters
    ----------
    folder : Path
        Results of a run, a site, a package unpacked or as one file.
    studies : sequence of Path
        Folders of results whose firms must not be found. Not needed for results of a run, which
        know their own; there the tables of single firms and the run's working folder are held
        back rather than looked at.
    left_out : sequence of str
        Patterns of files not to look at, relative to the folder, such as ``data/*``: public raw
        files whose licence lets them be handed on.

    Raises
    ------
    DisclosureError
        With every finding, masked.
    StoreError
        When there is nothing to look at.
    ParamsError
        When a study's parameters cannot be read.
    """
    is_study = not studies and (folder / "params.json").exists()
    paths = _list_files(folder)
    if not paths:
        raise StoreError(f"{folder}: there is no file to look at.")
    closed = read_closed([folder] if is_study else studies)
    kept = [
        (name, path)
        for name, path in paths
        if not any(fnmatch(name, pattern) for pattern in left_out)
    ]
    held_back = tuple(name for name, _ in kept if is_study and _is_held_back(name, closed))
    grids: dict[str, list[Grid]] = defaultdict(list)
    problems: list[Problem] = []
    for name, path in kept:
        if name not in held_back:
            text, found = _look_at(name, path, closed)
            problems.extend(found)
            if path.name not in _FACTS:
                part = "" if is_study else name.rpartition("/")[0].partition("/")[0]
                grids[part].extend(_place_in(name, grid) for grid in text.grids)
    for tables in grids.values():
        problems.extend(_look_at_cells(tables, closed))
    if problems:
        distinct = list(dict.fromkeys(problems))
        raise DisclosureError(
            f"{folder} may not leave: {len(distinct)} findings in "
            f"{len({problem.where.partition(', ')[0] for problem in distinct})} files.",
            distinct,
        )
    files = tuple(name for name, _ in kept if name not in held_back)
    return ReleaseScan(folder, files, held_back)


def _list_files(folder: Path) -> list[tuple[str, Path]]:
    if folder.is_file():
        return [(folder.name, folder)]
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted((path.relative_to(folder).as_posix(), path) for path in found)


def _is_held_back(name: str, closed: Closed) -> bool:
    if any(fnmatch(name, pattern) for pattern in _WORKING):
        return True
    folder, _, file = name.partition("/")
    table, _, suffix = file.rpartition(".")
    is_table = folder == "tables" and suffix == "parquet"
    return is_table and table not in _OPEN_TABLES and table not in closed.rules.open_tables


def _look_at(name: str, path: Path, closed: Closed) -> tuple[FileText, list[Problem]]:
    nothing = FileText()
    if path.is_symlink():
        fix = "Put the file itself here, or nothing."
        return nothing, [Problem(name, "a link to elsewhere", fix=fix)]
    own_name = FileText((Passage(normalise(name), "name of the file", ""),))
    problems = list(find_leaks(own_name, closed, name))
    try:
        text = read_file_text(path.name, path.read_bytes())
    except CannotRead as error:
        found = f"nobody can say what is in it: it {error}"
        return nothing, [*problems, Problem(name, found, fix="Leave it out, or convert it.")]
    except OSError as error:
        found = f"cannot be read: {error.strerror}"
        return nothing, [*problems, Problem(name, found, fix="Mend it and look again.")]
    return text, [*problems, *find_leaks(text, closed, name)]


def _place_in(name: str, grid: Grid) -> Grid:
    return replace(grid, place=f"{name}, {grid.place}".rstrip(", "))


def _look_at_cells(grids: Sequence[Grid], closed: Closed) -> Iterator[Problem]:
    for finding in find_open_cells(grids, closed.rules):
        yield Problem(
            finding.place,
            finding.words,
            fix="Close the count, or round it and close a second one that hides it.",
        )
