"""Tables of a validation as Markdown, and their place between the markers of a document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from infiltrate.errors import StoreError
from infiltrate.tables.files import replace_file


def make_table(frame: pd.DataFrame) -> str:
    """Return a frame as a table; bars within values become strokes."""
    lines = [list(map(str, frame.columns)), ["---"] * frame.shape[1]]
    lines += [[str(value).replace("|", "/") for value in row] for row in frame.to_numpy()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def describe_run(facts_file: Path, countries: str, on: date | None) -> str:
    """Return a sentence on the countries, the day and the machine, and the command.

    Parameters
    ----------
    facts_file : Path
        With ``command`` and ``machine``; may be absent.
    countries : str
        Sentence about the countries.
    on : date, optional
        Day of the run.
    """
    facts = json.loads(facts_file.read_text(encoding="utf-8")) if facts_file.is_file() else {}
    sentence = countries
    if on or "machine" in facts:
        sentence += " Run" + (f" on {on.isoformat()}" if on else "")
        sentence += f" on {facts['machine']}." if "machine" in facts else "."
    command = f"\n\n    {facts['command']}" if "command" in facts else ""
    return f"{sentence}{command}\n"


def count_reached(goals: pd.DataFrame) -> str:
    """Return how many goals were reached and how many missed; those not run are neither."""
    reached = goals["reached"].value_counts()
    return f"{reached.get('yes', 0)} reached, {reached.get('no', 0)} missed."


def write_summary_files(
    folder: Path,
    prefix: str,
    heading: str,
    tables: Mapping[str, pd.DataFrame],
    describe: Callable[[Path], str],
) -> Path:
    """Write the tables of a validation as CSV, then the text about them.

    Parameters
    ----------
    folder : Path
        Of the results.
    prefix : str
        Of the names of all files.
    heading : str
        Of the text.
    tables : mapping of str to DataFrame
        By name of the file, without prefix and ending.
    describe : callable
        Makes the text of a folder that holds the tables already.

    Returns
    -------
    Path
        Of the text.
    """
    for name, frame in tables.items():
        with replace_file(folder / f"{prefix}{name}.csv") as temporary:
            frame.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    path = folder / f"{prefix}summary.md"
    with replace_file(path) as temporary:
        temporary.write_text(f"# {heading}\n\n{describe(folder)}", encoding="utf-8")
    return path


def insert_between(document: Path, begin: str, end: str, text: str) -> None:
    """Put text between two markers of a document.

    Raises
    ------
    StoreError
        When the document is absent or does not have both markers once, in order.
    """
    if not document.is_file():
        raise StoreError(f"{document}: there is no such file.")
    whole = document.read_text(encoding="utf-8")
    before, _, rest = whole.partition(begin)
    _, _, after = rest.partition(end)
    if whole.count(begin) != 1 or whole.count(end) != 1 or end not in rest:
        raise StoreError(f"{document}: must hold the lines {begin} and {end} once, in this order.")
    with replace_file(document) as temporary:
        temporary.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")
