"""Contracts below every legal threshold of a study, in one answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding, ImpactAnswer
from infiltrate.impact.threshold_bunching import ThresholdBunching, measure_thresholds
from infiltrate.indicators.bid_frames import read_contract_amounts, read_estimated_amounts
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine

_DESIGN = "bunching"


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What gathers below legal thresholds.

    Attributes
    ----------
    answer : ImpactAnswer
        Effects by threshold; thresholds that cannot be measured are counted in one finding.
    measured : tuple of ThresholdBunching
        Those that could be measured.
    """

    answer: ImpactAnswer
    measured: tuple[ThresholdBunching, ...] = ()

    @property
    def largest(self) -> ThresholdBunching | None:
        """The one at which what gathers is told from chance most clearly."""
        return max(self.measured, key=_tell, default=None)

    @property
    def about(self) -> str:
        """What is counted there, in words that begin a sentence."""
        kind = "" if self.largest is None else f", {self.largest.threshold.category}"
        return f"Contracts{kind}"

    @property
    def limit(self) -> float:
        """Its amount; missing without any."""
        return float("nan") if self.largest is None else self.largest.threshold.amount

    @property
    def excess(self) -> tuple[float, float, float]:
        """Contracts that gather there, and the ends of their interval; missing without any."""
        if self.largest is None:
            return float("nan"), float("nan"), float("nan")
        first = self.largest.bunching.answer.effects[0]
        return first.estimate, first.low, first.high

    @property
    def bins(self) -> pd.DataFrame:
        """Counts around the largest: as `BunchingAnswer.bins`, without rows where there is none."""
        if self.largest is None:
            return pd.DataFrame(columns=["value", "observed", "expected", "is_bunching"])
        return self.largest.bunching.bins


def study_thresholds(engine: Engine, params: StudyParams, rng: np.random.Generator) -> Thresholds:
    """Measure at each threshold in the study's currency how many contracts were moved below it.

    Parameters
    ----------
    engine : Engine
        With contracts and tenders registered.
    params : StudyParams
        ``facts.thresholds``, ``currency`` and ``choices.impact`` (``placebo_draws`` draws of each
        bootstrap, ``interval``) are read.
    rng : numpy.random.Generator
        Draws the bootstraps.
    """
    thresholds = [one for one in params.facts.thresholds if one.currency == params.currency]
    if not thresholds:
        return Thresholds(_refuse("The parameters name no legal threshold (facts.thresholds)."))
    choices = params.choices.impact
    # the law looks at the estimate; what is paid in the end lies below it by the rebate
    amounts = read_estimated_amounts(engine)
    if amounts.empty:
        amounts = read_contract_amounts(engine)
    every = measure_thresholds(
        amounts,
        thresholds,
        rng,
        draws=choices.placebo_draws,
        interval=choices.interval,
    )
    measured = tuple(one for one in every if not one.bunching.answer.is_refused)
    if not measured:
        return Thresholds(
            _refuse(f"None of {len(every)} legal thresholds has contracts enough on both sides.")
        )
    findings = [finding for one in measured for finding in one.bunching.answer.findings]
    if len(measured) < len(every):
        text = (
            f"{len(every) - len(measured)} of {len(every)} legal thresholds have too few "
            "contracts on both sides to be measured."
        )
        findings.append(Finding("warning", _DESIGN, text))
    effects = tuple(effect for one in measured for effect in one.bunching.answer.effects)
    return Thresholds(ImpactAnswer(effects, tuple(findings)), measured)


def _tell(one: ThresholdBunching) -> float:
    first = one.bunching.answer.effects[0]
    return first.estimate / first.std_error if first.std_error > 0 else 0.0


def _refuse(text: str) -> ImpactAnswer:
    return ImpactAnswer((), (Finding("refused", _DESIGN, text),))
