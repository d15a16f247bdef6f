"""Trace one company of a finished study: in words, as JSON, as a drawing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from infiltrate.errors import ParamsError
from infiltrate.report.figure import Figure
from infiltrate.runs.opened import open_finished_study
from infiltrate.runs.trace_text import tree_lines, write_json, write_tree
from infiltrate.tables.files import replace_file
from infiltrate.tracing.graph import draw_up
from infiltrate.tracing.naming import name_trace
from infiltrate.tracing.trace import Trace, trace_company

DRAWINGS = (".svg", ".png", ".html")
FORMATS = ("text", "json")

_WIDTH = 240
_DOTS_PER_INCH = 160


def trace_study(
    company: str,
    params_file: Path,
    run_dir: Path,
    *,
    day: date | None = None,
    depth: int | None = None,
    key_file: Path | None = None,
    internal: bool = False,
    draw: Path | None = None,
    layout: str = "text",
) -> str:
    """Trace a company and return what is to be printed.

    Parameters
    ----------
    company : str
        Its id, or its tag on the pages of the report.
    params_file, run_dir : Path
        The study and the results of its run.
    day : date, optional
        As of the end of this day; the study's own by default.
    depth : int, optional
        Longest chain of owners; that of the parameters by default.
    key_file : Path, optional
        The key of the study: companies are then shown under their own ids and names, and the
        opening is written down in the results folder.
    internal : bool
        The same with the key where it usually is.
    draw : Path, optional
        A drawing to write: .svg, .png or .html.
    layout : {'text', 'json'}
        How the trace is returned.

    Raises
    ------
    ParamsError
        When the company, the drawing or the layout cannot be used; nothing is written then.
    NotEnoughData
        When it is no company.
    StoreError, DisclosureError
        See `open_finished_study`.
    """
    if draw is not None and draw.suffix.lower() not in DRAWINGS:
        raise ParamsError(f"--draw {draw}: no such drawing; allowed: {', '.join(DRAWINGS)}.")
    if layout not in FORMATS:
        raise ParamsError(f"--format {layout}: unknown; allowed: {', '.join(FORMATS)}.")
    with open_finished_study(
        params_file,
        run_dir,
        asked=["trace", company],
        day=day,
        key_file=key_file,
        internal=internal,
    ) as study:
        scope = study.scope if depth is None else study.scope.with_depth(depth)
        found = trace_company(study.engine, study.find_company(company), study.day, scope)
    shown = name_trace(found, study.naming)
    if draw is not None:
        _write_drawing(shown, draw)
    if layout == "json":
        return write_json(shown)
    return "\n".join(tree_lines(write_tree(shown), _WIDTH))


def _write_drawing(trace: Trace, path: Path) -> None:
    from infiltrate.report.figures import layered_graph

    graph = draw_up(trace)
    figure = layered_graph(
        graph.nodes,
        graph.edges,
        title=f"What is on record around {trace.company_id} as of {trace.day}",
        left_out=graph.left_out,
        caption="Risk is not guilt: a tie says that two names stand in one record.",
    )
    with replace_file(path) as temporary:
        _save(figure, path.suffix.lower(), temporary)


def _save(figure: Figure, ending: str, path: Path) -> None:
    if ending == ".html":
        path.write_text(
            '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{figure.title}</title>{figure._repr_html_()}</html>\n",
            encoding="utf-8",
        )
    elif ending == ".svg":
        path.write_bytes(figure.svg())
    elif figure.drawing is not None:
        figure.drawing.savefig(path, format="png", dpi=_DOTS_PER_INCH, bbox_inches="tight")
