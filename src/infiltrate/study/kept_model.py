"""A fitted model as a file: no code in it is run, and the same model gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infiltrate.errors import StoreError
from infiltrate.tables.files import replace_file

_OWN = "infiltrate.risk."
_TRUSTED = frozenset(
    {"numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"}
)
_SCHEMA = "schema.json"
_NUMBERED = re.compile(r"\d+(?=\.\w+$)")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_model(path: Path, parts: Mapping[str, object]) -> str:
    """Write estimators, arrays and texts with skops, and return the hash of the file.

    Parameters
    ----------
    path : Path
        File to write.
    parts : mapping of str to object
        No firm's identifier belongs there.
    """
    from skops.io import dumps

    content = _renumber(dumps(dict(parts)))
    with replace_file(path) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_model(path: Path) -> dict[str, Any]:
    """Read back what `write_model` wrote.

    Raises
    ------
    StoreError
        When the file is not there, is damaged, or asks for code that is neither of this package
        nor known to be harmless.
    """
    from skops.io import get_untrusted_types, loads

    again = "Run the study again: `infiltrate run PARAMS --force`."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: the model cannot be read: {error.strerror}. {again}") from error
    try:
        asked = get_untrusted_types(data=content)
        foreign = [name for name in asked if not name.startswith(_OWN) and name not in _TRUSTED]
        if not foreign:
            return dict(loads(content, trusted=asked))
    except Exception as error:  # whatever a damaged file makes the reader stumble over
        raise StoreError(f"{path}: the model is damaged ({error}). {again}") from error
    raise StoreError(
        f"{path}: the model asks for code that a ranking does not need ({', '.join(foreign)}), so "
        f"it was not opened. {again}"
    )


def _renumber(content: bytes) -> bytes:
    """Replace addresses in memory by running numbers, and the time of writing by a fixed one."""
    numbers: dict[str, str] = {}

    def number(address: str) -> str:
        return numbers.setdefault(address, str(len(numbers)))

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        walked = {name: walk(value) for name, value in node.items()}
        if "__id__" in walked:
            walked["__id__"] = int(number(str(walked["__id__"])))
        if isinstance(walked.get("file"), str):
            walked["file"] = _NUMBERED.sub(lambda found: number(found[0]), walked["file"])
        return walked

    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(written, "w") as after:
        schema = walk(json.loads(before.read(_SCHEMA)))
        files = {
            _NUMBERED.sub(lambda found: number(found[0]), name): before.read(name)
            for name in before.namelist()
            if name != _SCHEMA
        }
        files[_SCHEMA] = json.dumps(schema).encode()
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            after.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return written.getvalue()
