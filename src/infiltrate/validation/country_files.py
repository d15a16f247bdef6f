"""One file per country, whole or not there, that says what it was made of."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

import infiltrate
from infiltrate.errors import StoreError
from infiltrate.params.choices import PrevalenceChoices, RiskChoices
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.tables.files import replace_file
from infiltrate.validation.recovery import COLUMNS, TEXT
from infiltrate.validation.variants import Variant

_PACKAGE = Path(infiltrate.__file__).parent
_ROOMS = ("prevalence", "synth", "params")
_OWN = ("country.py", "recovery.py", "variants.py")
_ROOMS_OF_RANKING = ("risk",)
_OWN_OF_RANKING = ("ranked_country.py", "ranking.py")
_ROOMS_OF_IMPACT = ("impact", "synth", "params")
_OWN_OF_IMPACT = ("impact.py", "impact_country.py", "variants.py")
_LIBRARIES_OF_IMPACT = ("diff-diff", "numpy", "pandas", "pyfixest", "scipy")
_LIBRARIES = ("numpy", "pandas", "pulearn", "scipy", "scikit-learn")


def country_path(folder: Path, variant: Variant, seed: int) -> Path:
    """Return where the rows of one country are kept."""
    return folder / f"{variant.name.replace(':', '.')}_{seed}.csv"


def describe_inputs(
    firms: int, choices: PrevalenceChoices, estimators: Collection[str]
) -> dict[str, str]:
    """Return what the rows of a country depend on beside its card and seed, each as short text."""
    return {
        "firms": str(firms),
        "estimators": _hash(" ".join(sorted(estimators)).encode()),
        "choices": _hash(choices.model_dump_json().encode()),
        "code": _hash_code(),
        "libraries": " ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    }


def describe_ranking_inputs(
    firms: int, risk: RiskChoices, prevalence: PrevalenceChoices
) -> dict[str, str]:
    """Return the same for rankings."""
    return {
        "firms": str(firms),
        "choices": _hash((risk.model_dump_json() + prevalence.model_dump_json()).encode()),
        "code": _hash_code((*_ROOMS, *_ROOMS_OF_RANKING), (*_OWN, *_OWN_OF_RANKING)),
        "libraries": " ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    }


def describe_impact_inputs(firms: int, choices: ImpactChoices) -> dict[str, str]:
    """Return the same for effects."""
    return {
        "firms": str(firms),
        "choices": _hash(choices.model_dump_json().encode()),
        "code": _hash_code(_ROOMS_OF_IMPACT, _OWN_OF_IMPACT),
        "libraries": " ".join(f"{name} {_version(name)}" for name in _LIBRARIES_OF_IMPACT),
    }


def describe_drivers_inputs(firms: int, choices: PrevalenceChoices) -> dict[str, str]:
    """Return the same for what goes with infiltration."""
    rooms, own = (*_ROOMS, "impact"), ("country.py", "drivers.py", "variants.py")
    return {
        "firms": str(firms),
        "choices": _hash(choices.model_dump_json().encode()),
        "code": _hash_code(rooms, own),
        "libraries": " ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    }


def write_country(path: Path, rows: pd.DataFrame, inputs: dict[str, str]) -> None:
    """Write the rows of one country, below a line that says what they were made of."""
    body = rows.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    head = json.dumps({"inputs": inputs, "sha256": _hash(body.encode())})
    with replace_file(path) as temporary:
        temporary.write_text(f"# {head}\n{body}", encoding="utf-8", newline="\n")


def read_country(
    path: Path, columns: Collection[str] = COLUMNS, words: Collection[str] = TEXT
) -> pd.DataFrame:
    """Return the rows of one country, as `read_rows` does."""
    _, _, body = path.read_text(encoding="utf-8").partition("\n")
    return read_rows(io.StringIO(body), columns, words)


def read_rows(
    source: Path | io.StringIO, columns: Collection[str] = COLUMNS, words: Collection[str] = TEXT
) -> pd.DataFrame:
    """Return rows with the types of their columns: numbers, but for those of ``words``."""
    text: Any = dict.fromkeys(words, str)
    # an area named NA is no missing one
    empty: Any = {name: [""] for name in columns if name not in words}
    return pd.read_csv(source, dtype=text, keep_default_na=False, na_values=empty)


def read_results(
    path: Path | str, columns: Collection[str], words: Collection[str], *, kind: str, made_with: str
) -> pd.DataFrame:
    """Return the rows of all countries, as `read_rows` does.

    Raises
    ------
    StoreError
        When there is no such file or it is another one.
    """
    path = Path(path)
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file. Make it with `{made_with}`.")
    rows = read_rows(path, columns, words)
    missing = [name for name in columns if name not in rows]
    if missing:
        raise StoreError(f"{path}: has no column {', '.join(missing)}; it is no {kind} file.")
    return rows


def why_compute(path: Path, inputs: dict[str, str]) -> str | None:
    """Say why a country must be computed: it is new, damaged or stale; None when it need not."""
    if not path.exists():
        return "new"
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        found = json.loads(head.removeprefix("#"))
        made_of, is_whole = dict(found["inputs"]), found["sha256"] == _hash(body.encode())
    except (OSError, ValueError, KeyError, TypeError):
        return "damaged"
    if not is_whole:
        return "damaged"
    changed = sorted(name for name in inputs if made_of.get(name) != inputs[name])
    return f"stale: other {' and '.join(changed)}" if changed else None


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


def _hash_code(rooms_read: Collection[str] = _ROOMS, own: Collection[str] = _OWN) -> str:
    rooms = [path for room in rooms_read for path in (_PACKAGE / room).rglob("*")]
    files = [path for path in rooms if path.suffix in (".py", ".yaml")]
    files += [_PACKAGE / "validation" / name for name in own]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
