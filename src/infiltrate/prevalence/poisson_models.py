"""Poisson log-linear models of capture patterns: many tables and models fitted side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import xlogy

from infiltrate.prevalence.capture_patterns import CapturePatterns

_ROUNDS = 60
_MOST_NUMBERS = 4_000_000
_SETTLED = 1e-9
_LEAST_INFORMATION = 1e-5
"""Along a direction in which the likelihood climbs for ever, or is flat, information vanishes."""


@dataclass(frozen=True, eq=False)
class ModelSpace:
    """The parameters that models of one table of patterns can have.

    Attributes
    ----------
    table : CapturePatterns
        The patterns; its counts are not used.
    pairs : tuple of (int, int)
        Pairs of lists, in the order of their parameters.
    design : numpy.ndarray, shape (R, P)
        Columns: one intercept per exposure group, one main effect per list, one interaction per
        pair of lists.
    """

    table: CapturePatterns
    pairs: tuple[tuple[int, int], ...]
    design: np.ndarray

    @property
    def n_fixed(self) -> int:
        """Parameters that every model has: intercepts and main effects."""
        return self.design.shape[1] - len(self.pairs)

    @property
    def n_groups(self) -> int:
        """Exposure groups, each with its own number of unlisted."""
        return len(self.table.exposure)

    def name(self, pairs: np.ndarray) -> str:
        """Write a model, given as a mask over the pairs, in words."""
        lists = self.table.lists
        chosen = [
            f"{lists[j]}:{lists[k]}" for (j, k), on in zip(self.pairs, pairs, strict=True) if on
        ]
        return " + ".join(["main effects", *chosen])

    def mask(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return the mask over the pairs that a list of pairs of names stands for."""
        wanted = {frozenset(pair) for pair in pairs}
        lists = self.table.lists
        return np.array([frozenset((lists[j], lists[k])) in wanted for j, k in self.pairs], bool)


@dataclass(frozen=True, eq=False)
class PoissonFits:
    """B fitted models, each of its own table.

    Attributes
    ----------
    dark : numpy.ndarray, shape (B,)
        Estimated number of firms on no list; missing where ``exists`` is false.
    log_sd : numpy.ndarray, shape (B,)
        Standard error of its logarithm.
    log_likelihood : numpy.ndarray, shape (B,)
        Poisson log-likelihood without the factorials of the counts.
    n_parameters : numpy.ndarray of int, shape (B,)
        Parameters at minus infinity count too.
    fitted : numpy.ndarray, shape (B, R)
        Expected counts; 0 where a parameter is minus infinity.
    exists : numpy.ndarray of bool, shape (B,)
        Whether the extended maximum-likelihood estimate exists and is unique.
    """

    dark: np.ndarray
    log_sd: np.ndarray
    log_likelihood: np.ndarray
    n_parameters: np.ndarray
    fitted: np.ndarray
    exists: np.ndarray


def build_model_space(table: CapturePatterns) -> ModelSpace:
    """Lay out intercepts, main effects and pair interactions for a table of patterns."""
    patterns = table.patterns.astype(float)
    groups = (table.group[:, np.newaxis] == np.arange(len(table.exposure))).astype(float)
    pairs = tuple(combinations(range(len(table.lists)), 2))
    interactions = [patterns[:, [j]] * patterns[:, [k]] for j, k in pairs]
    return ModelSpace(table, pairs, np.hstack([groups, patterns, *interactions]))


def fit_poisson_models(space: ModelSpace, counts: np.ndarray, models: np.ndarray) -> PoissonFits:
    r"""Fit log-linear models by maximum likelihood, B of them at once.

    .. math:: \log \mu_{g\omega} = \alpha_g + \sum_{k \in \omega} \alpha_k
        + \sum_{\{j,k\} \subseteq \omega} \alpha_{jk}

    for firms of exposure group g with lists :math:`\omega`; the unlisted of a group number
    :math:`e^{\alpha_g}`.

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (B, R)
        One table per row; fractions are allowed.
    models : numpy.ndarray of bool, shape (B, n_pairs)
        Which interactions the model of each row has.

    Returns
    -------
    PoissonFits
        An interaction of two lists that share nobody is minus infinity, and rows with both lists
        leave the fit, after Chan, Silverman and Vincent (2021),
        https://doi.org/10.1080/01621459.2019.1708748. The estimate exists and is unique where
        Newton's method ends at a point with information in every direction; `check_existence`
        decides the same by linear programming, slowly and exactly.
    """
    counts = np.asarray(counts, dtype=float)
    used = models.any(axis=0)
    kept = np.concatenate([np.ones(space.n_fixed, dtype=bool), used])
    X = space.design[:, kept]
    block = max(1, _MOST_NUMBERS // X.shape[1] ** 2)
    parts = [
        _fit_block(space, X, counts[at : at + block], models[at : at + block][:, used])
        for at in range(0, max(len(counts), 1), block)
    ]
    if len(parts) == 1:
        return parts[0]
    return PoissonFits(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in PoissonFits.__dataclass_fields__
        )
    )


def _fit_block(
    space: ModelSpace, X: np.ndarray, counts: np.ndarray, models: np.ndarray
) -> PoissonFits:
    """Fit models whose interactions all have a column in X."""
    fixed = space.n_fixed
    products = (X[:, :, np.newaxis] * X[:, np.newaxis, :]).reshape(len(X), -1)
    empty_pairs = models & (counts @ X[:, fixed:] <= 0)
    kept_rows = ~((empty_pairs @ X[:, fixed:].T) > 0)
    groups_seen = counts @ X[:, : space.n_groups] > 0
    kept_rows &= (groups_seen @ X[:, : space.n_groups].T) > 0
    lists_seen = counts @ X[:, space.n_groups : fixed] > 0
    kept_rows &= ~((~lists_seen @ X[:, space.n_groups : fixed].T) > 0)
    active = np.hstack([groups_seen, lists_seen, models & ~empty_pairs])
    beta, fitted, settled = _newton(X, products, counts, kept_rows, active)
    information = _information(products, fitted, active)
    weakest = np.linalg.eigvalsh(information)[:, 0]
    exists = settled & (weakest > _LEAST_INFORMATION) & (counts.sum(axis=1) > 0)
    unlisted = np.where(groups_seen, np.exp(np.minimum(beta[:, : space.n_groups], 700)), 0.0)
    dark = unlisted.sum(axis=1)
    gradient = np.zeros_like(beta)
    with np.errstate(invalid="ignore", divide="ignore"):
        gradient[:, : space.n_groups] = unlisted / dark[:, np.newaxis]
    information[~exists] = np.eye(X.shape[1])
    variance = np.einsum(
        "bp,bp->b", gradient, np.linalg.solve(information, gradient[:, :, np.newaxis])[:, :, 0]
    )
    return PoissonFits(
        dark=np.where(exists, dark, np.nan),
        log_sd=np.where(exists, np.sqrt(np.maximum(variance, 0)), np.nan),
        log_likelihood=(xlogy(counts, fitted) - fitted).sum(axis=1),
        n_parameters=fixed + models.sum(axis=1),
        fitted=fitted,
        exists=exists,
    )


def _newton(
    X: np.ndarray,
    products: np.ndarray,
    counts: np.ndarray,
    kept_rows: np.ndarray,
    active: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Climb the concave likelihood of each row, halving steps that would go down."""
    fitted = np.where(kept_rows, counts + 0.1, 0.0)
    start = np.log(np.maximum(fitted, 1e-300))
    working = np.where(kept_rows, start + (counts - fitted) / np.maximum(fitted, 1e-300), 0.0)
    beta = _solve(_information(products, fitted, active), ((fitted * working) @ X) * active)
    fitted, value = _evaluate(X, beta, counts, kept_rows)
    settled = np.zeros(len(counts), dtype=bool)
    running = np.arange(len(counts))
    for _ in range(_ROUNDS):
        score = ((counts[running] - fitted[running]) @ X) * active[running]
        step = _solve(_information(products, fitted[running], active[running]), score)
        gain = (step * score).sum(axis=1)
        length = np.ones(len(running))
        for _ in range(12):
            candidate = beta[running] + length[:, np.newaxis] * step
            new_fitted, new_value = _evaluate(X, candidate, counts[running], kept_rows[running])
            worse = ~(new_value >= value[running] - 1e-10 * (1 + np.abs(value[running])))
            if not worse.any():
                break
            length[worse] /= 2
        beta[running], fitted[running], value[running] = candidate, new_fitted, new_value
        done = np.abs(gain) < _SETTLED
        settled[running[done]] = True
        running = running[~done]
        if not len(running):
            break
    return beta, fitted, settled


def _evaluate(
    X: np.ndarray, beta: np.ndarray, counts: np.ndarray, kept_rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    linear = np.clip(beta @ X.T, -700, 100)
    fitted = np.where(kept_rows, np.exp(linear), 0.0)
    return fitted, np.where(kept_rows, counts * linear - fitted, 0.0).sum(axis=1)


def _information(products: np.ndarray, fitted: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Fisher information, with 1 on the diagonal for parameters that are not in the model."""
    P = active.shape[1]
    information = (fitted @ products).reshape(len(fitted), P, P)
    information *= active[:, :, np.newaxis] & active[:, np.newaxis, :]
    diagonal = np.arange(P)
    information[:, diagonal, diagonal] += ~active
    return information


def _solve(information: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve each system; a breath of ridge keeps directions without information in place."""
    P = information.shape[1]
    diagonal = np.arange(P)
    scale = np.einsum("bpp->b", information)[:, np.newaxis] / P
    damped = information.copy()
    damped[:, diagonal, diagonal] += 1e-12 * scale
    return np.linalg.solve(damped, right[:, :, np.newaxis])[:, :, 0]
