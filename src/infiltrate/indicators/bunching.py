"""Contracts that gather just below a legal threshold: how many too many, with an interval."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from infiltrate.errors import NotEnoughData
from infiltrate.params.bidding_choices import BunchingChoices

_FEWEST = 200


@dataclass(frozen=True)
class BunchingSettings:
    """Where bunching is looked for, in relative distance from the threshold.

    Attributes
    ----------
    reach : float
        Amounts within this distance in logarithms of the threshold are counted.
    below, above : float
        Window left out of the counterfactual: bunching is looked for in ``below``, what is
        missing for it in ``above``.
    bins : int
        Bins on each side of the threshold.
    order : int
        Degree of the polynomial through the logarithm of the counts outside the window.
    resamples : int
        Draws of the bootstrap.
    interval : float
        Coverage of the interval.
    """

    reach: float = 1.0
    below: float = 0.12
    above: float = 0.35
    bins: int = 50
    order: int = 3
    resamples: int = 500
    interval: float = 0.95

    @classmethod
    def of(cls, choices: BunchingChoices) -> BunchingSettings:
        """Return the settings an analyst chose."""
        return cls(**{part.name: getattr(choices, part.name) for part in fields(cls)})


@dataclass(frozen=True, eq=False)
class Bunching:
    """Contracts just below a threshold beyond what the rest of the distribution leads to expect.

    Attributes
    ----------
    observed, expected, excess : float
        Contracts in the window below, those of the counterfactual, and their difference.
    excess_low, excess_high : float
        Bootstrap interval of the excess.
    share, low, high : float
        Excess as a share of the contracts in the window below, with its interval.
    relative : float
        Excess over the counterfactual of an average bin in the window below: the excess mass of
        Kleven (2016).
    missing_above : float
        Contracts fewer than expected in the window above.
    contracts : int
        Contracts within reach.
    bins : pandas.DataFrame
        One row per bin: ``amount`` (its middle), ``observed``, ``expected``, ``in_window``.
    """

    observed: float
    expected: float
    excess: float
    excess_low: float
    excess_high: float
    share: float
    low: float
    high: float
    relative: float
    missing_above: float
    contracts: int
    bins: pd.DataFrame


def measure_bunching(
    amounts: np.ndarray,
    threshold: float,
    rng: np.random.Generator,
    clusters: np.ndarray | None = None,
    settings: BunchingSettings | None = None,
) -> Bunching:
    """Measure the excess of contracts just below a threshold.

    Parameters
    ----------
    amounts : numpy.ndarray
        Amounts above zero, in the currency of the threshold, of contracts under its rule.
    threshold : float
        Amount from which another rule applies; an amount equal to it is above.
    rng : numpy.random.Generator
        Draws the bootstrap.
    clusters : numpy.ndarray, optional
        Buyer of each contract: buyers are drawn, with all their contracts; contracts otherwise.
    settings : BunchingSettings, optional
        Windows and the counterfactual.

    Raises
    ------
    NotEnoughData
        With fewer than 200 contracts within reach.

    Notes
    -----
    Counts of bins of log amounts outside the window are fitted by a Poisson regression on a
    polynomial; what it says inside the window is the counterfactual (Kleven 2016, Annual Review
    of Economics 8; Chetty, Friedman, Olsen and Pistaferri 2011). The window must hold all that is
    moved: contracts moved from beyond ``above`` make the excess too small.
    """
    settings = settings or BunchingSettings()
    distance, kept = _measure_distance(amounts, threshold, settings.reach)
    if kept.sum() < _FEWEST:
        raise NotEnoughData(
            f"Bunching at {threshold:g} cannot be measured: {kept.sum()} contracts lie within "
            f"reach, {_FEWEST} are needed."
        )
    design = _Design(settings)
    group = (
        pd.factorize(clusters[kept], use_na_sentinel=False)[0]
        if clusters is not None
        else np.zeros(kept.sum(), int)
    )
    cells = design.count(distance[kept], group)
    counts = cells.sum(axis=0)
    expected = design.fit(counts)
    draws = _resample(cells, design, rng, settings, by_group=clusters is not None)
    tail = (1 - settings.interval) / 2
    ends = np.quantile(draws, [tail, 1 - tail], axis=0)
    below, above = design.below, design.above
    observed, usual = counts[below].sum(), expected[below].sum()
    return Bunching(
        observed=float(observed),
        expected=float(usual),
        excess=float(observed - usual),
        excess_low=float(ends[0, 0]),
        excess_high=float(ends[1, 0]),
        share=float((observed - usual) / observed) if observed else np.nan,
        low=float(ends[0, 1]),
        high=float(ends[1, 1]),
        relative=float((observed - usual) / expected[below].mean()),
        missing_above=float((expected[above] - counts[above]).sum()),
        contracts=int(kept.sum()),
        bins=pd.DataFrame(
            {
                "amount": threshold * np.exp(design.middle),
                "observed": counts,
                "expected": expected,
                "in_window": below | above,
            }
        ),
    )


class _Design:
    """Bins around the threshold and the polynomial through those outside the window."""

    def __init__(self, settings: BunchingSettings) -> None:
        self.edges = np.linspace(-settings.reach, settings.reach, 2 * settings.bins + 1)
        self.middle = (self.edges[1:] + self.edges[:-1]) / 2
        self.below = (self.middle > np.log(1 - settings.below)) & (self.middle < 0)
        self.above = (self.middle > 0) & (self.middle < np.log1p(settings.above))
        self.outside = ~(self.below | self.above)
        scaled = self.middle / settings.reach
        self.X = np.polynomial.legendre.legvander(scaled, settings.order)

    def count(self, distance: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Return groups x bins."""
        last = len(self.middle) - 1
        place = np.clip(np.searchsorted(self.edges, distance, side="right") - 1, 0, last)
        size = (group.max() + 1) * len(self.middle)
        cells = np.bincount(group * len(self.middle) + place, minlength=size)
        return cells.reshape(-1, len(self.middle))

    def fit(self, counts: np.ndarray) -> np.ndarray:
        """Return the counterfactual of every bin by Newton's method."""
        X, y = self.X[self.outside], counts[self.outside].astype(float)
        coefficients = np.linalg.lstsq(X, np.log(y + 0.5), rcond=None)[0]
        for _ in range(25):
            mean = np.exp(np.clip(X @ coefficients, -30, 30))
            ridge = 1e-8 * np.eye(X.shape[1])
            step = np.linalg.solve((X * mean[:, None]).T @ X + ridge, X.T @ (y - mean))
            coefficients = coefficients + step
            if np.abs(step).max() < 1e-8:
                break
        return np.exp(np.clip(self.X @ coefficients, -30, 30))


def _measure_distance(
    amounts: np.ndarray, threshold: float, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    known = np.asarray(amounts, dtype=float)
    distance = np.log(np.where(known > 0, known, np.nan) / threshold)
    return distance, np.abs(distance) < reach


def _resample(
    cells: np.ndarray,
    design: _Design,
    rng: np.random.Generator,
    settings: BunchingSettings,
    by_group: bool,
) -> np.ndarray:
    """Return excess and its share, one row per bootstrap draw of the groups or contracts."""
    total, count = cells.sum(axis=0).astype(float), len(cells)
    floats = cells.astype(float)
    draws = np.empty((settings.resamples, 2))
    for draw in draws:
        if by_group:
            counts = rng.multinomial(count, np.full(count, 1 / count)) @ floats
        else:
            counts = rng.multinomial(int(total.sum()), total / total.sum())
        observed, usual = counts[design.below].sum(), design.fit(counts)[design.below].sum()
        draw[:] = observed - usual, (observed - usual) / max(observed, 1)
    return draws
