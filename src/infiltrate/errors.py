"""The named errors; each says what, where, what was found, what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in the words a user needs to mend it.

    Attributes
    ----------
    where : str
        File and path inside it, for example ``params/pe.yaml: choices.risk.quarantine_months``.
    found : str
        What stands there now.
    allowed : str
        What may stand there.
    fix : str
        What to do about it.
    """

    where: str
    found: str
    allowed: str = ""
    fix: str = ""

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.found}"
        if self.allowed:
            sentence += f"; allowed: {self.allowed}"
        if self.fix:
            sentence += f". {self.fix}"
        return sentence


class InfiltrateError(Exception):
    """Base of every error a user can cause or mend.

    Parameters
    ----------
    summary : str
        One sentence saying what failed.
    problems : sequence of Problem, optional
        Everything that is wrong, found together and shown together.
    """

    exit_code = 1

    def __init__(self, summary: str, problems: Sequence[Problem] = ()) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        listed = (str(problem).replace("\n", "\n    ") for problem in self.problems)
        return "\n".join([self.summary, *(f"  - {problem}" for problem in listed)])


class ParamsError(InfiltrateError):
    """A parameter file, or a value in it, cannot be used."""

    exit_code = 2


class SourceError(InfiltrateError):
    """A raw file is absent, empty or not what the parameters say it is."""

    exit_code = 3


class SchemaError(InfiltrateError):
    """A table does not have the columns, types or key of its definition."""

    exit_code = 4


class CheckFailed(InfiltrateError):
    """A table has the right shape but values that cannot be true."""

    exit_code = 5


class NotEnoughData(InfiltrateError):
    """A method was asked for more than the data at hand can give."""

    exit_code = 6


class DisclosureError(InfiltrateError):
    """Something was about to be published that must stay closed."""

    exit_code = 7


class StoreError(InfiltrateError):
    """A file could not be written or read back; what was there before is untouched."""

    exit_code = 8


class RunFailed(InfiltrateError):
    """A study did not finish; what was finished is kept."""

    exit_code = 9


class RunLocked(InfiltrateError):
    """Another run is writing to the same results folder."""

    exit_code = 10


class EngineError(InfiltrateError):
    """The query engine asked for is not installed, does not start, or cannot run a query."""

    exit_code = 11


class CompareFailed(InfiltrateError):
    """Two runs that should agree do not."""

    exit_code = 12
