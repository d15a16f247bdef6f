"""Effects of a curve by event time as rows of the answer, with intervals by Student's t."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from infiltrate.impact.answer import Effect
from infiltrate.impact.curves import Curve
from infiltrate.impact.matching import MatchedPanel


def describe_sample(matched: MatchedPanel, design: str, outcome: str, sample: str) -> Effect:
    """Return an effect without numbers: the sizes of a matched sample and what is explained.

    Clusters are those with companies under treatment: however many controls there are, the
    standard error rests on these.
    """
    return Effect(
        design,
        "",
        outcome,
        "",
        float("nan"),
        unit="log points",
        rows=len(matched.rows),
        units=int(matched.rows["unit"].nunique()),
        treated=matched.count_treated(),
        clusters=matched.count_clusters(),
        sample=sample,
    )


def describe_average(curve: Curve, sample: Effect, level: float) -> Effect:
    """Return the average of a curve, in the sample that ``sample`` describes."""
    named = replace(sample, estimator=curve.estimator, term="average", estimate=curve.average)
    return add_interval(named, curve.average_error, level)


def describe_curve(curve: Curve, sample: Effect, level: float) -> Iterator[Effect]:
    """Yield the average of a curve, then its event times."""
    yield describe_average(curve, sample, level)
    errors = np.sqrt(np.diag(curve.covariance))
    for time, estimate, error in zip(curve.event_times, curve.estimates, errors, strict=True):
        named = replace(
            sample,
            estimator=curve.estimator,
            term=f"year {time}",
            estimate=float(estimate),
            event_time=int(time),
        )
        yield add_interval(named, float(error), level)


def add_interval(effect: Effect, error: float, level: float) -> Effect:
    """Return the effect with its standard error, interval and p value.

    Student's t has as many degrees of freedom as the effect's clusters less one.
    """
    degrees = (effect.clusters or 2) - 1
    half = float(student.ppf(0.5 + level / 2, degrees)) * error
    ratio = abs(effect.estimate) / error if error > 0 else float("nan")
    return replace(
        effect,
        std_error=error,
        low=effect.estimate - half,
        high=effect.estimate + half,
        p_value=float(2 * student.sf(ratio, degrees)),
    )
