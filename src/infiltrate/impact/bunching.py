"""Bunching at a kink or a notch: how many moved there, and from how far."""

from __future__ import annotations

import numpy as np

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer, find_refusals
from infiltrate.impact.bunching_answer import (
    BunchingAnswer,
    Measured,
    answer_bunching,
    report_excess,
    scale_effect,
)
from infiltrate.impact.counterfactual_counts import BunchingDesign, Counterfactual

_DESIGN = "bunching"
_FEWEST = 200
_ITERATIONS = 200
_SPARE = 3
_OPEN = 5


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
    known, findings = _prepare(values, design)
    if find_refusals(findings):
        return BunchingAnswer(ImpactAnswer((), tuple(findings)))
    model = Counterfactual(design, design.spread_above)
    counts = model.count(known)

    def measure(observed: np.ndarray) -> Measured:
        expected = model.fit(observed)
        excess = float((observed - expected)[model.window].sum())
        for _ in range(_ITERATIONS if corrected else 0):
            last = excess
            share = excess / max(observed[model.above].sum(), 1.0)
            expected = model.fit(observed * (1 + model.above * share))
            excess = float((observed - expected)[model.window].sum())
            if last - excess < 1:
                break
        return Measured(model, expected, excess, float(expected[model.window].mean()))

    found = measure(counts)
    noise = model.draw_noise(counts, rng, draws)
    sampled = [measure(counts + row) for row in noise]
    name = "kink" if corrected else "kink, not corrected"
    base = Effect(_DESIGN, name, design.name, "", np.nan)
    effects = report_excess(found, sampled, interval, base)
    if rates is not None:
        scale = design.width / design.point * (1 - rates[0]) / (rates[1] - rates[0])
        effects.append(scale_effect(effects[1], scale, "elasticity", "percent per percent"))
    return answer_bunching(found, counts, effects, findings)


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
    known, findings = _prepare(values, design)
    if find_refusals(findings):
        return BunchingAnswer(ImpactAnswer((), tuple(findings)))
    farthest = design.above - _SPARE - len(design.round_numbers) - len(design.other_points)
    models = [Counterfactual(design, bins) for bins in range(1, max(farthest, 1) + 1)]
    counts = models[0].count(known)

    def attempt(model: Counterfactual, observed: np.ndarray) -> tuple[Measured, bool]:
        expected = model.fit(observed)
        excess = float((observed - expected)[model.window & ~model.above].sum())
        missing = float((expected - observed)[model.window & model.above].sum())
        return Measured(model, expected, excess, float(expected[model.zero])), missing < excess

    def measure(observed: np.ndarray) -> Measured:
        kept, is_short = attempt(models[0], observed)
        for model in models[1:]:
            wider, is_still_short = attempt(model, observed)
            if not (is_short and is_still_short):
                break
            kept = wider
        return kept

    found = measure(counts)
    if found.model is models[-1]:
        findings.append(
            _warn(
                f"What {found.model.spread_above} bins above the point lack does not make up for "
                f"the {found.excess:.0f} {design.name} that gather: not all come from there."
            )
        )
    noise = found.model.draw_noise(counts, rng, draws)
    sampled = [measure(counts + row) for row in noise]
    base = Effect(_DESIGN, "notch", design.name, "", np.nan)
    excess, relative = report_excess(found, sampled, interval, base)
    reach = scale_effect(relative, design.width, "reach above the point", "units of the value")
    return answer_bunching(found, counts, [excess, relative, reach], findings)


def _prepare(values: np.ndarray, design: BunchingDesign) -> tuple[np.ndarray, list[Finding]]:
    """Return the values near the point and what was found, a refusal last."""
    given = np.asarray(values, dtype=float)
    known = given[np.isfinite(given)]
    findings = []
    if len(known) < len(given):
        findings.append(_warn(f"{_closed(len(given) - len(known))} values are missing: left out."))
    reach = design.width * (max(design.below, design.above) + 1)
    near = known[np.abs(known - design.point) <= reach]
    outside = design.below + design.above - design.spread_below - design.spread_above
    if len(near) < _FEWEST:
        text = f"{_closed(len(near))} {design.name} lie within reach; {_FEWEST} are needed."
        findings.append(Finding("refused", _DESIGN, text))
    elif outside < design.order + 1 + _SPARE:
        text = f"{outside} bins outside the bunching cannot carry a polynomial of {design.order}."
        findings.append(Finding("refused", _DESIGN, text))
    return near, findings


def _closed(count: int) -> str:
    return str(count) if count >= _OPEN else f"fewer than {_OPEN}"


def _warn(text: str) -> Finding:
    return Finding("warning", _DESIGN, text)
