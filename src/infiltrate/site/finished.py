"""Results folders that may be published: finished, and as their run left them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from infiltrate.errors import InfiltrateError, Problem, RunFailed, StoreError
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.runs.manifest import find_changes, read_manifest
from infiltrate.tables.store import TableStore

FIRST_PAGE = "index.html"
_AGAIN = "Give `infiltrate run` for it again."


@dataclass(frozen=True, eq=False)
class FinishedStudy:
    """The results of one study.

    Attributes
    ----------
    slug : str
        Name of the results folder; the folder of its pages in a site.
    folder : Path
        Its results.
    label : str
        Beginning of its title, told apart from that of others.
    params : StudyParams
        The parameters that the run used.
    manifest : mapping
        The record of the run.
    """

    slug: str
    folder: Path
    label: str
    params: StudyParams
    manifest: Mapping[str, Any]

    @property
    def store(self) -> TableStore:
        """The tables."""
        return TableStore(self.folder / "tables")

    @property
    def report(self) -> Path:
        """Folder of the pages."""
        return self.folder / "report"

    @property
    def day(self) -> date | None:
        """The day that the study speaks of."""
        return self.params.day


def read_studies(folders: Sequence[Path]) -> list[FinishedStudy]:
    """Read results folders and refuse those that are not finished.

    Parameters
    ----------
    folders : sequence of Path
        Results of ``infiltrate run``, in any order.

    Returns
    -------
    list of FinishedStudy
        Sorted by the names of the folders.

    Raises
    ------
    RunFailed
        With everything that is wrong in any of the folders.
    """
    problems = _find_same_names(folders)
    if not folders:
        problems.append(Problem("results", "no folder was named", "one or more results folders"))
    read = []
    for folder in sorted(folders, key=lambda path: path.resolve().name):
        try:
            read.append((folder, load_params(folder / "params.json"), _read_manifest(folder)))
        except InfiltrateError as error:
            problems.append(Problem(str(folder), _first_line(error), fix=_AGAIN))
    if problems:
        raise RunFailed("Not all of these are results of a finished study.", problems)
    used = Counter(_short_title(params) for _, params, _ in read)
    return [
        FinishedStudy(
            slug=folder.resolve().name,
            folder=folder,
            label=_short_title(params)
            + ("" if used[_short_title(params)] == 1 else f" ({folder.resolve().name})"),
            params=params,
            manifest=manifest,
        )
        for folder, params, manifest in read
    ]


def find_finished(folder: Path) -> list[FinishedStudy]:
    """Read every finished study that lies in a folder; others are passed over.

    Parameters
    ----------
    folder : Path
        Folder of results folders, for example ``results``.

    Raises
    ------
    RunFailed
        When there is none.
    """
    finished = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(InfiltrateError):
            _read_manifest(path)
            load_params(path / "params.json")
            finished.append(path)
    if not finished:
        raise RunFailed(f"{folder}: holds no finished study. Give `infiltrate run` first.")
    return read_studies(finished)


def find_changed(study: FinishedStudy) -> list[Problem]:
    """Find files of a study that are no longer as its run left them."""
    return [
        replace(problem, where=str(study.folder / problem.where), fix=_AGAIN)
        for problem in find_changes(study.folder, dict(study.manifest))
    ]


def _find_same_names(folders: Sequence[Path]) -> list[Problem]:
    names = Counter(folder.resolve().name for folder in folders)
    return [
        Problem(name, f"{times} folders have this name", "each name once", "Rename one of them.")
        for name, times in sorted(names.items())
        if times > 1
    ]


def _read_manifest(folder: Path) -> Mapping[str, Any]:
    manifest = read_manifest(folder)
    if not (folder / "report" / FIRST_PAGE).is_file():
        raise StoreError("it has no report: no stage of it is called *_report")
    return manifest


def _first_line(error: InfiltrateError) -> str:
    return error.summary.partition("\n")[0].rstrip(".")


def _short_title(params: StudyParams) -> str:
    # place first, then what, where and when: as titles of studies are written
    return params.title.partition(",")[0].strip()
