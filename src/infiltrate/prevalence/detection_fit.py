"""Fit the joint latent detection model: infiltration and each list's detection at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.detection_data import (
    DetectionData,
    DetectionPriors,
    check_detection_data,
)
from infiltrate.prevalence.detection_likelihood import (
    evaluate_information,
    evaluate_objective,
    prior_precision,
    sum_scores,
)
from infiltrate.prevalence.detection_lists import choose_lists
from infiltrate.prevalence.detection_model import LatentModel, build_model
from infiltrate.prevalence.detection_sample import sample_unlisted

_MAX_UNLISTED = 60_000
_PILOT_UNLISTED = 20_000


@dataclass(frozen=True, eq=False)
class DetectionFit:
    """A fitted detection model.

    Attributes
    ----------
    data : DetectionData
        All firms.
    sample : DetectionData
        The firms the model was fitted to, with weights; all of them in a small country.
    priors : DetectionPriors
        As given, for the lists that were used; without the detectability factor where the lists
        overlap too little for it.
    model : LatentModel
        The model of ``sample``, with estimated scales.
    theta : numpy.ndarray, shape (P,)
        Posterior mode.
    information : numpy.ndarray, shape (P, P)
        Minus the second derivative of the log posterior density at the mode.
    covariance : numpy.ndarray, shape (P, P)
        Of theta around the mode; the sandwich clustered on network component for a sample.
    scales : dict of str to float
        Estimated standard deviations of area, section and effort effects.
    gradient_norm : float
        Step that Newton's method would still take, in posterior standard deviations.
    outside_exposure : dict of str to float
        Share of each list's entries that name firms its rule excludes.
    notes : tuple of str
        Which lists were left out.
    """

    data: DetectionData
    sample: DetectionData
    priors: DetectionPriors
    model: LatentModel
    theta: np.ndarray
    information: np.ndarray
    covariance: np.ndarray
    scales: dict[str, float]
    gradient_norm: float
    outside_exposure: dict[str, float]
    notes: tuple[str, ...]


def fit_detection_model(
    data: DetectionData,
    priors: DetectionPriors,
    rng: np.random.Generator,
    *,
    max_unlisted: int = _MAX_UNLISTED,
    start: np.ndarray | None = None,
    robust: bool | None = None,
) -> DetectionFit:
    """Find the posterior mode, the scales of the effects and the covariance around the mode.

    Parameters
    ----------
    data : DetectionData
        All firms of the country, listed or not.
    priors : DetectionPriors
        What is believed before the lists are seen.
    rng : numpy.random.Generator
        Draws the sample of unlisted firms in a country with more than ``max_unlisted`` of them.
    max_unlisted : int
        Largest number of unlisted firms used; the others are represented by weights.
    start : numpy.ndarray, optional
        Where to start, from a fit to the same lists, areas and columns.
    robust : bool, optional
        Whether the covariance is the sandwich clustered on network component; by default when the
        rows are a sample.

    Raises
    ------
    CheckFailed
        When arrays do not fit together or hold missing values.
    NotEnoughData
        When no list names any firm.

    References
    ----------
    Louis (1982), Finding the observed information matrix when using the EM algorithm.
    """
    check_detection_data(data, priors)
    columns, notes = choose_lists(data)
    if not len(columns):
        raise NotEnoughData("No list names any firm: detection cannot be modelled.")
    data, priors = data.keep_lists(columns), priors.keep_lists(columns)
    if (data.listed.sum(axis=1) > 1).sum() < priors.factor_overlap:
        priors = replace(priors, detectability=None)
    outside = _share_outside(data)
    data = replace(data.standardise(), exposed=data.exposed | data.listed)
    sample = data
    if (~data.listed.any(axis=1)).sum() > max_unlisted:
        first = sample_unlisted(data, None, min(_PILOT_UNLISTED, max_unlisted), rng)
        pilot = build_model(first, priors)
        start, _, _ = _find_mode(pilot, pilot.centre if start is None else start, is_last=False)
        sample = sample_unlisted(data, _score(pilot, start, data), max_unlisted, rng)
    model = build_model(sample, priors)
    theta = model.centre if start is None else start
    is_sample = bool((sample.weight != 1).any())
    information = np.empty(0)
    gradient_norm = np.inf
    # one thread: the same sums in the same order, whatever the machine
    with threadpool_limits(1):
        for remaining in range(priors.scale_rounds, -1, -1):
            theta, information, gradient_norm = _find_mode(model, theta, is_last=remaining == 0)
            if remaining:
                model = _update_scales(model, theta, information, priors)
        covariance = _invert(information)
        if is_sample if robust is None else robust:
            meat = sum_scores(model, theta, sample.cluster) + np.diag(prior_precision(model, theta))
            covariance = covariance @ meat @ covariance
    return DetectionFit(
        data=data,
        sample=sample,
        priors=priors,
        model=model,
        theta=theta,
        information=information,
        covariance=covariance,
        scales={name: float(model.precision[at[0]] ** -0.5) for name, at in model.groups.items()},
        gradient_norm=gradient_norm,
        outside_exposure=outside,
        notes=notes,
    )


def _score(model: LatentModel, theta: np.ndarray, data: DetectionData) -> np.ndarray:
    """Return the log-odds of infiltration of all firms by a fit to some of them, shape (n,)."""
    coefficients = theta[model.slices[0]]
    signs = 1 + data.X.shape[1]
    area, section = np.split(coefficients[signs:], [len(data.areas)])
    return data.X @ coefficients[1:signs] + area[data.area] + section[data.section]


def _share_outside(data: DetectionData) -> dict[str, float]:
    """Return the share of entries that a list's own rule excludes; such firms are exposed later."""
    outside = (data.listed & ~data.exposed).sum(axis=0) / data.listed.sum(axis=0)
    return dict(zip(data.lists, outside.tolist(), strict=True))


def _find_mode(
    model: LatentModel, theta: np.ndarray, is_last: bool
) -> tuple[np.ndarray, np.ndarray, float]:
    """Approach the mode by L-BFGS in scaled coordinates, then by damped Newton steps."""
    scale = 1 / np.sqrt(np.maximum(np.diag(evaluate_information(model, theta)), 1e-2))

    def objective(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = evaluate_objective(model, scaled * scale)
        return value, gradient * scale

    found = minimize(
        objective,
        theta / scale,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 300, "maxcor": 20, "ftol": 1e-9, "gtol": 1e-2},
    )
    theta = found.x * scale
    for _ in range(6 if is_last else 1):
        value, gradient = evaluate_objective(model, theta)
        information = evaluate_information(model, theta)
        step = _invert(information) @ gradient
        largest = float(np.sqrt(max(gradient @ step, 0.0)))
        if largest < 1e-3:
            break
        length = 1.0
        while length > 1e-3 and evaluate_objective(model, theta - length * step)[0] > value:
            length /= 2
        if length <= 1e-3:
            break
        theta = theta - length * step
    else:
        information = evaluate_information(model, theta)
    return theta, information, largest


def _update_scales(
    model: LatentModel, theta: np.ndarray, information: np.ndarray, priors: DetectionPriors
) -> LatentModel:
    """Set each scale to the posterior second moment of its effects, held by its first value."""
    variance = np.diag(_invert(information))
    precision = model.precision.copy()
    first = {"area": priors.area_sd, "section": priors.section_sd, "effort": priors.effort_sd}
    for name, at in model.groups.items():
        moment = (theta[at] ** 2 + variance[at]).sum() + priors.scale_weight * first[name] ** 2
        precision[at] = (len(at) + priors.scale_weight) / moment
    return replace(model, precision=precision)


def _invert(information: np.ndarray) -> np.ndarray:
    """Invert, with eigenvalues held above a small share of the prior's weakest."""
    values, vectors = np.linalg.eigh(information)
    return (vectors / np.maximum(values, 1e-2)) @ vectors.T
