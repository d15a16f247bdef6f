"""Whether the joint latent detection model may be used on these lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import expit
from scipy.stats import beta

from infiltrate.prevalence.detection_data import DetectionPriors
from infiltrate.prevalence.detection_draws import draw_theta
from infiltrate.prevalence.detection_fit import DetectionFit, fit_detection_model
from infiltrate.prevalence.detection_likelihood import evaluate_firms
from infiltrate.prevalence.detection_sample import sample_unlisted

_CHECK_UNLISTED = 20_000
_DRAWS = 200
_CENTRES = (-3.5, -0.5)
_MACRO_REGIONS = 4
_CAUTION_MOVE, _REJECT_MOVE = 0.35, 1.0


@dataclass(frozen=True)
class DetectionChecks:
    """What was checked, and what follows.

    Attributes
    ----------
    diagnostics : mapping of str to float
        By name: overlap, prior_move, prior_share, pattern_p, list_out_worst, outside_exposure.
    status : str
        Whether to use the model.
    reasons : tuple of str
        Why not simply to use it.
    """

    diagnostics: Mapping[str, float]
    status: Literal["use", "caution", "reject"]
    reasons: tuple[str, ...] = ()


def check_detection(fit: DetectionFit, rng: np.random.Generator) -> DetectionChecks:
    """Refit under other priors and without each list, and predict the overlaps.

    Overlaps that the other lists do not predict are held against a model without the
    detectability factor only, which is there to explain them.

    In a large country the refits use a sample of 20,000 unlisted firms.
    """
    small = _reduce(fit, rng)
    moves = {centre: _move(small, rng, detection_centre=centre) for centre in _CENTRES}
    worst_move = max(moves.values(), key=abs)
    errors = _move(small, rng, false_positives=_loosen(fit.priors.false_positives))
    pattern = _predict_overlaps(fit, rng)
    list_out = _leave_lists_out(small, rng)
    diagnostics = {
        "firms_on_two_lists": float((fit.data.listed.sum(axis=1) > 1).sum()),
        "gradient_norm": fit.gradient_norm,
        "prior_share": float(np.linalg.inv(fit.information)[0, 0] / fit.priors.infiltration_sd**2),
        **{f"move_at_{centre:g}": move for centre, move in moves.items()},
        "move_with_loose_errors": errors,
        "pattern_p": pattern,
        **{f"list_out_p_{name}": p for name, p in list_out.items()},
        **{f"outside_{name}": share for name, share in fit.outside_exposure.items()},
        **{f"scale_{name}": value for name, value in fit.scales.items()},
    }
    rejections, cautions = [], []
    if fit.gradient_norm > 0.1:
        rejections.append("The fit did not settle.")
    if abs(worst_move) > _REJECT_MOVE:
        rejections.append(
            f"The answer moves by {worst_move:+.0%} with the prior on detection: the lists do not "
            "determine it."
        )
    elif abs(worst_move) > _CAUTION_MOVE:
        cautions.append(f"The answer moves by {worst_move:+.0%} with the prior on detection.")
    if diagnostics["prior_share"] > 0.5:
        cautions.append("The lists say little about the level of infiltration.")
    if pattern < 0.01:
        cautions.append("The lists do not overlap as the model predicts.")
    surprised = [name for name, p in list_out.items() if p < 0.05 / len(list_out)]
    if surprised and not fit.model.has_factor:
        cautions.append(
            f"The other lists do not predict the overlaps of {', '.join(surprised)}: lists may "
            "follow one another or see different kinds of firms."
        )
    if abs(errors) > _CAUTION_MOVE:
        cautions.append(
            f"The answer moves by {errors:+.0%} if the shares of wrong entries are hardly known: "
            "make sure of their priors."
        )
    cautions += _compare_errors(fit)
    cautions += fit.notes
    cautions += [
        f"{share:.0%} of the entries of '{name}' are outside its exposure rule."
        for name, share in fit.outside_exposure.items()
        if share > 0.1
    ]
    status: Literal["use", "caution", "reject"] = "use"
    if rejections or cautions:
        status = "reject" if rejections else "caution"
    return DetectionChecks(diagnostics, status, tuple(rejections + cautions))


def _reduce(fit: DetectionFit, rng: np.random.Generator) -> DetectionFit:
    data = fit.data
    if (~data.listed.any(axis=1)).sum() <= 2 * _CHECK_UNLISTED:
        return fit
    data = sample_unlisted(data, None, _CHECK_UNLISTED, rng)
    return fit_detection_model(data, _fixed_scales(fit), rng, start=fit.theta)


def _fixed_scales(fit: DetectionFit) -> DetectionPriors:
    return replace(
        fit.priors,
        scale_rounds=0,
        area_sd=fit.scales["area"],
        section_sd=fit.scales["section"],
        effort_sd=fit.scales["effort"],
    )


def _expected_total(fit: DetectionFit) -> float:
    return float(fit.sample.weight @ evaluate_firms(fit.model, fit.theta).infiltrated)


def _loosen(priors: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Return priors on wrong entries worth few entries, with a mean of a tenth or more."""
    return tuple((1.0, 1 / max(a / (a + b), 0.1) - 1) for a, b in priors)


def _move(fit: DetectionFit, rng: np.random.Generator, **changes: Any) -> float:
    """Return the relative change of the point when something else is believed beforehand."""
    priors = replace(_fixed_scales(fit), **changes)
    other = fit_detection_model(fit.sample, priors, rng, start=fit.theta)
    return _expected_total(other) / _expected_total(fit) - 1


def _detection(fit: DetectionFit, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return chances of each list naming some firms if infiltrated, shape (draws, n, S, K)."""
    model, count = fit.model, fit.model.list_count
    loadings = theta[:, -2 * count : -count] if model.has_factor else np.zeros((len(theta), count))
    columns = []
    for k in range(count):
        linear = theta[:, model.slices[1 + k]] @ model.designs[1 + k][rows].T
        by_state = expit(linear[:, :, None] + loadings[:, k, None, None] * model.states)
        could = fit.sample.exposed[rows, k, None] * model.ceiling[rows, :, k]
        columns.append(by_state * np.tile(could, len(model.nodes)))
    return np.stack(columns, axis=3)


def _predict_overlaps(fit: DetectionFit, rng: np.random.Generator) -> float:
    """Return the posterior-predictive p-value of the overlaps of pairs, by group of areas."""
    sample = fit.sample
    region = sample.area * _MACRO_REGIONS // max(len(sample.areas), 1)
    named = sample.listed * sample.match
    first, second = np.triu_indices(fit.model.list_count, 1)
    together = np.bincount(region, weights=(named[:, first] * named[:, second]).sum(axis=1))
    seen = np.concatenate([(named[:, first] * named[:, second]).sum(axis=0), together])
    everyone, states = np.arange(len(region)), fit.model.state_weights
    extreme = 0
    for theta in draw_theta(fit, rng, _DRAWS):
        chance = _detection(fit, theta[None, :], everyone)[0]
        prevalence = expit(fit.model.designs[0] @ theta[fit.model.slices[0]]) * sample.weight
        both = np.einsum("nqp,nqp,q->np", chance[:, :, first], chance[:, :, second], states)
        pairs = prevalence[:, None] * both
        expected = np.concatenate(
            [pairs.sum(axis=0), np.bincount(region, weights=pairs.sum(axis=1))]
        )
        new = rng.poisson(expected)
        extreme += _surprise(new, expected) >= _surprise(seen, expected)
    return extreme / _DRAWS


def _surprise(counts: np.ndarray, expected: np.ndarray) -> float:
    return float(((counts - expected) ** 2 / (expected + 0.5)).sum())


def _leave_lists_out(fit: DetectionFit, rng: np.random.Generator) -> dict[str, float]:
    """Return for each list how unlikely its overlap with the others is, by a fit without it."""
    chances = {}
    count = fit.model.list_count
    for k, name in enumerate(fit.sample.lists):
        rest = np.array([j for j in range(count) if j != k])
        if len(rest) < 2:
            continue
        data, priors = fit.sample.keep_lists(rest), _fixed_scales(fit).keep_lists(rest)
        other = fit_detection_model(data, priors, rng)
        on = np.flatnonzero(fit.sample.listed[:, k])
        seen = int(data.listed[on].sum())
        a, b = fit.priors.false_positives[k]
        right = 1 - rng.beta(a + 1e-9, b, _DRAWS)
        chance = _detection(other, draw_theta(other, rng, _DRAWS), on)
        by_draw = np.einsum("dnqk,q->d", chance, other.model.state_weights)
        predicted = rng.poisson(by_draw * right)
        low, high = (predicted <= seen).mean(), (predicted >= seen).mean()
        chances[name] = float(min(1.0, 2 * min(low, high)))
    return chances


def _compare_errors(fit: DetectionFit) -> list[str]:
    """Say where the data pull the share of wrong entries out of its prior."""
    share = expit(fit.theta[-fit.model.list_count :])
    words = []
    for name, (a, b), value in zip(
        fit.sample.lists, fit.priors.false_positives, share, strict=True
    ):
        if a >= 0.5 and value > beta.ppf(0.99, a, b):
            words.append(
                f"'{name}' seems to hold more wrong entries ({value:.0%}) than its prior allows."
            )
    return words
