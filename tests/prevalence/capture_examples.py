"""Invented firms on lists, with a known number of them; and a published table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.prevalence.capture_patterns import CapturePatterns, patterns_from_counts

UK_LISTS = ["LA", "NG", "PFNCA", "GO", "GP"]

# Home Office (2014), Modern slavery: an application of multiple systems estimation; five lists.
UK_MODERN_SLAVERY = {
    "LA": 54, "NG": 463, "PFNCA": 995, "GO": 695, "GP": 316,
    "LA NG": 15, "LA PFNCA": 19, "LA GO": 3, "NG PFNCA": 62, "NG GO": 19, "NG GP": 1,
    "PFNCA GO": 76, "PFNCA GP": 11, "GO GP": 8,
    "LA NG PFNCA": 1, "LA NG GO": 1, "NG PFNCA GO": 4, "LA NG PFNCA GO": 1,
}  # fmt: skip


def uk_table() -> CapturePatterns:
    rows = [
        [int(name in pattern.split()) for name in UK_LISTS] + [count]
        for pattern, count in UK_MODERN_SLAVERY.items()
    ]
    return patterns_from_counts(pd.DataFrame(rows, columns=[*UK_LISTS, "count"]))


def draw_lists(
    rng: np.random.Generator,
    firms: int,
    chances: list[float],
    pair: tuple[int, int] = (0, 1),
    log_odds: float = 0.0,
) -> np.ndarray:
    """Put firms on lists; being on the first of a pair raises the odds of the second."""
    listed = np.zeros((firms, len(chances)), dtype=bool)
    for k, chance in enumerate(chances):
        linear = np.full(firms, np.log(chance / (1 - chance)))
        if k == pair[1]:
            linear += log_odds * listed[:, pair[0]]
        listed[:, k] = rng.random(firms) < 1 / (1 + np.exp(-linear))
    return listed
