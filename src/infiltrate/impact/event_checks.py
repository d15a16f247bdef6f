"""What speaks for or against an event study, as rows of the answer and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from infiltrate.impact.answer import Effect, Finding
from infiltrate.impact.curves import Curve
from infiltrate.impact.placebo import FALSE
from infiltrate.impact.pretrends import PreTrends

_DESIGN = "event_study"


def describe_pretrends(found: PreTrends, average: Effect) -> Iterator[Effect]:
    """Yield what the years before say, in the sample of an average effect."""
    missing = float("nan")
    plain = replace(average, std_error=missing, low=missing, high=missing, p_value=missing)

    def make(term: str, estimate: float, unit: str = "log points", **more: Any) -> Effect:
        return replace(plain, term=term, estimate=float(estimate), unit=unit, **more)

    yield make("years before, joint Wald test", found.wald, "chi squared", p_value=found.p_value)
    per_year = "log points per year"
    yield make("trend found with 80 per cent power", found.slope_found, per_year)
    yield make("what that trend adds to the average", found.bias_of_slope)
    for times, low, high in found.relative:
        term = f"honest interval, {times:g} times the largest change before"
        yield make(term, average.estimate, low=low, high=high)
    low, high = found.straight
    yield make("honest interval, straight departure", (low + high) / 2, low=low, high=high)
    yield make("largest change before that it survives", found.breakdown_relative, "times")
    yield make("change of the slope that it survives", found.breakdown_smooth, per_year)


def describe_dealt(observed: float, dealt: np.ndarray, sample: Effect, level: float) -> Effect:
    """Return the mean of effects with dates dealt out anew, their range and the chance of ours.

    The chance counts the draws that are at least as far from 0 as the effect with true dates.
    """
    known = dealt[np.isfinite(dealt)]
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return replace(
        sample,
        estimator="randomisation",
        term="average",
        estimate=float(known.mean()),
        std_error=float(known.std(ddof=1)),
        low=float(low),
        high=float(high),
        p_value=float(1 + (np.abs(known) >= abs(observed)).sum()) / (1 + len(known)),
        sample="dates dealt out anew",
    )


def judge_pretrends(found: PreTrends | None, curve: Curve, size: float) -> Iterator[Finding]:
    """Yield what a reader must know of the years before treatment; ``size`` is that of the test."""
    if found is None:
        text = "No year before treatment can be examined: nothing shows that trends were parallel."
        yield Finding("warning", _DESIGN, text)
        return
    if found.p_value < size:
        text = (
            f"Treated companies moved apart from their controls before treatment (joint test, p = "
            f"{found.p_value:.2g}): trends were not parallel, and the effect cannot be told from "
            "what was under way."
        )
        yield Finding("warning", _DESIGN, text)
    elif abs(found.bias_of_slope) > abs(curve.average):
        text = (
            "The years before treatment prove little: a straight trend that their test finds in 4 "
            f"cases of 5 would add {found.bias_of_slope:.3f} to an average effect of "
            f"{curve.average:.3f}."
        )
        yield Finding("warning", _DESIGN, text)


def judge_false_dates(effects: Iterable[Effect], size: float) -> Iterator[Finding]:
    """Yield the false dates with which an effect was found."""
    for effect in effects:
        if effect.sample.startswith(FALSE) and effect.p_value < size:
            text = (
                f"{effect.estimator}: with a {effect.sample}, when nothing had begun, the effect "
                f"is {effect.estimate:.3f} (p = {effect.p_value:.2g}) and should be none."
            )
            yield Finding("warning", _DESIGN, text)
