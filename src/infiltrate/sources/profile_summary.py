"""What a profile found, in lines for a person."""

from __future__ import annotations

from infiltrate.sources.profile import FileProfile
from infiltrate.sources.profile_columns import Column


def describe_profile(profile: FileProfile) -> str:
    """Say what was found: how the file is written, what each column holds, what it may feed."""
    layout = profile.layout
    if layout.reader != "delimited":
        return f"{profile.file}: a format that the reader {layout.reader} knows; no mapping needed."
    mark = {"\t": "tab"}.get(layout.delimiter, layout.delimiter)
    all_rows = "all" if profile.is_whole else "the first"
    lines = [
        f"{profile.file}: text in {len(profile.columns)} columns, {layout.encoding}, cut at {mark}"
        + (f", {layout.title_lines} lines above the header" if layout.title_lines else "")
        + f"; looked at {all_rows} {profile.rows:,} rows",
        "",
        *(f"  {_column_line(column)}" for column in profile.columns),
        "",
    ]
    keys = [" + ".join(key) for key in profile.keys[:5]]
    lines.append(f"No two rows share: {'; '.join(keys) or 'no one, two or three columns'}.")
    for proposal in profile.proposals:
        lines.append(
            f"May feed {proposal.table} ({proposal.fit:.0%} of what it needs and is helped by): "
            + ", ".join(f"{name} <- {column.name}" for name, column in proposal.columns.items())
        )
    if not profile.proposals:
        lines.append("No table is proposed: the names of the columns are not known here.")
    return "\n".join([*lines, *(f"Look at: {doubt}" for doubt in profile.doubts)])


def _column_line(column: Column) -> str:
    what = {
        "day": f"days, {column.format}",
        "number": "whole numbers" if column.is_whole else "numbers",
        "identifier": f"{column.scheme}, {column.scheme_share:.0%} valid",
        "kind": f"{column.distinct} kinds",
        "text": f"text, {column.distinct:,} different",
        "empty": "nothing",
    }[column.kind]
    return f"{column.name[:48]:48} {column.filled:4.0%} filled  {what}"
