"""Contracts moved below legal thresholds: how many, and from how far above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import ImpactAnswer
from infiltrate.impact.bunching import fit_notch
from infiltrate.impact.bunching_answer import BunchingAnswer
from infiltrate.impact.counterfactual_counts import BunchingDesign
from infiltrate.indicators.threshold_tests import select_contracts
from infiltrate.params.facts import Threshold

_FEWEST_MULTIPLES = 5


@dataclass(frozen=True)
class ThresholdWindows:
    """Bins around a threshold, as shares of it.

    Attributes
    ----------
    width : float
        Width of a bin.
    below, above : float
        How far the counts reach on each side.
    gathering : float
        How far below the threshold contracts may gather.
    order : int
        Degree of the polynomial through the counts.
    """

    width: float = 0.025
    below: float = 0.5
    above: float = 2.0
    gathering: float = 0.125
    order: int = 4


@dataclass(frozen=True, eq=False)
class ThresholdBunching:
    """One threshold with what gathers below it."""

    threshold: Threshold
    bunching: BunchingAnswer


def measure_thresholds(
    contracts: pd.DataFrame,
    thresholds: Sequence[Threshold],
    rng: np.random.Generator,
    *,
    windows: ThresholdWindows | None = None,
    draws: int = 200,
    interval: float = 0.95,
) -> list[ThresholdBunching]:
    """Measure at every legal threshold how many contracts were moved below it.

    Parameters
    ----------
    contracts : pandas.DataFrame
        One row per contract: ``amount`` (estimated, where the law looks at that), ``currency``,
        ``category``, ``signed_on``.
    thresholds : sequence of Threshold
        Dated legal amounts; each is measured on contracts of its kind, currency and time.
    rng : numpy.random.Generator
        Draws the bootstraps.
    windows : ThresholdWindows, optional
        Bins and polynomial.
    draws : int
        Draws of each bootstrap.
    interval : float
        Coverage.

    Returns
    -------
    list of ThresholdBunching
        In the order of kind, date and amount; a threshold with too few contracts is refused in
        its answer.

    Notes
    -----
    `indicators.threshold_tests` says whether the density falls at a threshold and which buyers do
    it; this says what the threshold costs in moved contracts: a notch, at which what gathers
    below must be missing above (`bunching.fit_notch`), with round amounts controlled for, since
    many thresholds are round themselves. Contracts split in two also gather below; here they
    count as moved.
    """
    windows = windows or ThresholdWindows()
    order = sorted(
        thresholds, key=lambda one: (one.regime, one.category, str(one.valid_from), one.amount)
    )
    reach = max(-np.log(1 - windows.below - 2 * windows.width), np.log1p(windows.above + 0.1))
    found = []
    for threshold in order:
        near = select_contracts(contracts, threshold, float(reach))
        amounts = np.sort(near["amount"].to_numpy(float))
        design = _design(threshold, windows)
        bunching = fit_notch(amounts, design, rng, draws=draws, interval=interval)
        found.append(ThresholdBunching(threshold, _name(bunching, threshold)))
    return found


def _design(threshold: Threshold, windows: ThresholdWindows) -> BunchingDesign:
    amount, width = threshold.amount, windows.width
    return BunchingDesign(
        point=amount,
        width=width * amount,
        below=round(windows.below / width) - 1,
        above=round(windows.above / width),
        order=windows.order,
        spread_below=round(windows.gathering / width) - 1,
        round_numbers=_choose_rounds(amount, windows),
        point_lies="beyond",
        name="contracts",
    )


def _choose_rounds(amount: float, windows: ThresholdWindows) -> tuple[float, ...]:
    """Return the largest power of ten with multiples enough within reach, and its half."""
    span = amount * (windows.below + windows.above)
    power = 10.0 ** np.floor(np.log10(span / _FEWEST_MULTIPLES))
    return tuple(level for level in (power / 2, power) if level > windows.width * amount)


def _name(bunching: BunchingAnswer, threshold: Threshold) -> BunchingAnswer:
    """Return the answer with the threshold in every effect and finding."""
    label = (
        f"{threshold.regime}, {threshold.category}, from {threshold.valid_from}: "
        f"{threshold.amount:,.0f} {threshold.currency}"
    )
    effects = tuple(
        replace(
            effect,
            sample=label,
            unit=threshold.currency if effect.unit == "units of the value" else effect.unit,
        )
        for effect in bunching.answer.effects
    )
    findings = tuple(
        replace(finding, text=f"{label}: {finding.text}") for finding in bunching.answer.findings
    )
    return replace(bunching, answer=ImpactAnswer(effects, findings))
