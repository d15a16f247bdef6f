"""What a part of the benchmarks is: a name, options, a run, and sections of the page."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from benchmarks.kept import KeptRuns, Run


class Options(Protocol):
    """The group of options of one part."""

    def add_argument(self, *names: str, **settings: Any) -> object: ...


@dataclass(frozen=True)
class Section:
    """A section of the page: heading, lines of Markdown, and the keys of the runs it shows."""

    heading: str
    lines: Sequence[str]
    keys: Sequence[str]


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes
    ----------
    name : str
        The word that runs it, and the first word of the keys of its runs.
    add_options : callable
        Adds its options to the group it is given; no two parts have the same.
    run : callable
        Makes the runs that are not kept yet.
    render : callable
        Returns its sections from the runs that were kept; none where there are no runs.
    """

    name: str
    add_options: Callable[[Options], None]
    run: Callable[[Namespace, KeptRuns], None]
    render: Callable[[Namespace, KeptRuns], list[Section]]


def span(values: Sequence[float]) -> str:
    """Return minimum / median / maximum."""
    if not values:
        return "not run"
    return f"{min(values):.2f} / {median(values):.2f} / {max(values):.2f}"


def seconds(runs: Mapping[int, Run]) -> str:
    """Return the span of seconds of the clock."""
    return span([run.seconds for run in runs.values()])


def ratio(ours: Mapping[int, Run], theirs: Mapping[int, Run], measure: str = "processor") -> str:
    """Return the span of ours over theirs, turn by turn; ``measure`` is a field of a run."""
    return span(
        [
            getattr(ours[turn], measure) / getattr(theirs[turn], measure)
            for turn in sorted(ours.keys() & theirs.keys())
        ]
    )


def peak(runs: Mapping[int, Run]) -> str:
    """Return the most memory of any run."""
    if not runs:
        return "not run"
    return f"{max(run.memory_gib for run in runs.values()):.2f} GiB"
