"""Invented ties, small enough to check by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from infiltrate.network.ties import Ties, build_ties
from infiltrate.params.network_choices import NetworkChoices


@pytest.fixture(scope="session")
def tie_up() -> Callable[..., Ties]:
    """Tie companies written as letters: ``ab bc`` are hubs of A and B, and of B and C."""

    def make(words: str, alone: str = "", **choices: object) -> Ties:
        rows = [
            {
                "company_id": letter.upper(),
                "hub_id": f"P:{number:03d}",
                "side": "officer",
                "detail": "director",
                "source_id": "register",
                "valid_from": "2015-01-01",
            }
            for number, word in enumerate(words.split())
            for letter in word
        ]
        companies = sorted({row["company_id"] for row in rows} | set(alone.upper()))
        return build_ties(pd.DataFrame(rows), companies, NetworkChoices(**choices))

    return make


@pytest.fixture(scope="session")
def tie_at_random() -> Callable[..., Ties]:
    """Tie companies at random hubs of a few members each."""

    def make(companies: int, hubs: int, seed: int, largest: int = 5) -> Ties:
        rng = np.random.default_rng(seed)
        sizes = rng.integers(2, largest + 1, hubs)
        hub = np.repeat(np.arange(hubs), sizes)
        frame = pd.DataFrame(
            {
                "company_id": [f"C{c:05d}" for c in rng.integers(0, companies, len(hub))],
                "hub_id": [f"P:{h:05d}" for h in hub],
                "side": "officer",
                "valid_from": "2015-01-01",
            }
        ).drop_duplicates(["company_id", "hub_id"])
        return build_ties(frame, [f"C{c:05d}" for c in range(companies)])

    return make
