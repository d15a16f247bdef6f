"""Along the graph of stages: how each cause reached what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infiltrate.runs.compare.causes import Cause
from infiltrate.runs.compare.results import Results


@dataclass(frozen=True)
class Route:
    """How one cause reached one table or page.

    Attributes
    ----------
    cause : Cause
        What differs.
    steps : tuple of str
        Stages and tables in turn, from the stage that the cause enters to the one that wrote the
        table: ``("01_tables", "companies", "03_firms")``. Every table on the way moved.
    """

    cause: Cause
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return " → ".join((str(self.cause), *self.steps))


@dataclass(frozen=True)
class Attribution:
    """Why each table that moved did, and what else each stage's pages depend on.

    Attributes
    ----------
    tables : mapping of str to tuple of Route
        Every table that moved; one shortest route a cause. Without a route nothing that is
        recorded explains the table.
    stages : mapping of str to tuple of Route
        Every stage: what reached it, directly or through a table that moved.
    """

    tables: Mapping[str, tuple[Route, ...]]
    stages: Mapping[str, tuple[Route, ...]]


def attribute_changes(
    before: Results,
    after: Results,
    causes: Mapping[str, Sequence[Cause]],
    moved: set[str],
) -> Attribution:
    """Follow every cause from the stages it enters through the tables that moved.

    A cause passes through a table only if the table moved: what reran and wrote the same rows
    carries nothing further. Where several causes reach a table all are named, for two runs
    cannot tell how much each of them did.

    Parameters
    ----------
    before, after : Results
        The runs.
    causes : mapping of str to sequence of Cause
        Stage to what enters it directly.
    moved : set of str
        Tables that differ.
    """
    stages = {**before.stages, **after.stages}
    reached: dict[str, tuple[Route, ...]] = {}
    tables: dict[str, tuple[Route, ...]] = {}
    for name in _in_order(stages):
        routes = [Route(cause, (name,)) for cause in causes.get(name, ()) if cause.can_move]
        for table in _reads(stages[name], stages):
            routes += [Route(r.cause, (*r.steps, table, name)) for r in tables.get(table, ())]
        reached[name] = _shortest(routes)
        tables |= {table: reached[name] for table in stages[name]["writes"] if table in moved}
    tables |= {table: () for table in moved - tables.keys()}
    return Attribution(tables, reached)


def _reads(stage: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the tables a stage reads; the stage that sums up reads what all others left."""
    if not stage["sums_up"]:
        return list(stage["reads"])
    return sorted({table for other in stages.values() for table in other["writes"]})


def _in_order(stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of stages so that each comes after those whose tables it reads."""
    writers = {table: name for name, stage in stages.items() for table in stage["writes"]}
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in order or name in above:
            return
        for table in _reads(stages[name], stages):
            if table in writers:
                visit(writers[table], (*above, name))
        order.append(name)

    for name in stages:
        visit(name, ())
    return order


def _shortest(routes: Sequence[Route]) -> tuple[Route, ...]:
    best: dict[Cause, Route] = {}
    for route in routes:
        known = best.get(route.cause)
        if known is None or len(route.steps) < len(known.steps):
            best[route.cause] = route
    return tuple(best[cause] for cause in sorted(best))
