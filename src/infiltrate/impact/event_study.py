"""Event studies: what happens to companies when infiltration begins, year by year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding, ImpactAnswer, find_refusals, tabulate_effects
from infiltrate.impact.curve_effects import describe_average, describe_curve, describe_sample
from infiltrate.impact.curves import Curve
from infiltrate.impact.event_checks import (
    describe_dealt,
    describe_pretrends,
    judge_false_dates,
    judge_pretrends,
)
from infiltrate.impact.matching import MatchedPanel, match_controls
from infiltrate.impact.placebo import deal_dates, vary_dates
from infiltrate.impact.pretrends import PreTrends, examine_pretrends
from infiltrate.impact.staggered import (
    CALLAWAY,
    GARDNER,
    PROJECTIONS,
    SUN_ABRAHAM,
    TWO_WAY,
    estimate_curve,
)
from infiltrate.params.impact_choices import ImpactChoices

MAIN = CALLAWAY
"""The estimator whose years before treatment are examined, and that is shown first."""

ESTIMATORS = (CALLAWAY, SUN_ABRAHAM, GARDNER, PROJECTIONS, TWO_WAY)

_VARIED_WITH = (CALLAWAY, GARDNER)
_DESIGN = "event_study"


@dataclass(frozen=True)
class EventStudyDesign:
    """What one event study explains and how.

    Attributes
    ----------
    outcome : str
        Column of the panel, in logarithms.
    estimators : tuple of str
        Which of `ESTIMATORS`, in the order of the answer.
    anticipation : int
        Years before the date of treatment in which it may work already.
    has_checks : bool
        Whether to examine the years before and to vary the dates too.
    sample : str
        Name of the variant in `Effect.sample`.
    smallest_shown : int
        Smaller numbers of companies are not written out.
    """

    outcome: str
    estimators: tuple[str, ...] = ESTIMATORS
    anticipation: int = 0
    has_checks: bool = True
    sample: str = "main"
    smallest_shown: int = 5


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Effects by year since treatment, and all that makes them more or less credible.

    Attributes
    ----------
    answer : ImpactAnswer
        Averages, single years, the examination of years before and other dates.
    curve : pandas.DataFrame
        One row per estimator and event time of the main sample, as `tabulate_effects`, with a row
        of 0 at the year of reference for estimators that have one.
    pretrends : PreTrends or None
        Examination of the years before by `MAIN`.
    dealt : numpy.ndarray of float
        Effects with dates dealt out anew; empty without checks.
    observed : float
        What they are held against.
    matched : MatchedPanel
        The rows all estimators share.
    """

    answer: ImpactAnswer
    curve: pd.DataFrame
    pretrends: PreTrends | None
    dealt: np.ndarray
    observed: float
    matched: MatchedPanel


def fit_event_study(
    panel: pd.DataFrame,
    design: EventStudyDesign,
    choices: ImpactChoices,
    rng: np.random.Generator,
) -> EventStudy:
    """Estimate effects of treatment that begins at different times in different companies.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row per company and year: ``company_id``, ``year``, ``first_treated`` (missing for
        companies on no list), ``treated_until``, ``cell`` (what controls must share), ``cluster``,
        the outcome, and perhaps ``has_stated_date``.
    design : EventStudyDesign
        Outcome, estimators and variants.
    choices : ImpactChoices
        Years shown, fewest treated companies, months by which dates are moved, draws of dates
        dealt out anew, coverage of intervals.
    rng : numpy.random.Generator
        For dates dealt out anew.

    Returns
    -------
    EventStudy
        Refused, without effects, when too few treated companies can be compared.

    Raises
    ------
    ValueError
        A column is missing from the panel.

    Notes
    -----
    The average is over the rows of treated companies from the year of treatment to ``lags`` years
    after; every such row counts once, with every estimator. Treated are companies that lists
    name: controls may be infiltrated and not listed, which moves effects towards 0.
    Intervals use Student's t with as many degrees of freedom as clusters with treated companies
    less one.
    """
    matched = _match(panel, design, choices)
    if matched.is_refused:
        nothing = ImpactAnswer((), matched.findings)
        return EventStudy(nothing, tabulate_effects(()), None, np.empty(0), float("nan"), matched)
    curves = {name: estimate_curve(matched, name, choices.leads) for name in design.estimators}
    sample = describe_sample(matched, _DESIGN, design.outcome, design.sample)
    level = choices.interval
    effects = [row for curve in curves.values() for row in describe_curve(curve, sample, level)]
    findings = [*matched.findings, *_warn(curves)]
    shown = tabulate_effects([ImpactAnswer(tuple(effects))])
    pretrends, observed, dealt = None, float("nan"), np.empty(0)
    if design.has_checks:
        if MAIN in curves:
            pretrends = examine_pretrends(curves[MAIN], level)
            findings += judge_pretrends(pretrends, curves[MAIN], 1 - level)
        if pretrends:
            effects += describe_pretrends(pretrends, describe_average(curves[MAIN], sample, level))
        observed, dealt = deal_dates(matched, choices.placebo_draws, rng)
        if np.isfinite(dealt).any():
            effects.append(describe_dealt(observed, dealt, sample, level))
        for varied in _vary(panel, design, choices):
            effects += varied.effects
            findings += varied.findings
    curve = _add_reference(shown[shown["event_time"].notna()], matched.reference)
    answer = ImpactAnswer(tuple(effects), tuple(dict.fromkeys(findings)))
    return EventStudy(answer, curve, pretrends, dealt, observed, matched)


def _match(panel: pd.DataFrame, design: EventStudyDesign, choices: ImpactChoices) -> MatchedPanel:
    return match_controls(
        panel,
        design.outcome,
        lags=choices.lags,
        anticipation=design.anticipation,
        fewest_treated=choices.fewest_treated,
        smallest_shown=design.smallest_shown,
    )


def _vary(
    panel: pd.DataFrame, design: EventStudyDesign, choices: ImpactChoices
) -> Iterator[ImpactAnswer]:
    """Yield the average effects with other dates and with one year of anticipation."""
    variants = [(name, frame, 0) for name, frame in vary_dates(panel, choices.shifts_months)]
    variants.append(("one year of anticipation", panel, 1))
    for name, frame, more in variants:
        changed = EventStudyDesign(
            design.outcome,
            tuple(estimator for estimator in _VARIED_WITH if estimator in design.estimators),
            design.anticipation + more,
            has_checks=False,
            sample=name,
            smallest_shown=design.smallest_shown,
        )
        matched = _match(frame, changed, choices)
        if matched.is_refused:
            why = find_refusals(matched.findings)[0].text
            text = f"No effects for {name}: {why[0].lower()}{why[1:]}"
            yield ImpactAnswer((), (Finding("warning", _DESIGN, text),))
            continue
        sample = describe_sample(matched, _DESIGN, design.outcome, name)
        curves = [estimate_curve(matched, each, choices.leads) for each in changed.estimators]
        effects = tuple(describe_average(curve, sample, choices.interval) for curve in curves)
        yield ImpactAnswer(effects, tuple(judge_false_dates(effects, 1 - choices.interval)))


def _warn(curves: dict[str, Curve]) -> Iterator[Finding]:
    for curve in curves.values():
        for note in curve.notes:
            yield Finding("warning", _DESIGN, f"{curve.estimator}: {note}")


def _add_reference(curve: pd.DataFrame, reference: int) -> pd.DataFrame:
    """Return the curve with a row of 0 where an estimator has years before treatment."""
    with_leads = curve.loc[curve["event_time"] < 0, "estimator"].unique()
    first = curve[curve["estimator"].isin(with_leads)].drop_duplicates("estimator")
    zero = first.assign(
        term=f"year {reference}",
        event_time=pd.array([reference] * len(first), dtype="Int64"),
        estimate=0.0,
        **dict.fromkeys(("std_error", "low", "high", "p_value"), float("nan")),
    )
    order = {name: j for j, name in enumerate(curve["estimator"].unique())}
    both = pd.concat([curve, zero], ignore_index=True) if len(zero) else curve
    return both.sort_values(
        ["estimator", "event_time"],
        key=lambda values: values.map(order) if values.name == "estimator" else values,
        ignore_index=True,
    )
