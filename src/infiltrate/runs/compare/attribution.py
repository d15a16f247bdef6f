"""Along the graph of stages: how each cause reached what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infiltrate.runs.compare.causes import Cause
from infiltrate.runs.compare.results import Results
from infiltrate.runs.order import order_stages, tables_read


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
    for name in order_stages(stages):
        routes = [Route(cause, (name,)) for cause in causes.get(name, ()) if cause.can_move]
        for table in tables_read(stages[name], stages):
            routes += [Route(r.cause, (*r.steps, table, name)) for r in tables.get(table, ())]
        reached[name] = _shortest(routes)
        tables |= {table: reached[name] for table in stages[name]["writes"] if table in moved}
    tables |= {table: () for table in moved - tables.keys()}
    return Attribution(tables, reached)


def _shortest(routes: Sequence[Route]) -> tuple[Route, ...]:
    best: dict[Cause, Route] = {}
    for route in routes:
        known = best.get(route.cause)
        if known is None or len(route.steps) < len(known.steps):
            best[route.cause] = route
    return tuple(best[cause] for cause in sorted(best))
