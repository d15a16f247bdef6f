"""A comparison as text, JSON or a page, printed or in a file."""

from __future__ import annotations

from pathlib import Path

from infiltrate.errors import ParamsError
from infiltrate.runs.compare.compare import Comparison
from infiltrate.runs.compare.wording import comparison_json, comparison_text
from infiltrate.tables.files import replace_file

LAYOUTS = ("text", "json", "html")


def write_comparison(comparison: Comparison, layout: str, out: Path | None) -> str:
    """Put a comparison into words and, where a file is named, write it there.

    Parameters
    ----------
    comparison : Comparison
        Two runs.
    layout : str
        ``text``, ``json`` or ``html``.
    out : Path, optional
        The file; a page needs one.

    Returns
    -------
    str
        The text or JSON; for a page the text.

    Raises
    ------
    ParamsError
        For another layout, or a page without a file.
    StoreError
        When the file cannot be written.
    """
    check_layout(layout, out)
    if layout == "html" and out is not None:
        from infiltrate.runs.compare.page import write_comparison_page

        write_comparison_page(comparison, out)
        return comparison_text(comparison)
    text = comparison_json(comparison) if layout == "json" else f"{comparison_text(comparison)}\n"
    if out is not None:
        with replace_file(out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return text.removesuffix("\n")


def check_layout(layout: str, out: Path | None) -> None:
    """Refuse what cannot be written before anything is compared.

    Raises
    ------
    ParamsError
        For a layout other than text, json and html, or a page without a file.
    """
    if layout not in LAYOUTS:
        raise ParamsError(f"--format {layout}: unknown; allowed: {', '.join(LAYOUTS)}.")
    if layout == "html" and out is None:
        raise ParamsError("--format html: name the page to write with --out, e.g. compare.html.")
