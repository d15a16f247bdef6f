"""How many of a number of intervals must hold a truth that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

import numpy as np
from scipy import stats


def required_hits(draws: int, coverage: float = 0.95, alarm: float = 0.01) -> int:
    """Return the most hits that intervals with this coverage reach all but ``alarm`` of the time.

    34 of 40 and 182 of 200 for 95 % intervals, as in the protocol of the project.
    """
    return int(stats.binom.ppf(alarm, draws, coverage))


class Tally:
    """Counts, by name of the interval, how often it holds the truth.

    The draws of one name must be independent of each other; names need not be. An interval that
    is not published is no draw.
    """

    def __init__(self, coverage: float = 0.95) -> None:
        self.coverage = coverage
        self._drawn: dict[Hashable, list[tuple[float, ...]]] = defaultdict(list)

    def add(self, name: Hashable, truth: float, low: object, value: object, high: object) -> None:
        numbers = np.array([truth, low, value, high], dtype=float)
        if not np.isnan(numbers[[1, 3]]).any():
            self._drawn[name].append(tuple(numbers))

    @property
    def names(self) -> list[Hashable]:
        return list(self._drawn)

    def draws(self, name: Hashable) -> int:
        return len(self._drawn[name])

    def hits(self, name: Hashable, narrowed: float = 1.0) -> int:
        """Count the hits; ``narrowed`` draws both ends that much closer to the value."""
        truth, low, value, high = np.array(self._drawn[name]).T
        with np.errstate(invalid="ignore"):
            low, high = value + narrowed * (low - value), value + narrowed * (high - value)
        return int(np.count_nonzero((low <= truth) & (truth <= high)))

    def failures(self, narrowed: float = 1.0) -> dict[Hashable, str]:
        """Return the intervals that hold the truth too seldom."""
        failed = {}
        for name in self._drawn:
            draws = self.draws(name)
            needed = required_hits(draws, self.coverage, alarm=0.01 / len(self._drawn))
            hits = self.hits(name, narrowed)
            if hits < needed:
                failed[name] = f"{hits} of {draws}, {needed} needed"
        return failed

    def report(self, title: str) -> None:
        """Print coverage by name; pytest shows it with -rP."""
        for name in self._drawn:
            draws, hits = self.draws(name), self.hits(name)
            truth, low, _, high = np.array(self._drawn[name]).T
            missed = f"{np.mean(truth < low):.3f} below, {np.mean(truth > high):.3f} above"
            print(f"coverage | {title} | {name} | {hits}/{draws} | {hits / draws:.3f} | {missed}")
