"""The generated files: `params/_defaults.yaml`, `params/schema.json`, `docs/parameters.md`.

Run ``python -m infiltrate.params.schema`` after a change of any model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from infiltrate.params.defaults import render_defaults
from infiltrate.params.reference import render_reference
from infiltrate.params.study import StudyParams

COMMAND = "python -m infiltrate.params.schema"


def render_schema() -> str:
    """Return the JSON schema that editors use for completion and checks."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **StudyParams.model_json_schema(),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def render_generated() -> dict[str, str]:
    """Return the text of every generated file by its path below the root of the repository."""
    return {
        "docs/parameters.md": render_reference(),
        "params/_defaults.yaml": render_defaults(),
        "params/schema.json": render_schema(),
    }


def write_generated(folder: Path) -> list[Path]:
    """Write the generated files below a folder and return their paths."""
    paths = []
    for name, text in render_generated().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[3]
    for written in write_generated(root):
        print(written)
