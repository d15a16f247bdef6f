"""What bunching answers with: the excess, what it is related to, and its doubts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.counterfactual_counts import Counterfactual

_DESIGN = "bunching"
_FEWEST_EXPECTED = 5


@dataclass(frozen=True, eq=False)
class BunchingAnswer:
    """Observations that gather at a point beyond what the others lead to expect.

    Attributes
    ----------
    answer : ImpactAnswer
        The effects below with their uncertainty, and findings.
    excess : float
        Observations more than expected in the bins of bunching; at a notch in those up to the
        point.
    relative : float
        Excess over the mean expected count of those bins; at a notch of the point's bin.
    reach : float
        How far the farthest came from: relative excess times the width of a bin.
    spread_above : int
        Bins above the point that are not used for the polynomial.
    bins : pandas.DataFrame
        One row per bin: ``value`` (its middle), ``observed``,
        ``expected``, ``is_bunching``.
    """

    answer: ImpactAnswer
    excess: float = float("nan")
    relative: float = float("nan")
    reach: float = float("nan")
    spread_above: int = 0
    bins: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, eq=False)
class Measured:
    """What gathers, and the count of a usual bin it is related to.

    Attributes
    ----------
    model : Counterfactual
        Bins and polynomial.
    expected : numpy.ndarray, shape (n_bins,)
        Counts without bunching.
    excess, usual : float
        Observations beyond those, and the expected count of a bin the excess is related to.
    """

    model: Counterfactual
    expected: np.ndarray
    excess: float
    usual: float

    @property
    def relative(self) -> float:
        """Excess over the usual bin."""
        return self.excess / self.usual


def report_excess(
    found: Measured, sampled: list[Measured], interval: float, base: Effect
) -> list[Effect]:
    """Return the excess, and the excess relative to a usual bin, with bootstrap intervals."""
    tail = (1 - interval) / 2
    name = base.outcome
    numbers = (
        ("excess", name, found.excess, [one.excess for one in sampled]),
        (
            "relative excess",
            f"{name} of a usual bin",
            found.relative,
            [one.relative for one in sampled],
        ),
    )
    effects = []
    for term, unit, estimate, draws in numbers:
        low, high = np.quantile(draws, [tail, 1 - tail])
        none = float(np.mean(np.array(draws) <= 0))
        effects.append(
            replace(
                base,
                term=term,
                unit=unit,
                estimate=estimate,
                std_error=float(np.std(draws, ddof=1)),
                low=float(low),
                high=float(high),
                p_value=min(1.0, 2 * max(min(none, 1 - none), 1 / (len(draws) + 1))),
            )
        )
    return effects


def scale_effect(effect: Effect, scale: float, term: str, unit: str) -> Effect:
    """Return an effect in other units under another name."""
    return replace(
        effect,
        term=term,
        unit=unit,
        estimate=effect.estimate * scale,
        std_error=effect.std_error * scale,
        low=effect.low * scale,
        high=effect.high * scale,
    )


def answer_bunching(
    found: Measured, counts: np.ndarray, effects: list[Effect], findings: list[Finding]
) -> BunchingAnswer:
    """Return the answer with the doubts that the fit itself raises."""
    model, design = found.model, found.model.design
    doubts = [*findings, *(_warn(text) for text in model.doubts)]
    if found.excess < 0:
        doubts.append(_warn(f"Nothing gathers at {design.point:g}: the excess is below zero."))
    if (found.expected <= 0).any():
        doubts.append(_warn("The polynomial expects fewer than none somewhere: lower its order."))
    if found.usual < _FEWEST_EXPECTED:
        # a ratio to nearly nothing has no meaning
        effects = effects[:1]
        doubts.append(
            _warn(
                f"Fewer than {_FEWEST_EXPECTED} {design.name} are expected in a bin of the "
                "bunching: the excess is not related to them."
            )
        )
    rows = int(counts.sum())
    return BunchingAnswer(
        answer=ImpactAnswer(tuple(replace(one, rows=rows) for one in effects), tuple(doubts)),
        excess=found.excess,
        relative=found.relative,
        reach=found.relative * design.width,
        spread_above=model.spread_above,
        bins=pd.DataFrame(
            {
                "value": model.middle,
                "observed": counts,
                "expected": found.expected,
                "is_bunching": model.window,
            }
        ),
    )


def _warn(text: str) -> Finding:
    return Finding("warning", _DESIGN, text)
