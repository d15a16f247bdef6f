"""The documentation of the canonical tables, written from their definitions."""

from __future__ import annotations

from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import Table

TYPE_WORDS = {
    "string": "text",
    "date": "date",
    "integer": "whole number",
    "number": "number",
    "money": "money, two decimals",
    "share": "share, 0 to 1",
    "boolean": "yes or no",
}


def render_tables() -> str:
    """Return ``docs/tables.md``: every table, what a row is, its key and columns."""
    head = (
        "# Tables\n\nMade from the definitions in `src/infiltrate/tables` by "
        "`python -m infiltrate.tables.document`; change those and run it again.\n\n"
        "*Known on* names the column that dates a value: as of an earlier day it is missing.\n"
    )
    return head + "".join(_render_table(table) for table in TABLES.values())


def _render_table(table: Table) -> str:
    lines = [f"\n## {table.name}\n", f"{table.row} Key: {', '.join(table.key)}.\n"]
    if table.known_on:
        dated = f"Dated by {', then '.join(table.known_on)}"
        lines.append(f"{dated}{f', then its row in {table.dated_by}' * bool(table.dated_by)}.\n")
    if table.begins_on:
        lines.append(f"As of a day before `{table.begins_on}` the row is absent.\n")
    lines += ["| Column | Type | Meaning | Known on |", "|---|---|---|---|"]
    for column in table.columns:
        needed = " **Required.**" if table.is_required(column.name) else ""
        values = f" One of: {', '.join(column.values)}." if column.values else ""
        points = f" Refers to {column.references}." if column.references else ""
        lines.append(
            f"| `{column.name}` | {TYPE_WORDS[column.type]} | "
            f"{column.description}{values}{points}{needed} | {column.known_on} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path("docs/tables.md").write_text(render_tables(), encoding="utf-8")
