"""Parameters as canonical JSON: kept beside every run, and hashed block by block."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infiltrate.errors import StoreError
from infiltrate.params.describe import note_at
from infiltrate.params.paths import find_path, value_at
from infiltrate.params.study import StudyParams

# Characters that JSON lets stand in text and YAML does not, or folds into spaces.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def render_params(params: StudyParams) -> str:
    """Write all parameters, defaults included, as JSON that is also YAML.

    Declared keys stand in the order of the models, keys of the analyst's own in that of the file
    (patterns are tried in order), dates as ISO text: the same parameters give the same bytes.
    """
    text = json.dumps(params.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def dump_params(params: StudyParams, path: Path) -> None:
    """Write `render_params` to a file that `load_params` reads back.

    Raises
    ------
    StoreError
        When it cannot be written; a file that was there before is untouched.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(render_params(params), encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"{path.as_posix()} could not be written: {error.strerror}.") from error


def subset(params: StudyParams, blocks: Sequence[str]) -> dict[str, Any]:
    """Return only the named blocks as plain JSON values.

    Parameters
    ----------
    params : StudyParams
        All parameters.
    blocks : sequence of str
        ``facts.thresholds``, ``choices.indicators``, ``lists``, ``sources[awards]``.

    Raises
    ------
    KeyError
        When there is no such block.
    """
    data = params.model_dump(mode="json")
    return {block: _block(block, data) for block in sorted(set(blocks))}


def fingerprint(params: StudyParams, blocks: Sequence[str]) -> str:
    """Return the SHA-256 of the named blocks: it changes when a value or its order does.

    Takes and raises what `subset` does.
    """
    text = json.dumps(subset(params, blocks), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _block(block: str, data: dict[str, Any]) -> Any:
    try:
        parts = find_path(block, data)
    except LookupError as error:
        raise KeyError(f"{block} {error.args[0]}") from error
    if note_at(parts) is None:
        raise KeyError(f"there is no block {block} in the parameters")
    return value_at(parts, data)
