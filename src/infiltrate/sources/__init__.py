"""Publishers' formats to canonical tables: nothing is lost silently."""

from infiltrate.sources.check import check_sources
from infiltrate.sources.intake import FileIntake, IntakeReport, read_sources

__all__ = ["FileIntake", "IntakeReport", "check_sources", "read_sources"]
