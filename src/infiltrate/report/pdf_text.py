"""The words of a PDF: its text, its metadata, its outline and the descriptions of its figures."""

from __future__ import annotations

from infiltrate.report.page_text import Passage


def read_pdf(content: bytes) -> list[Passage]:
    """Return the texts of a PDF.

    Raises
    ------
    ValueError
        When it cannot be read whole.
    """
    raise ValueError("PDF")
