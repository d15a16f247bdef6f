"""The facts of a run that do not depend on when it happens: files, versions, parameters."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import infiltrate
from infiltrate.keys import key_fingerprint, load_key
from infiltrate.params.differences import Difference, differences_from_defaults
from infiltrate.params.dump import render_params
from infiltrate.params.study import StudyParams
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.sources.readers import parts_of
from infiltrate.tables.files import replace_file

LIBRARIES = (
    "duckdb",
    "igraph",
    "linearmodels",
    "matplotlib",
    "numpy",
    "ocdsmerge",
    "pandas",
    "pyarrow",
    "python-stdnum",
    "SALib",
    "scikit-learn",
    "scipy",
    "seaborn",
    "splink",
    "statsmodels",
)
"""What the numbers and figures of a study go through; another version makes every stage stale."""

WORKBENCH = ("ipykernel", "jinja2", "nbclient", "nbconvert", "papermill", "pydantic", "pytask")
"""What runs and renders the notebooks; recorded, and no reason to compute again."""

VERDICTS = "verdicts_on_matches"
"""What stands for a source where a file holds a person's verdicts."""


@dataclass(frozen=True)
class RawFile:
    """One publisher's file that a study reads.

    Attributes
    ----------
    source_id : str
        The source it belongs to.
    name : str
        Path below the data folder.
    sha256 : str
        Hash of its content.
    size : int
        Bytes.
    """

    source_id: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class RunInputs:
    """Everything that decides a study's numbers."""

    params: StudyParams
    params_file: Path
    data_dir: Path
    files: tuple[RawFile, ...]
    environment: dict[str, str]
    key: str
    differences: tuple[Difference, ...]


def gather_inputs(params: StudyParams, params_file: Path, data_dir: Path) -> RunInputs:
    """Hash the raw files and note versions and parameters.

    Parameters
    ----------
    params : StudyParams
        The resolved parameters.
    params_file : Path
        The file they came from.
    data_dir : Path
        Folder of the raw files.
    """
    files = tuple(
        RawFile(
            source.id,
            path.relative_to(data_dir).as_posix(),
            fingerprint_file(path),
            path.stat().st_size,
        )
        for source in params.sources
        for path in sorted(data_dir.glob(source.path))
    )
    reviewed = params.choices.linkage.reviewed
    if reviewed is not None and (path := data_dir / reviewed).is_file():
        verdicts = RawFile(VERDICTS, reviewed, fingerprint_file(path), path.stat().st_size)
        files = (*files, verdicts)
    environment = {
        "python": platform.python_version(),
        "infiltrate": infiltrate.__version__,
        **_versions(LIBRARIES),
    }
    return RunInputs(
        params=params,
        params_file=params_file,
        data_dir=data_dir,
        files=files,
        environment=environment,
        key=key_fingerprint(load_key()),
        differences=tuple(differences_from_defaults(params)),
    )


def describe_machine() -> dict[str, str]:
    """Say on what kind of machine a run took place; nothing that names the machine."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        **_versions(WORKBENCH),
    }


def describe_sources(params: StudyParams) -> list[dict[str, Any]]:
    """Return title, publisher, licence and address of every data set that a study reads."""
    return [
        {
            "id": source.id,
            "title": source.title,
            "publisher": source.publisher,
            "licence": source.licence,
            "address": source.address,
            "retrieved_on": None if source.retrieved_on is None else str(source.retrieved_on),
            "tables": sorted(
                {name.split("/")[0] for part in parts_of(source).values() for name in part.tables}
            ),
        }
        for source in params.sources
    ]


def write_run_facts(inputs: RunInputs, run_dir: Path) -> None:
    """Leave what the run card prints in ``run.json`` and the resolved parameters beside it."""
    facts = {
        "params_file": inputs.params_file.name,
        "files": [vars(file) for file in inputs.files],
        "environment": inputs.environment,
        "pseudonym_key": inputs.key,
        "differences": [
            {"path": path, "value": _text(value), "default": _text(default)}
            for path, value, default in inputs.differences
        ],
    }
    _write_if_changed(
        run_dir / "run.json", json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False)
    )
    _write_if_changed(run_dir / "params.json", render_params(inputs.params))


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # one that another library may bring or not
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        with replace_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
