"""Reports of several countries as one folder of static pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infiltrate.errors import DisclosureError, Problem, RunFailed, StoreError
from infiltrate.report.release import scan_release
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.runs.manifest import MANIFEST
from infiltrate.site.finished import FIRST_PAGE, FinishedStudy, find_changed, read_studies
from infiltrate.site.shell import ASSETS
from infiltrate.site.writer import METHODS, RECORD, SiteWriter

_RESERVED = frozenset([ASSETS, METHODS])


@dataclass(frozen=True)
class BuiltSite:
    """A site that was written.

    Attributes
    ----------
    first_page : Path
        The list of countries.
    studies, pages, size : int
        Studies in it, its pages, and bytes of all files.
    """

    first_page: Path
    studies: int
    pages: int
    size: int


def build_site(
    results: Sequence[Path],
    out: Path,
    *,
    notebooks: Path,
    docs: Path,
    title: str = "infiltrate: countries",
    say: Callable[[str], None] = print,
) -> BuiltSite:
    """Write one site of the reports of several finished studies.

    Parameters
    ----------
    results : sequence of Path
        Results folders of ``infiltrate run``; the name of each is its folder in the site.
    out : Path
        Folder of the site; one that a site was written to before is replaced whole.
    notebooks : Path
        Folder with ``90_countries.ipynb``.
    docs : Path
        The documentation, which becomes the pages about methods.
    title : str
        Title of the site.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    RunFailed
        When a folder is not finished or was changed since, with every reason; or when the
        comparison failed. Nothing has been written then.
    DisclosureError
        When anything that would leave must stay closed, with every finding; nothing has been
        written then.
    StoreError
        When ``out`` is something else than a site, or cannot be written.
    """
    studies = read_studies(results)
    _check_place(out, studies)
    _check_unchanged(studies)
    runs = {study.slug: fingerprint_file(study.folder / MANIFEST) for study in studies}
    building = out.with_name(f".{out.name}.{os.getpid()}.being-built")
    try:
        site = SiteWriter(studies, building, title)
        site.write_reports(say)
        say("looking whether the reports may leave ...")
        _scan(building, studies, out)
        site.write_rest(notebooks, docs, say)
        say("looking at the other pages ...")
        site.check_methods()
        # the index repeats words of pages that were looked at
        seen = [f"{study.slug}/*" for study in studies] + [f"{ASSETS}/*", f"{METHODS}/*"]
        _scan(building, studies, out, left_out=seen)
        _check_same_runs(studies, runs)
        site.record(runs)
        _put_in_place(building, out)
    except OSError as error:
        raise StoreError(
            f"{out}: could not be written: {error.strerror or error} ({error.filename}). What was "
            "there before is untouched; free space or mend the permission, then give the same "
            "command again."
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    files = [path for path in out.rglob("*") if path.is_file()]
    return BuiltSite(
        out / FIRST_PAGE,
        len(studies),
        sum(path.suffix == ".html" for path in files),
        sum(path.stat().st_size for path in files),
    )


def _check_place(out: Path, studies: Sequence[FinishedStudy]) -> None:
    place = out.resolve()
    if out.exists() and not out.is_dir():
        raise StoreError(f"{out}: is a file. Give a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD).is_file():
        raise StoreError(
            f"{out}: holds something else than a site, and is not touched. Give another folder "
            "with --out, or empty this one."
        )
    for study in studies:
        folder = study.folder.resolve()
        if place == folder or place.is_relative_to(folder) or folder.is_relative_to(place):
            raise StoreError(f"{out}: is the same place as the results {study.folder}.")
        if study.slug in _RESERVED:
            raise StoreError(
                f"{study.folder}: the site needs the name '{study.slug}' for its own pages. "
                "Rename the folder."
            )


def _check_unchanged(studies: Sequence[FinishedStudy]) -> None:
    problems: list[Problem] = [problem for study in studies for problem in find_changed(study)]
    if problems:
        raise RunFailed(
            "No site was written: results were changed after their run, so that their pages may "
            "not be true of their tables.",
            problems,
        )


def _check_same_runs(studies: Sequence[FinishedStudy], runs: Mapping[str, str]) -> None:
    """Refuse when a run has written to a folder meanwhile: it takes its manifest away first."""
    problems = [
        Problem(str(study.folder), "a run has written to it meanwhile", fix="Wait until it ended.")
        for study in studies
        if not (path := study.folder / MANIFEST).is_file()
        or fingerprint_file(path) != runs[study.slug]
    ]
    if problems:
        raise RunFailed("No site was written, for results changed while it was made.", problems)


def _scan(
    building: Path,
    studies: Sequence[FinishedStudy],
    out: Path,
    left_out: Sequence[str] = (),
) -> None:
    try:
        scan_release(building, [study.folder for study in studies], left_out=left_out)
    except DisclosureError as error:
        raise DisclosureError(
            f"{out}: no site was written, for it may not leave: {len(error.problems)} findings. "
            "Pages of a study stand under the name of its folder.",
            error.problems,
        ) from error


def _put_in_place(building: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.replace(old)
    building.replace(out)
    shutil.rmtree(old, ignore_errors=True)
