"""Stages in an order in which each comes after those whose tables it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def order_stages(stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of stages, as a manifest describes them, in the order of the graph.

    Stages that do not depend on each other keep the order they are given in.
    """
    writers = {table: name for name, stage in stages.items() for table in stage["writes"]}
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in order or name in above:
            return
        for table in tables_read(stages[name], stages):
            if table in writers:
                visit(writers[table], (*above, name))
        order.append(name)

    for name in stages:
        visit(name, ())
    return order


def tables_read(stage: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the tables a stage reads; the stage that sums up reads what all others left."""
    if not stage["sums_up"]:
        return list(stage["reads"])
    return sorted({table for other in stages.values() for table in other["writes"]})
