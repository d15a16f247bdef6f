"""Weigh the possibility that nobody is infiltrated and every entry is an error."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_fit import DetectionFit
from infiltrate.prevalence.detection_likelihood import evaluate_firms

_DRAWS = 500
_LOG_ERROR_RATE = (float(np.log(0.001)), 2.0)
"""Normal prior on the log of wrong entries per exposed firm, if all entries are wrong."""


def weigh_no_infiltration(fit: DetectionFit) -> float:
    """Return the log Bayes factor of no infiltration at all against the fitted model.

    Without infiltration every list names exposed firms at one rate, whatever the firms look like
    and whoever else names them. Above 3 the entries speak for errors alone about as clearly as a
    test at 5 percent. It needs signs of infiltration: where listed firms do not differ from others,
    because the signs are bad, errors look likelier than they are.

    Notes
    -----
    Both marginal likelihoods are by Laplace's method.
    """
    return _evidence_of_errors(fit) - _evidence_of_fit(fit)


def compare_signs(data: DetectionData, rng: np.random.Generator) -> float:
    """Return how often as many firms drawn at random differ from the others as listed ones do.

    Hotelling's T-squared of the signs of listed firms, against random draws of firms. Small when
    listed firms stand out; 0 without signs, which could not show that they do not.
    """
    signs = data.standardise().X
    signs = signs[:, np.ptp(signs, axis=0) > 0] if len(signs) else signs
    named = np.flatnonzero(data.listed.any(axis=1))
    if not signs.shape[1] or not len(named):
        return 0.0
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(signs.T)))

    def distance(rows: np.ndarray) -> float:
        mean = signs[rows].mean(axis=0)
        return float(mean @ inverse @ mean)

    seen = distance(named)
    random = [distance(rng.choice(len(signs), len(named), replace=False)) for _ in range(_DRAWS)]
    return float(np.mean(np.array(random) >= seen))


def _evidence_of_fit(fit: DetectionFit) -> float:
    model, theta = fit.model, fit.theta
    likelihood = float(model.weight @ evaluate_firms(model, theta).loglik)
    normal = model.precision > 0
    away = theta[normal] - model.centre[normal]
    precision = model.precision[normal]
    prior = 0.5 * float(np.log(precision).sum() - precision @ away**2)
    a, b = model.beta_prior[~normal].T
    at = theta[~normal]
    prior += float(
        (-a * np.logaddexp(0, -at) - b * np.logaddexp(0, at) - betaln(a, b)).sum()
        + 0.5 * np.log(2 * np.pi) * len(a)
    )
    return likelihood + prior - 0.5 * float(np.linalg.slogdet(fit.information)[1])


def _evidence_of_errors(fit: DetectionFit) -> float:
    sample, (centre, sd) = fit.sample, _LOG_ERROR_RATE
    named = sample.weight @ (sample.listed & sample.exposed)
    exposed = sample.weight @ sample.exposed
    rate = np.minimum(named / exposed, 1 - 1e-9)
    likelihood = named * np.log(rate) + (exposed - named) * np.log1p(-rate)
    prior = -0.5 * ((np.log(rate) - centre) / sd) ** 2 - np.log(sd)
    return float((likelihood + prior - 0.5 * np.log(named + sd**-2)).sum())
