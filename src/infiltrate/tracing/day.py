"""The day of a study."""

from __future__ import annotations

from datetime import date

from infiltrate.errors import ParamsError
from infiltrate.params.study import StudyParams


def study_day(params: StudyParams) -> date:
    """Return ``choices.as_of``, or the latest day on which a source was fetched.

    Raises
    ------
    ParamsError
        When neither is stated.
    """
    if params.day is None:
        raise ParamsError(
            "choices.as_of: empty, and no source has retrieved_on. Set choices.as_of."
        )
    return params.day
