"""The likelihood of who is on which list, given infiltration that nobody observes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from infiltrate.prevalence.detection_model import LatentModel, one_hot

_CHUNK = 8_192
_WIDE, _DENSE = 100, 0.5


@dataclass(frozen=True, eq=False)
class FirmTerms:
    """What the model says of each firm at one theta.

    Attributes
    ----------
    loglik : numpy.ndarray, shape (n,)
        Log-likelihood of the lists.
    prevalence : numpy.ndarray, shape (n,)
        Chance of infiltration before the lists are seen.
    infiltrated : numpy.ndarray, shape (n,)
        Chance of infiltration given the lists.
    score : numpy.ndarray, shape (n, M)
        Derivative of the log-likelihood in each linear predictor.
    information : numpy.ndarray, shape (n, M, M), or None
        Minus its second derivative, by Louis (1982); None when not asked for.
    """

    loglik: np.ndarray
    prevalence: np.ndarray
    infiltrated: np.ndarray
    score: np.ndarray
    information: np.ndarray | None


def evaluate_firms(model: LatentModel, theta: np.ndarray) -> FirmTerms:
    """Evaluate likelihood, posterior chance and first derivatives of every firm at theta."""
    linear = _predict(model, theta)
    parts = [_evaluate_rows(model, theta, linear, rows) for rows in _chunks(model)]
    return FirmTerms(
        loglik=np.concatenate([part.loglik for part in parts]),
        prevalence=np.concatenate([part.prevalence for part in parts]),
        infiltrated=np.concatenate([part.infiltrated for part in parts]),
        score=np.concatenate([part.score for part in parts]),
        information=None,
    )


def evaluate_objective(model: LatentModel, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """Return minus the log posterior density of theta and its gradient."""
    value, gradient = _prior_terms(model, theta)
    terms = evaluate_firms(model, theta)
    value -= float(model.weight @ terms.loglik)
    for part, turned, score in zip(model.slices, model.transposed, terms.score.T, strict=True):
        gradient[part] -= turned @ (model.weight * score)
    return value, gradient


def evaluate_information(model: LatentModel, theta: np.ndarray) -> np.ndarray:
    """Return minus the second derivative of the log posterior density, shape (P, P)."""
    size = len(theta)
    total = np.zeros((size, size))
    linear = _predict(model, theta)
    chunks = _chunks(model)
    for rows in chunks:
        terms = _evaluate_rows(model, theta, linear, rows, information=True)
        assert terms.information is not None
        weighted = terms.information * model.weight[rows][:, None, None]
        for m, part in enumerate(model.slices):
            left = model.transposed[m] if len(chunks) == 1 else model.transposed[m][:, rows]
            right = model.following[m].scale(weighted[:, m], rows)
            total[part, part.start :] += _multiply(left, right)
    for part in model.slices:
        total[part.stop :, part] = total[part, part.stop :].T
    return total + np.diag(prior_precision(model, theta))


def _multiply(left: sparse.csr_array, right: sparse.csr_array) -> np.ndarray:
    """Multiply, as dense arrays where very many signs leave hardly a zero."""
    if left.shape[0] >= _WIDE and left.nnz >= _DENSE * left.shape[0] * left.shape[1]:
        return left.toarray() @ right.toarray()
    return (left @ right).toarray()


def sum_scores(model: LatentModel, theta: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the outer product of the weighted scores summed by cluster, shape (P, P)."""
    terms = evaluate_firms(model, theta)
    scores = sparse.hstack(
        [
            sparse.diags_array(model.weight * score) @ design
            for design, score in zip(model.designs, terms.score.T, strict=True)
        ],
        format="csr",
    )
    _, codes = np.unique(cluster, return_inverse=True)
    by_cluster = one_hot(codes, int(codes.max()) + 1).T @ scores
    return (by_cluster.T @ by_cluster).toarray()


def prior_precision(model: LatentModel, theta: np.ndarray) -> np.ndarray:
    """Return the diagonal of the prior's part of the information, shape (P,)."""
    chance = expit(theta)
    return model.precision + model.beta_prior.sum(axis=1) * chance * (1 - chance)


def _prior_terms(model: LatentModel, theta: np.ndarray) -> tuple[float, np.ndarray]:
    away = theta - model.centre
    a, b = model.beta_prior.T
    value = (
        0.5 * (model.precision @ away**2) + a @ np.logaddexp(0, -theta) + b @ np.logaddexp(0, theta)
    )
    return float(value), model.precision * away - a + (a + b) * expit(theta)


def _predict(model: LatentModel, theta: np.ndarray) -> np.ndarray:
    """Return the linear predictors of infiltration and of each detection, shape (n, 1 + K)."""
    return np.column_stack(
        [model.designs[m] @ theta[model.slices[m]] for m in range(1 + model.list_count)]
    )


def _evaluate_rows(
    model: LatentModel,
    theta: np.ndarray,
    linear: np.ndarray,
    rows: slice,
    *,
    information: bool = False,
) -> FirmTerms:
    latent = _evaluate_latent(model, theta, linear, rows)
    infiltrated, by_list = latent.infiltrated, "qn,qnk->nk"
    parts = [
        (infiltrated - latent.prevalence)[:, None],
        infiltrated[:, None] * np.einsum(by_list, latent.state_share, latent.score),
    ]
    if model.has_factor:
        at_nodes = latent.state_share * model.states[:, None]
        parts.append(infiltrated[:, None] * np.einsum(by_list, at_nodes, latent.score))
    parts.append((1 - infiltrated)[:, None] * latent.clean_score)
    score = np.concatenate(parts, axis=1)
    return FirmTerms(
        loglik=latent.loglik,
        prevalence=latent.prevalence,
        infiltrated=infiltrated,
        score=score,
        information=_louis_information(model, latent, score) if information else None,
    )


@dataclass(frozen=True, eq=False)
class _Latent:
    """Firms given what is not seen: clean, or infiltrated in one of S states."""

    loglik: np.ndarray
    prevalence: np.ndarray
    infiltrated: np.ndarray
    state_share: np.ndarray  # (S, n), chance of each state if infiltrated
    found: np.ndarray  # (Q, n, K), chance of detection if infiltrated and nothing limits it
    score: np.ndarray  # (S, n, K), derivative in the log-odds of detection
    share: np.ndarray  # (K,), share of wrong entries
    clean_score: np.ndarray  # (n, K), derivative in the log-odds of that share


def _evaluate_latent(
    model: LatentModel, theta: np.ndarray, linear: np.ndarray, rows: slice
) -> _Latent:
    count = model.list_count
    base, slope = model.base[rows], model.slope[rows]
    limited = slope * model.ceiling[rows].transpose(1, 0, 2)
    prevalence = expit(linear[rows, 0])
    odds_against = np.exp(-np.clip(linear[rows, 1:], -40, 40))
    share = expit(theta[-count:])
    wrong = model.error_scale * share
    seen_if_clean = np.maximum(base + slope * wrong, 1e-300)
    loadings = theta[-2 * count : -count] if model.has_factor else np.zeros(count)
    shifts = np.exp(-np.clip(np.multiply.outer(model.nodes, loadings), -40, 40))
    found = 1 / (1 + odds_against * shifts[:, None, :])
    seen = np.maximum(base + limited * found[:, None], 1e-300)
    by_state = seen.prod(axis=3).reshape(-1, len(base)) * model.state_weights[:, None]
    if_infiltrated = by_state.sum(axis=0)
    likelihood = prevalence * if_infiltrated + (1 - prevalence) * seen_if_clean.prod(axis=1)
    return _Latent(
        loglik=np.log(likelihood),
        prevalence=prevalence,
        infiltrated=prevalence * if_infiltrated / likelihood,
        state_share=by_state / if_infiltrated,
        found=found,
        score=(limited * (found * (1 - found))[:, None] / seen).reshape(-1, *base.shape),
        share=share,
        clean_score=slope * wrong * (1 - share) / seen_if_clean,
    )


def _louis_information(model: LatentModel, latent: _Latent, mean_score: np.ndarray) -> np.ndarray:
    """Take the variance of the complete score from the expected complete information."""
    n, parts = mean_score.shape
    count = model.list_count
    lists = np.arange(count)
    detections, errors = 1 + lists, parts - count + lists
    clean = 1 - latent.infiltrated
    total = np.zeros((n, parts, parts))
    total[:, 0, 0] = latent.prevalence * (1 - latent.prevalence)
    total[:, errors, errors] = clean[:, None] * _curvature(latent.clean_score, latent.share)
    complete = np.zeros((n, parts))
    complete[:, 0] = -latent.prevalence
    complete[:, errors] = latent.clean_score
    total -= _outer(complete, clean)
    lags = model.ceiling.shape[1]
    for q, node in enumerate(model.states):
        chance = latent.infiltrated * latent.state_share[q]
        curvature = chance[:, None] * _curvature(latent.score[q], latent.found[q // lags])
        complete = np.zeros((n, parts))
        complete[:, 0] = 1 - latent.prevalence
        complete[:, detections] = latent.score[q]
        total[:, detections, detections] += curvature
        if model.has_factor:
            loadings = detections + count
            complete[:, loadings] = latent.score[q] * node
            total[:, loadings, loadings] += curvature * node**2
            total[:, detections, loadings] += curvature * node
            total[:, loadings, detections] += curvature * node
        total -= _outer(complete, chance)
    return total + _outer(mean_score, np.ones(n))


def _curvature(score: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return minus the second derivative of the log chance of what is seen, in log-odds."""
    return score**2 - score * (1 - 2 * chance)


def _outer(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (weight[:, None] * score)[:, :, None] * score[:, None, :]


def _chunks(model: LatentModel) -> list[slice]:
    n = len(model.weight)
    return [slice(start, min(start + _CHUNK, n)) for start in range(0, n, _CHUNK)]
