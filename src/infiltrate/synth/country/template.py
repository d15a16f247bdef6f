"""The part of a parameter file that is the same for every synthetic country."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


@cache
def read_template() -> dict[str, Any]:
    """Return sources, lists, thresholds and choices; a copy must be made before changing it."""
    text = (Path(__file__).parent / "template.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))
