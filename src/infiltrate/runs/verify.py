"""Rerun a finished study in a clean folder and hold the two against each other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infiltrate.errors import Problem, SourceError, StoreError
from infiltrate.runs.compare.compare import Comparison, compare_results
from infiltrate.runs.compare.results import read_results
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.runs.run import run_study


def verify_results(
    run_dir: Path,
    data_dirs: Sequence[Path],
    notebooks: Path,
    *,
    keep: Path | None = None,
    say: Callable[[str], None] = print,
) -> Comparison:
    """Run a study again with the parameters of its results, and compare.

    The results folder is only read. What runs again is the code at hand, on the raw files at
    hand, with the key at hand: where they differ from what the manifest speaks of, the comparison
    says so.

    Parameters
    ----------
    run_dir : Path
        Folder of the results of a finished run.
    data_dirs : sequence of Path
        Where the raw files may be; the first folder that has all of them is used.
    notebooks : Path
        Folder of the stages.
    keep : Path, optional
        An absent or empty folder for the second run, which is kept; a temporary one otherwise.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    StoreError
        When there is no finished run, a file of it was changed since, or ``keep`` is not empty.
    SourceError
        When a raw file is missing.
    RunFailed
        When the second run did not finish.
    """
    results = read_results(run_dir)
    data_dir = _find_data(results.manifest, data_dirs)
    for problem in _changed_files(results.manifest, data_dir):
        say(f"note: {problem}")
    with _clean_folder(keep) as folder:
        again = folder / "results"
        params_file = folder / "params" / results.manifest["params_file"]
        params_file.parent.mkdir(parents=True)
        shutil.copy(run_dir / "params.json", params_file)
        run_study(params_file, data_dir, again, notebooks, say=say)
        return compare_results(run_dir, again, labels=(results.label, "its rerun"))


def _find_data(manifest: dict[str, Any], folders: Sequence[Path]) -> Path:
    names = [file["name"] for file in manifest["files"]]
    for folder in folders:
        if all((folder / name).is_file() for name in names):
            return folder
    missing = [name for name in names if not (folders[0] / name).is_file()]
    raise SourceError(
        f"{' or '.join(str(folder) for folder in folders)}: {len(missing)} of {len(names)} raw "
        "files of the study are not there. Give their folder with --data.",
        [Problem(name, "missing") for name in missing],
    )


def _changed_files(manifest: dict[str, Any], data_dir: Path) -> Iterator[Problem]:
    for file in manifest["files"]:
        if fingerprint_file(data_dir / file["name"]) != file["sha256"]:
            yield Problem(file["name"], "is not the file that the results were made from")


@contextmanager
def _clean_folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="infiltrate-verify-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise StoreError(f"{keep}: is not empty. Give an absent or empty folder with --keep.")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep
