"""Results folders that may be published: finished, and as their run left them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from infiltrate.errors import InfiltrateError, Problem, RunFailed
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.tables.store import TableStore

FIRST_PAGE = "index.html"
_RECORDS = ("manifest.json", "run.json", "params.json")
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
    problems: list[Problem] = []
    read: list[tuple[Path, StudyParams, Mapping[str, Any]]] = []
    names = Counter(folder.resolve().name for folder in folders)
    problems += [
        Problem(name, f"{times} folders have this name", "each name once", "Rename one of them.")
        for name, times in sorted(names.items())
        if times > 1
    ]
    for folder in sorted(folders, key=lambda path: path.resolve().name):
        found = _find_unfinished(folder)
        if not found:
            try:
                params = load_params(folder / "params.json")
                read.append((folder, params, _read_json(folder / "manifest.json")))
            except InfiltrateError:
                # what an older version wrote may lack what this one asks for
                found = [Problem(str(folder), "its parameters are of another version", fix=_AGAIN)]
        problems += found
    if not folders:
        problems.append(Problem("results", "no folder was named", "one or more results folders"))
    if problems:
        raise RunFailed("These results cannot be shown beside each other.", problems)
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
    finished = [
        path
        for path in sorted(folder.iterdir() if folder.is_dir() else ())
        if path.is_dir() and not path.name.startswith(".") and not _find_unfinished(path)
    ]
    if not finished:
        raise RunFailed(f"{folder}: holds no finished study. Give `infiltrate run` first.")
    return read_studies(finished)


def _short_title(params: StudyParams) -> str:
    # place first, then what, where and when: as titles of studies are written
    return params.title.partition(",")[0].strip()


def _find_unfinished(folder: Path) -> list[Problem]:
    if not folder.is_dir():
        return [Problem(str(folder), "there is no such folder", fix="Name a results folder.")]
    missing = [name for name in _RECORDS if not (folder / name).is_file()]
    if missing:
        return [
            Problem(str(folder), f"is not finished: it has no {', '.join(missing)}", fix=_AGAIN)
        ]
    manifest = _read_json(folder / "manifest.json")
    stages = manifest.get("stages")
    if not isinstance(stages, list) or not stages:
        return [Problem(str(folder / "manifest.json"), "cannot be read", fix=_AGAIN)]
    failed = [str(stage["stage"]) for stage in stages if stage.get("failure")]
    if failed:
        return [Problem(str(folder), f"is not finished: {', '.join(failed)} failed", fix=_AGAIN)]
    names = [str(stage["stage"]) for stage in stages]
    pages = [FIRST_PAGE if name.endswith("_report") else f"{name}.html" for name in names]
    records = [folder / "stages" / f"{name}.json" for name in names]
    needed = [*records, *(folder / "report" / page for page in [FIRST_PAGE, *pages])]
    return [
        Problem(str(path), "was made by the run and is not there", fix=_AGAIN)
        for path in dict.fromkeys(needed)
        if not path.is_file()
    ]


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
