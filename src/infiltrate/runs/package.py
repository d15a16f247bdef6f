"""A finished study in one archive that others can run: program, raw files, results, README."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infiltrate.errors import ParamsError, Problem, RunFailed, SourceError, StoreError
from infiltrate.params.dump import render_params
from infiltrate.params.load import load_params
from infiltrate.runs.code_record import describe_code
from infiltrate.runs.compare.table_changes import digest_rows
from infiltrate.runs.crate import CRATE
from infiltrate.runs.fingerprints import PACKAGE, fingerprint_file
from infiltrate.runs.inputs import VERDICTS
from infiltrate.runs.licences import lets_copies_be_shared
from infiltrate.runs.manifest import (
    MANIFEST,
    WITHHELD,
    find_changes,
    read_manifest,
)
from infiltrate.runs.package_readme import PackageFacts, RawData, write_readme
from infiltrate.runs.stages import read_stages
from infiltrate.tables.files import replace_file

CHECKSUMS = "CHECKSUMS.sha256"
README = "README.md"

_PROGRAM = PACKAGE.parents[1]
_PROGRAM_FILES = (
    "bootstrap.sh",
    "pyproject.toml",
    "requirements.lock",
    "requirements-uv.lock",
    "LICENSE",
)
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
_TABLES = "tables/"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_WHY_WITHHELD = (
    "holds rows on single firms; the run makes it again, and verify compares it by its hash"
)


@dataclass(frozen=True)
class PackageReport:
    """What was packed.

    Attributes
    ----------
    path : Path
        The archive.
    n_files : int
        Files in it.
    packed, left_out : tuple of RawData
        Data sets whose raw files are in it, and those that a reader has to get.
    withheld : tuple of str
        Results that stand in the manifest and not in the archive.
    """

    path: Path
    n_files: int
    packed: tuple[RawData, ...]
    left_out: tuple[RawData, ...]
    withheld: tuple[str, ...]


def package_study(
    run_dir: Path,
    data_dirs: Sequence[Path],
    notebooks: Path,
    out: Path,
    *,
    may_share: Sequence[str] = (),
    with_tables: bool = False,
) -> PackageReport:
    """Write a replication package in the form that the social science data editors ask for.

    The archive holds the program, the parameters, the raw files whose licence lets a copy be
    passed on, the results and a README with the headings of the editors' template. The same run
    gives the same bytes. The pseudonym key is never in it.

    Parameters
    ----------
    run_dir : Path
        Results of a finished run.
    data_dirs : sequence of Path
        Where the raw files may be; the first folder that has all of them is used.
    notebooks : Path
        Folder of the stages that made the results.
    out : Path
        The archive; it appears when it is complete.
    may_share : sequence of str
        Ids of sources whose terms the user has read and found to allow a copy.
    with_tables : bool
        Whether the tables go in, which have rows on single firms: for an archive with
        restricted access.

    Raises
    ------
    StoreError
        When there is no finished run, or a file of it was changed since.
    RunFailed
        When the program at hand is not the one that made the results.
    ParamsError
        When ``may_share`` names a source that the study does not have.
    SourceError
        When a raw file to be packed is missing or is not the one that was read.

    References
    ----------
    Vilhuber, L., Connolly, M., Koren, M., Llull, J. & Morrow, P. (2022). A template README for
    social science replication packages, version 1.1. https://doi.org/10.5281/zenodo.7293838
    """
    manifest = read_manifest(run_dir)
    if problems := find_changes(run_dir, manifest):
        raise StoreError(f"{run_dir}: files were changed since the run. Run it again.", problems)
    _check_program(manifest, notebooks)
    sources = _raw_data(manifest, may_share)
    packed = tuple(source for source in sources if source.is_packed)
    withheld = [] if with_tables else [n for n in manifest["outputs"] if n.startswith(_TABLES)]
    files: dict[str, Path | bytes] = {
        **_program_files(notebooks),
        **_raw_files(packed, data_dirs),
        **_result_files(run_dir, manifest, withheld),
        f"params/{manifest['params_file']}": _params_file(run_dir, manifest),
    }
    facts = PackageFacts(
        name=run_dir.resolve().name,
        manifest=manifest,
        params=json.loads((run_dir / "params.json").read_text(encoding="utf-8")),
        sources=sources,
        notebooks={
            stage["stage"]: run_dir / "notebooks" / f"{stage['stage']}.ipynb"
            for stage in manifest["stages"]
        },
        withheld=tuple(withheld),
    )
    files[README] = write_readme(facts).encode()
    _write_archive(files, out)
    return PackageReport(
        path=out,
        n_files=len(files) + 1,
        packed=packed,
        left_out=tuple(source for source in sources if not source.is_packed),
        withheld=tuple(withheld),
    )


def _check_program(manifest: Mapping[str, Any], notebooks: Path) -> None:
    """Refuse a program that is not the one that made the results."""
    absent = [name for name in _PROGRAM_FILES if not (_PROGRAM / name).is_file()]
    if absent:
        raise RunFailed(
            f"infiltrate runs from {PACKAGE}, which is not inside a copy of its repository "
            f"({', '.join(absent)} not found). Give the command from a clone, after `make env`."
        )
    stages = read_stages(notebooks)
    now, then = describe_code(stages), manifest["code"]
    changed = [
        Problem(f"code of {room}", "changed since the run")
        for part in ("rooms", "pages")
        for room in sorted({*now[part], *then[part]})
        if now[part].get(room) != then[part].get(room)
    ]
    at_hand = {stage.name: fingerprint_file(stage.path) for stage in stages}
    changed += [
        Problem(f"notebook {stage['stage']}", "changed since the run")
        for stage in manifest["stages"]
        if at_hand.get(stage["stage"]) != stage["notebook"]
    ]
    if changed:
        raise RunFailed(
            "The program at hand is not the one that made these results, so a package of both "
            "would not run to the same end. Run the study again first.",
            changed,
        )


def _raw_data(manifest: Mapping[str, Any], may_share: Sequence[str]) -> tuple[RawData, ...]:
    known = [source["id"] for source in manifest["sources"]]
    if unknown := sorted(set(may_share) - set(known)):
        raise ParamsError(
            "The package cannot be written.",
            [Problem(f"--share {name}", "no such source", ", ".join(known)) for name in unknown],
        )
    files: dict[str, list[dict[str, Any]]] = {name: [] for name in known}
    for file in manifest["files"]:
        files.setdefault(file["source_id"], []).append(file)
    described = {source["id"]: source for source in manifest["sources"]}
    own: dict[str, Any] = {
        "id": VERDICTS,
        "title": "Verdicts on matches",
        "publisher": "the authors of this study",
        "licence": "CC0-1.0",
        "address": None,
        "retrieved_on": None,
        "tables": [],
    }
    return tuple(
        RawData(
            facts=described.get(name, own),
            files=tuple(found),
            is_packed=name in may_share
            or lets_copies_be_shared(described.get(name, own)["licence"]),
        )
        for name, found in files.items()
    )


def _program_files(notebooks: Path) -> dict[str, Path | bytes]:
    files: dict[str, Path | bytes] = {name: _PROGRAM / name for name in _PROGRAM_FILES}
    for path in PACKAGE.rglob("*"):
        if path.is_file() and not _LEFT_OUT & set(path.parts) and path.suffix != ".pyc":
            files[f"src/infiltrate/{path.relative_to(PACKAGE).as_posix()}"] = path
    for stage in read_stages(notebooks):
        files[f"notebooks/{stage.path.name}"] = stage.path
    return files


def _raw_files(packed: Sequence[RawData], data_dirs: Sequence[Path]) -> dict[str, Path | bytes]:
    wanted = {file["name"]: file["sha256"] for source in packed for file in source.files}
    folder = next(
        (one for one in data_dirs if all((one / name).is_file() for name in wanted)), None
    )
    if folder is None:
        missing = [name for name in wanted if not (data_dirs[0] / name).is_file()]
        raise SourceError(
            f"{len(missing)} raw files to be packed are not in "
            f"{' or '.join(map(str, data_dirs))}. Give their folder with --data.",
            [Problem(name, "missing") for name in missing],
        )
    others = [name for name, known in wanted.items() if fingerprint_file(folder / name) != known]
    if others:
        raise SourceError(
            "Raw files are not those that the results were made from. Run the study again first.",
            [Problem(name, "has another content") for name in others],
        )
    return {f"data/{name}": folder / name for name in wanted}


def _result_files(
    run_dir: Path, manifest: Mapping[str, Any], withheld: Sequence[str]
) -> dict[str, Path | bytes]:
    names = {*manifest["outputs"], MANIFEST} - set(withheld)
    if (run_dir / CRATE).is_file():
        names.add(CRATE)
    place = f"results/{run_dir.resolve().name}"
    files: dict[str, Path | bytes] = {f"{place}/{name}": run_dir / name for name in names}
    if withheld:
        with TemporaryDirectory(prefix="infiltrate-") as spill:
            told = {
                name: {"why": _WHY_WITHHELD, "rows": digest_rows(run_dir / name, Path(spill))}
                for name in sorted(withheld)
            }
        files[f"{place}/{WITHHELD}"] = f"{json.dumps(told, indent=1)}\n".encode()
    return files


def _params_file(run_dir: Path, manifest: Mapping[str, Any]) -> Path | bytes:
    """Take the analyst's own file where it still says the same, else the resolved parameters."""
    resolved = (run_dir / "params.json").read_text(encoding="utf-8")
    own = Path("params") / manifest["params_file"]
    try:
        if own.is_file() and render_params(load_params(own)) == resolved:
            return own
    except ParamsError:
        pass
    return f"# The parameters of the run with every default written out.\n{resolved}".encode()


def _write_archive(files: Mapping[str, Path | bytes], out: Path) -> None:
    sums = []
    with (
        replace_file(out) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in _contents(files):
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            archive.writestr(_entry(name), content, zipfile.ZIP_DEFLATED)
        archive.writestr(_entry(CHECKSUMS), "".join(sums), zipfile.ZIP_DEFLATED)


def _contents(files: Mapping[str, Path | bytes]) -> Iterator[tuple[str, bytes]]:
    for name, source in sorted(files.items()):
        yield name, source if isinstance(source, bytes) else source.read_bytes()


def _entry(name: str) -> zipfile.ZipInfo:
    """One moment and one set of rights for every file, so that the same run gives the same zip."""
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.external_attr = 0o644 << 16
    return entry
