"""The file of verdicts on matches that an analyst keeps beside the raw files."""

from __future__ import annotations

from pathlib import Path

from infiltrate.errors import SourceError
from infiltrate.params.linkage_choices import LinkageChoices


def read_reviewed(choices: LinkageChoices, data_dir: Path) -> str | None:
    """Return the content of ``choices.linkage.reviewed``, None where none is named.

    Raises
    ------
    SourceError
        When the file is absent or no UTF-8 text.
    """
    if choices.reviewed is None:
        return None
    path = data_dir / choices.reviewed
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SourceError(
            f"choices.linkage.reviewed: there is no {choices.reviewed} in the data folder. Put the "
            "edited match_review.csv of a run there, or leave the choice empty."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"choices.linkage.reviewed: {choices.reviewed} cannot be read: {error}. Save it as CSV "
            "in UTF-8."
        ) from error
