"""The likelihood of who is on which list, given infiltration that nobody observes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit, logit

from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors

_CHUNK = 8_192
_NODES = 5


@dataclass(frozen=True, eq=False)
class LatentModel:
    r"""One country ready for fitting.

    Firm i is infiltrated with probability :math:`\pi_i`. If it is, list k names it with
    probability :math:`c_{irk} e_{ik}`, where c is the share of infiltrations of lag class r
    that could be on the list by now; if it is not, with probability :math:`f_k`, the
    list's error; unexposed firms are never named. What all lists share without anyone seeing it,
    the lag and the firm's detectability, makes R Q states, over which the likelihood is summed.
    The model has M linear predictors: infiltration, K detections, K loadings on the detectability
    factor when there is one, and K log-odds of the share of wrong entries. Each has a design
    matrix and a slice of theta.

    Attributes
    ----------
    designs : tuple of M scipy.sparse.csr_array, shapes (n, q_m)
        Design of each linear predictor.
    slices : tuple of M slice
        Where the coefficients of each stand in theta.
    base, slope : numpy.ndarray, shape (n, K)
        The chance of what is seen on a list is ``base + slope * chance of being named``.
    ceiling : numpy.ndarray, shape (n, R, K)
        Upper end of the chance of being named, by class of lag; classes are equally likely.
    error_scale : numpy.ndarray, shape (K,)
        Entries per exposed firm, which turns a share of entries into a chance per firm.
    nodes, node_weights : numpy.ndarray, shape (Q,)
        Gauss-Hermite rule of the detectability factor; one node at 0 without the factor.
    weight : numpy.ndarray, shape (n,)
        How many firms each row stands for.
    centre, precision : numpy.ndarray, shape (P,)
        Normal prior on theta; 0 precision where the prior is a Beta.
    beta_prior : numpy.ndarray, shape (P, 2)
        Beta prior on the logistic of theta; zeros where the prior is normal.
    groups : dict of str to numpy.ndarray of int
        Positions in theta of the effects of areas, sections and efforts.
    """

    designs: tuple[sparse.csr_array, ...]
    slices: tuple[slice, ...]
    base: np.ndarray
    slope: np.ndarray
    ceiling: np.ndarray
    error_scale: np.ndarray
    nodes: np.ndarray
    node_weights: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    precision: np.ndarray
    beta_prior: np.ndarray
    groups: dict[str, np.ndarray]

    @property
    def has_factor(self) -> bool:
        """Whether the detectability factor is in the model."""
        return len(self.nodes) > 1

    @property
    def states(self) -> np.ndarray:
        """Detectability in each state of what is not seen, shape (Q R,); lags vary fastest."""
        return np.repeat(self.nodes, self.ceiling.shape[1])

    @property
    def state_weights(self) -> np.ndarray:
        """Chance of each state, shape (Q R,)."""
        lags = self.ceiling.shape[1]
        return np.repeat(self.node_weights / lags, lags)

    @property
    def list_count(self) -> int:
        """Number of lists."""
        return self.base.shape[1]


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


def build_model(data: DetectionData, priors: DetectionPriors) -> LatentModel:
    """Lay out designs, priors and observation terms of data whose X and Z are standardised."""
    n, count = data.listed.shape
    areas, sections = (
        _one_hot(data.area, len(data.areas)),
        _one_hot(data.section, len(data.sections)),
    )
    ones = sparse.csr_array(np.ones((n, 1)))
    signs = sparse.csr_array(data.X)
    designs = [sparse.hstack([ones, signs, areas, sections], format="csr")]
    normal = [
        (priors.infiltration_centre, priors.infiltration_sd, 1),
        (0.0, priors.sign_sd, signs.shape[1]),
        (0.0, priors.area_sd, areas.shape[1]),
        (0.0, priors.section_sd, sections.shape[1]),
    ]
    kinds = ["", "", "area", "section"]
    for reach in data.Z:
        designs.append(sparse.hstack([ones, sparse.csr_array(reach), areas], format="csr"))
        normal += [
            (priors.detection_centre, priors.detection_sd, 1),
            (0.0, priors.reach_sd, reach.shape[1]),
            (0.0, priors.effort_sd, areas.shape[1]),
        ]
        kinds += ["", "", "effort"]
    nodes, node_weights = np.zeros(1), np.ones(1)
    if priors.detectability is not None:
        nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES)
        node_weights = node_weights / node_weights.sum()
        designs += [ones] * count
        normal.append((*priors.detectability, count))
        kinds.append("")
    designs += [ones] * count
    error_centre, error_precision, beta_prior = _error_priors(priors)
    sizes = [width for _, _, width in normal]
    names = np.repeat(kinds, sizes)
    base, slope = _observation_terms(data)
    ends = np.cumsum([design.shape[1] for design in designs])
    return LatentModel(
        designs=tuple(designs),
        slices=tuple(
            slice(int(end - design.shape[1]), int(end))
            for end, design in zip(ends, designs, strict=True)
        ),
        base=base,
        slope=slope,
        ceiling=np.ones((n, 1, count)) if data.ceiling is None else data.ceiling,
        error_scale=_entries_per_exposed(data),
        nodes=nodes,
        node_weights=node_weights,
        weight=data.weight,
        centre=np.concatenate([np.repeat([c for c, _, _ in normal], sizes), error_centre]),
        precision=np.concatenate(
            [np.repeat([1 / sd**2 for _, sd, _ in normal], sizes), error_precision]
        ),
        beta_prior=np.vstack([np.zeros((sum(sizes), 2)), beta_prior]),
        groups={name: np.flatnonzero(names == name) for name in ("area", "section", "effort")},
    )


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
    for part, design, score in zip(model.slices, model.designs, terms.score.T, strict=True):
        gradient[part] -= design.T @ (model.weight * score)
    return value, gradient


def evaluate_information(model: LatentModel, theta: np.ndarray) -> np.ndarray:
    """Return minus the second derivative of the log posterior density, shape (P, P)."""
    size = len(theta)
    total = np.zeros((size, size))
    linear = _predict(model, theta)
    for rows in _chunks(model):
        terms = _evaluate_rows(model, theta, linear, rows, information=True)
        assert terms.information is not None
        designs = [design[rows] for design in model.designs]
        weighted = terms.information * model.weight[rows][:, None, None]
        for first, left in enumerate(designs):
            for second in range(first, len(designs)):
                scaled = sparse.diags_array(weighted[:, first, second]) @ designs[second]
                block = (left.T @ scaled).toarray()
                total[model.slices[first], model.slices[second]] += block
                if second > first:
                    total[model.slices[second], model.slices[first]] += block.T
    return total + np.diag(prior_precision(model, theta))


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
    by_cluster = _one_hot(codes, int(codes.max()) + 1).T @ scores
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


def _error_priors(priors: DetectionPriors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = np.array(priors.false_positives, dtype=float).reshape(-1, 2).T
    is_held = a < 0.5
    centre = logit(np.clip(a / (a + b), 1e-9, 1 - 1e-9))
    beta = np.column_stack([a, b]) * ~is_held[:, None]
    return centre, np.where(is_held, 1e6, 0.0), beta


def _observation_terms(data: DetectionData) -> tuple[np.ndarray, np.ndarray]:
    """Return base and slope of the chance of what is seen in the chance of being named.

    A doubtful entry is a mixture of being named and not being named, whose weights are the match
    probability over the share of exposed firms named, as Bayes' rule has it.
    """
    base = np.ones(data.listed.shape)
    slope = np.where(data.exposed, -1.0, 0.0)
    rate = np.clip(_entries_per_exposed(data), 1e-9, 0.5)
    for k in range(data.listed.shape[1]):
        named = data.listed[:, k] & data.exposed[:, k]
        match = data.match[named, k]
        doubt = (1 - match) / match * rate[k] / (1 - rate[k])
        base[named, k] = doubt
        slope[named, k] = 1 - doubt
    return base, slope


def _entries_per_exposed(data: DetectionData) -> np.ndarray:
    named = data.weight @ (data.match * (data.listed & data.exposed))
    return np.maximum(named, 0.5) / np.maximum(data.weight @ data.exposed, 1.0)


def _one_hot(codes: np.ndarray, width: int) -> sparse.csr_array:
    n = len(codes)
    return sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, width))


def _chunks(model: LatentModel) -> list[slice]:
    n = len(model.weight)
    return [slice(start, min(start + _CHUNK, n)) for start in range(0, n, _CHUNK)]
