"""Jupyter's libraries, without the two seconds that one of their imports takes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def import_jupyter(name: str) -> Any:
    """Import a library such as ``nbformat``, ``nbconvert`` or ``papermill``.

    They load jsonschema, which builds a grammar at import for formats that no notebook uses and
    takes its absence in its stride.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    return import_module(name)
