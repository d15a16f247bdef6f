"""The base-rate box: of a hundred units flagged, how many are expected to be infiltrated."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from infiltrate.errors import ParamsError, Problem

Share = float | tuple[float, float, float]


@dataclass(frozen=True)
class BaseRateBox:
    """What a screening rule means at a given prevalence; all values are shares from 0 to 1.

    Attributes
    ----------
    prevalence, sensitivity, specificity : float
        What the box was computed from.
    flagged_share, flagged_share_low, flagged_share_high : float
        Share of all units that the rule flags.
    positive_predictive_value : float or None
        Share of the flagged units that are infiltrated; None when nothing is flagged. Its
        ``_low`` and ``_high`` are equal to it when the inputs have no interval.
    missed_share, missed_share_low, missed_share_high : float
        Share of the infiltrated units that the rule does not flag.
    sentence : str
        The box in words.
    """

    prevalence: float
    sensitivity: float
    specificity: float
    flagged_share: float
    flagged_share_low: float
    flagged_share_high: float
    positive_predictive_value: float | None
    positive_predictive_value_low: float | None
    positive_predictive_value_high: float | None
    missed_share: float
    missed_share_low: float
    missed_share_high: float
    sentence: str


def base_rate_box(prevalence: Share, sensitivity: Share, specificity: Share) -> BaseRateBox:
    """Work out, by Bayes' rule, what share of the flagged units is expected to be infiltrated.

    Parameters
    ----------
    prevalence, sensitivity, specificity : float or (low, value, high)
        Shares from 0 to 1. Intervals are carried to the corners of the box they span, which
        is where the results, monotone in each input, are lowest and highest: the interval of
        the result is at least as wide as any joint interval of the inputs.

    Raises
    ------
    ParamsError
        When a share is outside 0 to 1 or an interval does not hold its value.
    """
    given = {"prevalence": prevalence, "sensitivity": sensitivity, "specificity": specificity}
    problems = [problem for name, share in given.items() for problem in _problems(name, share)]
    if problems:
        raise ParamsError("The base-rate box cannot be computed.", problems)
    shares = [_as_interval(share) for share in given.values()]
    value = tuple(share[1] for share in shares)
    corners = list(product(*((low, high) for low, _, high in shares)))
    flagged = [_flagged_share(*corner) for corner in corners]
    predictive = [p for corner in corners if (p := _predictive_value(*corner)) is not None]
    centre = _predictive_value(*value)
    low = min(predictive) if predictive and centre is not None else None
    high = max(predictive) if predictive and centre is not None else None
    return BaseRateBox(
        prevalence=value[0],
        sensitivity=value[1],
        specificity=value[2],
        flagged_share=_flagged_share(*value),
        flagged_share_low=min(flagged),
        flagged_share_high=max(flagged),
        positive_predictive_value=centre,
        positive_predictive_value_low=low,
        positive_predictive_value_high=high,
        missed_share=1 - value[1],
        missed_share_low=1 - shares[1][2],
        missed_share_high=1 - shares[1][0],
        sentence=_sentence(value[0], centre, low, high),
    )


def _problems(name: str, share: Share) -> list[Problem]:
    low, value, high = _as_interval(share)
    if not all(0 <= part <= 1 for part in (low, value, high)):
        return [Problem(name, f"{share}", "shares from 0 to 1", "Write 2 % as 0.02.")]
    if not low <= value <= high:
        return [Problem(name, f"{share}", "(low, value, high) in rising order")]
    return []


def _as_interval(share: Share) -> tuple[float, float, float]:
    return share if isinstance(share, tuple) else (share, share, share)


def _flagged_share(prevalence: float, sensitivity: float, specificity: float) -> float:
    return prevalence * sensitivity + (1 - prevalence) * (1 - specificity)


def _predictive_value(prevalence: float, sensitivity: float, specificity: float) -> float | None:
    flagged = _flagged_share(prevalence, sensitivity, specificity)
    return prevalence * sensitivity / flagged if flagged > 0 else None


def _sentence(prevalence: float, value: float | None, low: float | None, high: float | None) -> str:
    at = f"If {100 * prevalence:.3g} in 100 units were infiltrated"
    if value is None or low is None or high is None:
        return f"{at}, the rule would flag none."
    interval = f" ({100 * low:.1f} to {100 * high:.1f})" if low < high else ""
    return f"{at}, about {100 * value:.1f}{interval} of 100 flagged units would be infiltrated."
