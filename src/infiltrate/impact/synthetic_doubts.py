"""What a reader must know before the numbers of a synthetic control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from infiltrate.impact.answer import Effect, Finding
from infiltrate.impact.synthetic_fit import ControlFit
from infiltrate.impact.synthetic_placebos import ALONE, FREE

_DESIGN = "synthetic_control"
_POOR = 0.25
_ALIKE = 0.1
_ONE_UNIT = 0.5


def doubt_control(fit: ControlFit, effects: Iterable[Effect], interval: float) -> list[Finding]:
    """Return warnings about the fit, the sample and what the answer hangs on."""
    texts = [*_doubt_sample(fit, interval)]
    for effect in effects:
        texts += _doubt_variation(effect, fit.average, 1 - interval)
    return [Finding("warning", _DESIGN, text) for text in texts]


def _doubt_sample(fit: ControlFit, interval: float) -> Iterator[str]:
    comparison = fit.comparison
    if fit.misfit > _POOR:
        yield (
            f"The synthetic control misses the treated unit before treatment by {fit.misfit:.2f} "
            f"standard deviations between units; {_POOR} is the most that is taken as alike."
        )
    if fit.best.starts == 1 < fit.settings.starts:
        yield (
            f"Only one of {fit.settings.starts} starts led to the best weights of predictors: "
            "there may be better ones."
        )
    donors = len(comparison.donors)
    if 1 / (donors + 1) > 1 - interval:
        yield (
            f"With {donors} units to compare with no rank can have a p value below "
            f"{1 / (donors + 1):.2f}."
        )
    before, after = int((~comparison.is_treated).sum()), int(comparison.is_effect.sum())
    if 2 * after > before:
        yield (
            f"The effect spans {after} years and {before} lie before it: the conformal interval "
            "of the average is weak, those of single years are better."
        )
    if 1 / (before + 1) > 1 - interval:
        yield (
            f"With {before} years before treatment no year's effect has a bounded interval at "
            f"{100 * interval:.0f} %."
        )


def _doubt_variation(effect: Effect, main: float, level: float) -> Iterator[str]:
    moved = abs(effect.estimate - main)
    instead = f"The average effect is {effect.estimate:.3g} in place of {main:.3g}"
    if effect.sample in (ALONE, FREE) and moved > _ALIKE * abs(main):
        yield f"{instead} ({effect.sample}): it hangs on how much predictors count."
    if effect.sample.startswith("without ") and moved > _ONE_UNIT * abs(main):
        yield f"{instead} {effect.sample}: it hangs on one unit."
    if effect.sample.startswith("placebo date") and effect.p_value <= level:
        yield (
            f"At a {effect.sample} an effect of {effect.estimate:.3g} is found where there can be "
            f"none (p {effect.p_value:.3f})."
        )
