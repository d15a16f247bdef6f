"""Bunching at a kink or a notch: how many moved there, and from how far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.counterfactual_counts import BunchingDesign, Counterfactual

_DESIGN = "bunching"
_FEWEST = 200
_ITERATIONS = 200
_SPARE = 3
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
        One row per bin: ``value`` (its place as `BunchingDesign.point_lies` says), ``observed``,
        ``expected``, ``is_bunching``.
    """

    answer: ImpactAnswer
    excess: float = float("nan")
    relative: float = float("nan")
    reach: float = float("nan")
    spread_above: int = 0
    bins: pd.DataFrame = field(default_factory=pd.DataFrame)


def fit_kink(
    values: np.ndarray,
    design: BunchingDesign,
    rng: np.random.Generator,
    *,
    corrected: bool = True,
    rates: tuple[float, float] | None = None,
    draws: int = 500,
    interval: float = 0.95,
) -> BunchingAnswer:
    """Measure bunching where a marginal rate changes.

    Parameters
    ----------
    values : numpy.ndarray
        One value per observation; those that are not finite are left out and counted.
    design : BunchingDesign
        Bins, polynomial and controls.
    rng : numpy.random.Generator
        Draws the bootstrap of residuals.
    corrected : bool
        Whether counts above the point are raised until the bunching is found among them again
        (integration constraint): those who bunch have left that side.
    rates : tuple of float, optional
        Marginal tax rate below and above the point, for the elasticity.
    draws : int
        Draws of the bootstrap.
    interval : float
        Coverage.

    Notes
    -----
    Chetty, Friedman, Olsen and Pistaferri (2011), as the R package bunching (Mavrokonstantis)
    has it: the correction is repeated until the excess falls by less than one observation. The
    bootstrap adds to the counts residuals drawn from the bins that the polynomial is fitted to,
    not, as that package does after a correction, also those of the bunching itself.

    To find thresholds and buyers at which something gathers use `indicators.threshold_tests`
    (logarithms, no controls, buyers resampled). This module measures how much was moved and how
    far, under the constraint that what gathers is missing elsewhere.
    """
    known, findings, refusal = _prepare(values, design)
    if refusal is not None:
        return BunchingAnswer(ImpactAnswer((), (*findings, refusal)))
    model = Counterfactual(design, design.spread_above)
    counts = model.count(known)
    findings += [_warn(text) for text in model.doubts]

    def measure(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raised = observed
        expected = model.fit(raised)
        excess = float((observed - expected)[model.window].sum())
        for _ in range(_ITERATIONS if corrected else 0):
            last = excess
            raised = observed * (1 + model.above * excess / max(observed[model.above].sum(), 1.0))
            expected = model.fit(raised)
            excess = float((observed - expected)[model.window].sum())
            if last - excess < 1:
                break
        relative = excess / expected[model.window].mean()
        return np.array([excess, relative]), expected

    found, expected = measure(counts)
    noise = model.draw_noise(counts, rng, draws)
    sampled = np.array([measure(counts + row)[0] for row in noise])
    name = "kink" if corrected else "kink, not corrected"
    effects = _report(design, name, known, found, sampled, interval)
    if rates is not None:
        scale = design.width / design.point * (1 - rates[0]) / (rates[1] - rates[0])
        effects.append(_scale(effects[1], scale, term="elasticity", unit="percent per percent"))
    usual = float(expected[model.window].mean())
    return _answer(design, model, counts, expected, found, usual, effects, findings)


def fit_notch(
    values: np.ndarray,
    design: BunchingDesign,
    rng: np.random.Generator,
    *,
    draws: int = 500,
    interval: float = 0.95,
) -> BunchingAnswer:
    """Measure bunching where a rule applies from a point on, so that none gain just above it.

    Parameters
    ----------
    values, design, rng, draws, interval
        As for `fit_kink`; bins above the point are left out one by one until what is missing
        there makes up for what is too many below.

    Notes
    -----
    Kleven and Waseem (2013), Kleven (2016): what gathers below the point is missing above it.
    The last number of bins before more is missing than gathers is taken, in every draw of the
    bootstrap anew. Where even all bins do not make up for the excess it did not come from above,
    or not from within reach, and the answer is doubtful.
    """
    known, findings, refusal = _prepare(values, design)
    if refusal is not None:
        return BunchingAnswer(ImpactAnswer((), (*findings, refusal)))
    furthest = design.above - _SPARE - len(design.round_numbers) - len(design.other_points)
    models = [Counterfactual(design, bins) for bins in range(1, max(furthest, 1) + 1)]
    counts = models[0].count(known)
    findings += [_warn(text) for text in models[0].doubts]

    def measure(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray, int, float]:
        best = 0
        for at, model in enumerate(models):
            expected = model.fit(observed)
            gathered = float((observed - expected)[model.window & ~model.above].sum())
            missing = float((expected - observed)[model.window & model.above].sum())
            if missing >= gathered:
                break
            best = at
        model, expected = models[best], models[best].fit(observed)
        excess = float((observed - expected)[model.window & ~model.above].sum())
        missing = float((expected - observed)[model.window & model.above].sum())
        relative = excess / expected[model.zero]
        return np.array([excess, relative]), expected, best, missing

    found, expected, best, missing = measure(counts)
    if best == len(models) - 1:
        findings.append(
            _warn(
                f"Up to {models[best].spread_above} bins above the point {missing:.0f} "
                f"{design.name} are missing and {found[0]:.0f} gather below it: they do not all "
                "come from there."
            )
        )
    noise = models[best].draw_noise(counts, rng, draws)
    sampled = np.array([measure(counts + row)[0] for row in noise])
    effects = _report(design, "notch", known, found, sampled, interval)
    effects.append(
        _scale(effects[1], design.width, term="reach above the point", unit="units of the value")
    )
    usual = float(expected[models[best].zero])
    return _answer(design, models[best], counts, expected, found, usual, effects, findings)


def _prepare(
    values: np.ndarray, design: BunchingDesign
) -> tuple[np.ndarray, list[Finding], Finding | None]:
    given = np.asarray(values, dtype=float)
    known = given[np.isfinite(given)]
    findings = []
    if len(known) < len(given):
        findings.append(_warn(f"{len(given) - len(known)} values are missing and left out."))
    reach = design.width * (max(design.below, design.above) + 1)
    near = known[np.abs(known - design.point) <= reach]
    if len(near) < _FEWEST:
        text = f"{_closed(len(near))} {design.name} lie within reach; {_FEWEST} are needed."
        return near, findings, Finding("refused", _DESIGN, text)
    outside = design.below + design.above - design.spread_below - design.spread_above
    if outside < design.order + 1 + _SPARE:
        text = f"{outside} bins outside the bunching cannot carry a polynomial of {design.order}."
        return near, findings, Finding("refused", _DESIGN, text)
    return near, findings, None


def _closed(count: int) -> str:
    return str(count) if count >= 5 else "fewer than 5"


def _report(
    design: BunchingDesign,
    estimator: str,
    known: np.ndarray,
    found: np.ndarray,
    sampled: np.ndarray,
    interval: float,
) -> list[Effect]:
    tail = (1 - interval) / 2
    terms = (("excess", design.name), ("relative excess", f"{design.name} of an expected bin"))
    effects = []
    for at, (term, unit) in enumerate(terms):
        low, high = np.quantile(sampled[:, at], [tail, 1 - tail])
        share = float((sampled[:, at] <= 0).mean())
        effects.append(
            Effect(
                design=_DESIGN,
                estimator=estimator,
                outcome=design.name,
                term=term,
                estimate=float(found[at]),
                std_error=float(sampled[:, at].std(ddof=1)),
                low=float(low),
                high=float(high),
                p_value=min(1.0, 2 * max(min(share, 1 - share), 1 / (len(sampled) + 1))),
                unit=unit,
                rows=len(known),
            )
        )
    return effects


def _scale(effect: Effect, scale: float, *, term: str, unit: str) -> Effect:
    return replace(
        effect,
        term=term,
        unit=unit,
        estimate=effect.estimate * scale,
        std_error=effect.std_error * scale,
        low=effect.low * scale,
        high=effect.high * scale,
    )


def _answer(
    design: BunchingDesign,
    model: Counterfactual,
    counts: np.ndarray,
    expected: np.ndarray,
    found: np.ndarray,
    usual: float,
    effects: list[Effect],
    findings: list[Finding],
) -> BunchingAnswer:
    doubts = list(findings)
    if found[0] < 0:
        doubts.append(_warn(f"Nothing gathers at {design.point:g}: the excess is below zero."))
    if (expected <= 0).any():
        doubts.append(_warn("The polynomial expects fewer than none somewhere: lower its order."))
    if usual < _FEWEST_EXPECTED:
        # a ratio to nearly nothing has no meaning
        effects = effects[:1]
        doubts.append(
            _warn(
                f"Fewer than {_FEWEST_EXPECTED} {design.name} are expected in a bin of the bunching: "
                "the excess is not related to them."
            )
        )
    return BunchingAnswer(
        answer=ImpactAnswer(tuple(effects), tuple(doubts)),
        excess=float(found[0]),
        relative=float(found[1]),
        reach=float(found[1] * design.width),
        spread_above=model.spread_above,
        bins=pd.DataFrame(
            {
                "value": design.point + design.width * model.place,
                "observed": counts,
                "expected": expected,
                "is_bunching": model.window,
            }
        ),
    )


def _warn(text: str) -> Finding:
    return Finding("warning", _DESIGN, text)
