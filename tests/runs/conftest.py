"""Finished studies that several tests read and copy, and none changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.graph import Graph


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    graph = Graph(tmp_path_factory.mktemp("first"))
    graph.run()
    return graph


@pytest.fixture(scope="session")
def threshold(first: Graph, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """The same study with another threshold."""
    graph = first.copied_to(tmp_path_factory.mktemp("threshold") / "study")
    graph.run("choices.risk.quarantine_months=6")
    return graph


@pytest.fixture
def second(first: Graph, tmp_path: Path) -> Graph:
    return first.copied_to(tmp_path / "second")
