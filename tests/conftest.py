"""What every test shares: the files that take longest start first."""

from __future__ import annotations

import pytest

LONGEST = ("tests/notebooks/", "tests/recovery/", "tests/prevalence/", "tests/indicators/")
"""Folders in the order to start them, so that no worker ends alone with minutes of work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the longest files to the front; the rest keeps its order."""

    def place(item: pytest.Item) -> int:
        return next(
            (at for at, folder in enumerate(LONGEST) if item.nodeid.startswith(folder)),
            len(LONGEST),
        )

    items.sort(key=place)
