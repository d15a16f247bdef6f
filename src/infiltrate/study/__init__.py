"""What a notebook opens: one stage of a study, or a finished run to look at and to vary."""

from infiltrate.study.opened import OpenedRun, open_run
from infiltrate.study.stage import ALWAYS_READABLE, Study, open_study

open = open_run

__all__ = ["ALWAYS_READABLE", "OpenedRun", "Study", "open", "open_run", "open_study"]
