"""The page of a comparison, in the style of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from infiltrate.report.components import Status, question_and_answer
from infiltrate.report.jupyter import import_jupyter
from infiltrate.report.markup import Panel
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.report.tables import show_table
from infiltrate.runs.compare import wording
from infiltrate.runs.compare.compare import Comparison

_VERDICTS: dict[str, tuple[Status, str]] = {
    "identical": ("use", "Identical"),
    "identical but for pseudonyms": ("use", "Identical but for pseudonyms"),
    "same up to rounding": ("caution", "The same up to rounding"),
    "moved": ("caution", "Something moved"),
}


def write_comparison_page(comparison: Comparison, out: Path) -> Path:
    """Write a comparison as one page of HTML and return its path.

    Parameters
    ----------
    comparison : Comparison
        Two runs.
    out : Path
        The file.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    nbformat = import_jupyter("nbformat")
    cells = [
        nbformat.v4.new_markdown_cell(part, id=f"part-{place}")
        for place, part in enumerate(_parts(comparison))
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    site = Site(comparison.after.title, [(out.stem, "Comparison")], comparison.after.country)
    with TemporaryDirectory(prefix="infiltrate-") as folder:
        written = Path(folder) / "comparison.ipynb"
        nbformat.write(notebook, written)
        return render_notebook(written, out, site=site)


def _parts(comparison: Comparison) -> Iterator[str]:
    yield f"# {comparison.before.label} and {comparison.after.label}, compared"
    yield _html(_answer(comparison))
    yield from _section("What differs between the runs", _causes(comparison))
    yield from _section("Tables that moved, and why", _tables(comparison))
    yield from _section("Estimates", _estimates(comparison))
    yield from _section("Red flags", _flags(comparison))
    yield from _section("Pages, notebooks and texts", _files(comparison))
    yield from _section("The two runs", _runs(comparison))


def _section(title: str, panel: Panel | None) -> Iterator[str]:
    if panel is not None:
        yield f"## {title}"
        yield _html(panel)


def _html(panel: Panel) -> str:
    """Return markup that stays one block of HTML inside Markdown, which an empty line would end."""
    return "\n".join(line for line in panel.html.splitlines() if line.strip())


def _answer(comparison: Comparison) -> Panel:
    status, verdict = _VERDICTS[comparison.verdict]
    notes = [wording.CLOSED]
    if wording.several_causes(comparison):
        notes.append(wording.TOGETHER)
    if comparison.unexplained:
        notes.append(f"Not explained: {', '.join(comparison.unexplained)}. {wording.NOT_EXPLAINED}")
    found = [wording.score_sentence(comparison.scores)] if comparison.scores else []
    return question_and_answer(
        "Do the two runs agree, and if not, what made the difference?",
        wording.verdict_sentence(comparison),
        status,
        verdict=verdict,
        findings=found,
        reasons=notes,
    )


def _causes(comparison: Comparison) -> Panel:
    rows = [
        {
            "difference": effect.cause.what,
            "kind": effect.cause.kind,
            "change": effect.cause.change,
            "enters": ", ".join(effect.enters) or "pages only",
            "reaches": _reaches(effect.moved, effect.cause.can_move),
        }
        for effect in comparison.causes
    ]
    return _table(
        rows,
        "Every difference between the inputs of the runs, the steps it enters and the tables that "
        "moved behind it",
        ("difference", "kind", "change", "enters", "reaches"),
        "Data, parameters, code, environment and key are the same in both runs.",
    )


def _reaches(moved: Sequence[str], can_move: bool) -> str:
    if moved:
        return ", ".join(moved)
    return "no table" if can_move else "nothing: it changes no number"


def _tables(comparison: Comparison) -> Panel:
    rows = [
        {
            "table": change.table,
            "rows": wording.table_sentence(change).partition(": ")[2],
            "columns": "; ".join(wording.column_sentence(column) for column in change.columns),
            "why": "; ".join(str(route) for route in comparison.routes[change.table])
            or "nothing that is recorded",
        }
        for change in comparison.tables
    ]
    return _table(
        rows,
        "Tables whose rows differ; the way of each difference through steps and tables",
        ("table", "rows", "columns", "why"),
        "No table moved.",
    )


def _estimates(comparison: Comparison) -> Panel | None:
    if not comparison.estimates:
        return None
    names = ("estimate", "before", "after", "difference")
    rows = [
        dict(zip(names, wording.estimate_words(change), strict=True))
        for change in comparison.estimates
    ]
    caption = "Estimates that moved, the largest change first; interval in brackets"
    return _table(rows, caption, names, "")


def _flags(comparison: Comparison) -> Panel | None:
    if not comparison.flags:
        return None
    rows = [
        {
            "indicator": change.indicator,
            "flagged before": f"{change.flagged_before:,}",
            "flagged after": f"{change.flagged_after:,}",
            "newly": f"{change.newly:,}",
            "no longer": f"{change.no_longer:,}",
            "computable before": f"{change.computable_before:,}",
            "computable after": f"{change.computable_after:,}",
        }
        for change in comparison.flags
    ]
    return _table(rows, "Units by indicator, where the flags of any differ", tuple(rows[0]), "")


def _files(comparison: Comparison) -> Panel | None:
    if not comparison.files:
        return None
    rows = []
    for change in comparison.files:
        name, _, why = wording.file_sentence(change).partition(": ")
        rows.append({"file": name, "why": why})
    return _table(rows, "Files for readers that differ", ("file", "why"), "")


def _runs(comparison: Comparison) -> Panel:
    rows = [
        {
            "run": f"{order}: {facts.label}",
            "study": f"{facts.country}, {facts.title}",
            "finished": facts.finished_at,
            "infiltrate": facts.version,
        }
        for order, facts in (("before", comparison.before), ("after", comparison.after))
    ]
    return _table(rows, "The runs that are compared", tuple(rows[0]), "")


def _table(rows: Sequence[dict[str, Any]], caption: str, names: Sequence[str], empty: str) -> Panel:
    return show_table(pd.DataFrame(rows, columns=list(names)), caption=caption, empty=empty)
