"""Counts of bins as they would be without bunching: a polynomial and round numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_SHIFT = {"middle": 0.5, "lowest": 0.0, "highest": 1.0, "beyond": 1.0}
_CLOSE = 1e-9


@dataclass(frozen=True)
class BunchingDesign:
    """Where bunching is looked for and how the rest of the distribution is described.

    Attributes
    ----------
    point : float
        Value at which incentives change.
    width : float
        Width of a bin.
    below, above : int
        Bins on each side of the one of the point.
    order : int
        Degree of the polynomial through the counts.
    spread_below, spread_above : int
        Bins next to the point's in which bunching is too: not used for the polynomial. At a notch
        `spread_above` is estimated.
    round_numbers : tuple of float
        Values whose multiples draw observations of themselves, each level by as much anywhere; a
        multiple of several counts for the largest.
    other_points : tuple of float
        Values at which something else gathers or lacks observations.
    point_lies : str
        Where the point lies in its bin: in the ``middle``; ``highest`` or ``lowest`` value of it;
        or just ``beyond`` it, where a rule applies from the point on.
    name : str
        What is counted.
    """

    point: float
    width: float
    below: int = 20
    above: int = 20
    order: int = 7
    spread_below: int = 0
    spread_above: int = 0
    round_numbers: tuple[float, ...] = ()
    other_points: tuple[float, ...] = ()
    point_lies: Literal["middle", "highest", "lowest", "beyond"] = "middle"
    name: str = "observations"


class Counterfactual:
    """Bins around a point, and what is expected in each from those outside the bunching.

    Parameters
    ----------
    design : BunchingDesign
        Bins, polynomial and controls.
    spread_above : int
        Bins above the point's that are not used for the polynomial.

    Attributes
    ----------
    place : numpy.ndarray of int, shape (n_bins,)
        Bins from the one of the point.
    middle : numpy.ndarray of float, shape (n_bins,)
        Middles of the bins.
    window, above, zero : numpy.ndarray of bool, shape (n_bins,)
        Bins of the bunching; those above the point's; the point's.
    spread_above : int
        As given.
    doubts : list of str
        Controls that could not be used, and why.
    """

    def __init__(self, design: BunchingDesign, spread_above: int) -> None:
        self.design = design
        self.spread_above = spread_above
        self.place = np.arange(-design.below, design.above + 1)
        self.middle = design.point + design.width * (self.place + 0.5 - _SHIFT[design.point_lies])
        self.window = (self.place >= -design.spread_below) & (self.place <= spread_above)
        self.above = self.place > 0
        self.zero = int(design.below)
        self.doubts: list[str] = []
        scaled = self.place / max(design.below, design.above)
        powers = np.polynomial.legendre.legvander(scaled, design.order)
        self._design = np.column_stack([powers, *self._controls()])
        # what the counts outside the bunching lead to expect in every bin
        self._project = self._design @ np.linalg.pinv(self._design[~self.window])

    def count(self, values: np.ndarray) -> np.ndarray:
        """Return how many values lie in each bin."""
        steps = (values - self.design.point) / self.design.width + _SHIFT[self.design.point_lies]
        # sums of binary fractions may miss an edge by a hair
        steps = np.where(np.abs(steps - np.round(steps)) < _CLOSE, np.round(steps), steps)
        if self.design.point_lies == "highest":
            bins = np.ceil(steps) - 1
        else:
            bins = np.floor(steps)
        inside = bins[(bins >= self.place[0]) & (bins <= self.place[-1])].astype(int)
        return np.bincount(inside - self.place[0], minlength=len(self.place)).astype(float)

    def fit(self, counts: np.ndarray) -> np.ndarray:
        """Return the expected count of every bin by least squares outside the bunching."""
        return self._project @ counts[~self.window]

    def draw_noise(self, counts: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return residuals drawn anew for every bin, draws by bins.

        Residuals of the bins that the polynomial is fitted to, made as large as errors are (a
        polynomial with many terms comes closer to its own bins than to others), relative to the
        root of what is expected: counts vary more where there are more.
        """
        scale = np.sqrt(np.maximum(self.fit(counts), 1.0))
        rest = ((counts - self.fit(counts)) / scale)[~self.window]
        free = max(len(rest) - int(np.linalg.matrix_rank(self._design[~self.window])), 1)
        drawn = rng.choice(rest * np.sqrt(len(rest) / free), size=(draws, len(counts)))
        return np.asarray(drawn * scale)

    def _controls(self) -> list[np.ndarray]:
        """Return one column per level of round numbers and per other point."""
        columns: list[np.ndarray] = []
        taken = np.zeros(len(self.place), bool)
        for level in sorted(self.design.round_numbers, reverse=True):
            holds = self._holds_multiple(level) & ~taken
            taken |= holds
            outside = int((holds & ~self.window).sum())
            if outside < 2 or holds[~self.window].all():
                self.doubts.append(
                    f"Multiples of {level:g} are not controlled for: {outside} bins outside the "
                    "bunching hold one."
                )
                continue
            columns.append(holds.astype(float))
        for point in self.design.other_points:
            here = self.count(np.array([point])) > 0
            if here.any() and not (here & self.window).any():
                columns.append(here.astype(float))
        return columns

    def _holds_multiple(self, level: float) -> np.ndarray:
        low = self.design.point + self.design.width * (self.place - _SHIFT[self.design.point_lies])
        high = low + self.design.width
        slack = _CLOSE * self.design.width
        if self.design.point_lies == "highest":
            return np.floor((high + slack) / level) > np.floor((low + slack) / level)
        return np.ceil((high - slack) / level) > np.ceil((low - slack) / level)
