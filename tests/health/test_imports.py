"""Imports go one way, and the commands start fast."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "infiltrate"

# What each room may import from the others, as docs/architecture.md draws it.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "keys": {"errors"},
    "params": {"errors"},
    "tables": {"errors", "params"},
    "protection": {"errors", "params"},
    "sources": {"errors", "params", "tables"},
    "synth": {"errors", "params", "tables"},
    "linkage": {"errors", "params", "tables"},
    "ownership": {"errors", "params", "tables"},
    "network": {"errors", "params", "tables", "ownership", "protection"},
    "tracing": {"errors", "params", "tables", "ownership", "network", "protection"},
    "indicators": {"errors", "params", "tables", "ownership"},
    "risk": {"errors", "params", "tables", "network", "indicators", "prevalence"},
    "prevalence": {"errors", "params", "tables", "indicators", "protection"},
    "impact": {"errors", "params", "tables", "indicators", "prevalence", "protection"},
    "validation": {"errors", "params", "tables", "synth", "prevalence", "risk", "impact"},
    "report": {"errors", "keys", "params", "tables", "protection"},
    "study": {"errors", "keys", "params", "tables"},
    "runs": {
        "errors",
        "keys",
        "params",
        "tables",
        "sources",
        "linkage",
        "tracing",
        "indicators",
        "prevalence",
        "risk",
        "report",
        "study",
    },
    "site": {"errors", "params", "tables", "indicators", "report", "runs"},
    "cli": {"errors", "params", "sources", "runs", "site", "synth", "validation"},
}
HEAVY = ("sklearn", "scipy", "matplotlib", "seaborn", "pandas", "papermill", "pytask", "duckdb")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: import by full name, not by dots"
            names = (
                [node.module]
                if node.module != "infiltrate"
                else [f"infiltrate.{alias.name}" for alias in node.names]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "infiltrate":
                room = parts[1] if len(parts) > 1 else "__init__"
                rooms.add("__init__" if room == "__version__" else room)
    return rooms - {"__init__"}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_room_imports_only_what_lies_before_it(path: Path) -> None:
    room = room_of(path)
    backward = imported_rooms(path) - MAY_IMPORT.get(room, set()) - {room}
    allowed = ", ".join(sorted(MAY_IMPORT.get(room, set()))) or "nothing"
    assert not backward, (
        f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(backward))}; {room} may import "
        f"{allowed}. Move the shared piece to an "
        "earlier room, or change docs/architecture.md and this table and say why."
    )


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_nobody_imports_a_private_name(path: Path) -> None:
    private = [
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("infiltrate")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert not private, f"{path.name} imports {', '.join(private)}, private to another module"


def test_the_commands_load_no_heavy_library() -> None:
    program = f"import sys, infiltrate.cli; print([n for n in {HEAVY!r} if n in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "[]", answer.stdout + answer.stderr
