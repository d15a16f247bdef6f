"""What every design answers with: one tidy table of effects, and what a reader must know first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Effect:
    """One coefficient.

    Attributes
    ----------
    design : str
        ``panel``, ``event_study``, ``spillover``, ``synthetic_control``, ``bunching``, ``drivers``
        or ``procurement_cost``.
    estimator : str
        The method, in its authors' words: ``fixed effects``, ``Sun and Abraham``.
    outcome, term : str
        What is explained, and the coefficient's own name; ``average`` for an average effect.
    estimate, std_error, low, high, p_value : float
        In ``unit``; missing where the method has none.
    unit : str
        ``log points``, ``percent``, ``euro`` and so on: what one unit of the estimate is.
    event_time : int or None
        Years since treatment.
    rows, units, treated, clusters : int or None
        Sample sizes: rows used, units, units ever treated, clusters of the standard error.
    sample : str
        Which variant: ``main``, ``dates 12 months earlier``, ``placebo date``.
    """

    design: str
    estimator: str
    outcome: str
    term: str
    estimate: float
    std_error: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p_value: float = float("nan")
    unit: str = ""
    event_time: int | None = None
    rows: int | None = None
    units: int | None = None
    treated: int | None = None
    clusters: int | None = None
    sample: str = "main"


@dataclass(frozen=True)
class Finding:
    """Why a design was refused, or what makes its numbers doubtful; shown before the numbers.

    Attributes
    ----------
    severity : str
        ``refused``: no number is given. ``warning``: read the number with this in mind.
    design : str
        As in `Effect`.
    text : str
        One sentence with the number that decided.
    """

    severity: Literal["refused", "warning"]
    design: str
    text: str


@dataclass(frozen=True)
class ImpactAnswer:
    """Effects of one design and what must be known about them; no effects where it is refused."""

    effects: tuple[Effect, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def is_refused(self) -> bool:
        """Whether the design gives no number."""
        return bool(find_refusals(self.findings))


def find_refusals(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that forbid a number, in their order."""
    return tuple(finding for finding in findings if finding.severity == "refused")


_WHOLE = ("event_time", "rows", "units", "treated", "clusters")


def tabulate_effects(answers: Iterable[ImpactAnswer]) -> pd.DataFrame:
    """Return one row per effect in the order of the answers; columns are the fields of `Effect`."""
    rows = [asdict(effect) for answer in answers for effect in answer.effects]
    table = pd.DataFrame(rows, columns=[part.name for part in fields(Effect)])
    return table.astype(dict.fromkeys(_WHOLE, "Int64"))


def tabulate_findings(answers: Iterable[ImpactAnswer]) -> pd.DataFrame:
    """Return one row per finding, refusals first: ``severity``, ``design``, ``text``."""
    rows = [asdict(finding) for answer in answers for finding in answer.findings]
    table = pd.DataFrame(rows, columns=[part.name for part in fields(Finding)])
    return table.sort_values("severity", kind="stable", ignore_index=True)
