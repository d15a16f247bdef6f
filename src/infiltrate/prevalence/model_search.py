"""Which pairs of lists depend on each other: searches over log-linear models."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from scipy import stats

from infiltrate.prevalence.poisson_models import ModelSpace, PoissonFits, fit_poisson_models

Criterion = Literal["aic", "bic"]

MOST_PAIRS_EXHAUSTIVE = 10
"""Five lists have ten pairs and 1,024 models; six would have 32,768."""

_STRICTLY = 1e-6
_STARTS = 10


@dataclass(frozen=True, eq=False)
class Selection:
    """The model chosen for each of B tables, and its fit.

    Attributes
    ----------
    models : numpy.ndarray of bool, shape (B, n_pairs)
        Interactions of the chosen models.
    fits : PoissonFits
        Their fits.
    """

    models: np.ndarray
    fits: PoissonFits


def information_criterion(
    fits: PoissonFits, counts: np.ndarray, criterion: Criterion
) -> np.ndarray:
    """Return AIC or BIC, shape (B,); infinite where the estimate does not exist.

    The sample size of BIC is the number of listed firms, as in Rcapture and SparseMSE.
    """
    penalty = np.log(np.maximum(counts.sum(axis=1), 2)) if criterion == "bic" else 2.0
    value = -2 * fits.log_likelihood + penalty * fits.n_parameters
    return np.where(fits.exists, value, np.inf)


def search_stepwise(space: ModelSpace, counts: np.ndarray, threshold: float = 0.02) -> Selection:
    """Add the most surprising interaction until none is below a p-value.

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (B, R)
        Tables, searched side by side.
    threshold : float
        One-sided p-value of the firms shared by a pair of lists, as Poisson with the mean that
        the model so far expects.

    Notes
    -----
    After Chan, Silverman and Vincent (2021), https://doi.org/10.1080/01621459.2019.1708748,
    section 3.2: an interaction whose model has no unique estimate is passed over.
    """
    models = np.zeros((len(counts), len(space.pairs)), dtype=bool)
    fits = fit_poisson_models(space, counts, models)
    pairs = space.design[:, space.n_fixed :]
    observed = counts @ pairs
    barred = np.zeros_like(models)
    running = np.arange(len(counts))
    while len(running):
        expected = fits.fitted[running] @ pairs
        surprise = np.minimum(
            stats.poisson.cdf(observed[running], expected),
            stats.poisson.sf(observed[running] - 1, expected),
        )
        surprise[models[running] | barred[running]] = 1.0
        best = surprise.argmin(axis=1) if surprise.shape[1] else np.zeros(len(running), int)
        goes_on = surprise[np.arange(len(running)), best] < threshold if surprise.size else best > 0
        running, best = running[goes_on], best[goes_on]
        candidates = models[running].copy()
        candidates[np.arange(len(running)), best] = True
        tried = fit_poisson_models(space, counts[running], candidates)
        taken = tried.exists
        models[running[taken]] = candidates[taken]
        fits = replace_fits(fits, running[taken], tried, taken)
        barred[running[taken]] = False
        barred[running[~taken], best[~taken]] = True
    return Selection(models, fits)


def search_downhill(
    space: ModelSpace,
    counts: np.ndarray,
    criterion: Criterion,
    drops: bool = False,
    only_shared: bool = False,
) -> Selection:
    """Take the step that lowers AIC or BIC most until none does, from main effects on.

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (B, R)
        Tables, searched side by side.
    criterion : str
        "aic" or "bic".
    drops : bool
        Whether a step may also take an interaction out (Silverman, Chan and Vincent 2024,
        https://doi.org/10.1007/s11222-023-10346-9, section 5.2).
    only_shared : bool
        Leave out interactions of lists that share nobody, which would be minus infinity.
    """
    n_pairs = len(space.pairs)
    barred = (counts @ space.design[:, space.n_fixed :] <= 0) & only_shared
    models = np.zeros((len(counts), n_pairs), dtype=bool)
    fits = fit_poisson_models(space, counts, models)
    value = information_criterion(fits, counts, criterion)
    running = np.arange(len(counts))
    while len(running) and n_pairs:
        steps = np.repeat(models[running], n_pairs, axis=0) ^ np.tile(
            np.eye(n_pairs, dtype=bool), (len(running), 1)
        )
        tables = np.repeat(counts[running], n_pairs, axis=0)
        tried = fit_poisson_models(space, tables, steps)
        values = information_criterion(tried, tables, criterion).reshape(-1, n_pairs)
        closed = barred[running] if drops else barred[running] | models[running]
        values = np.where(closed, np.inf, values)
        best = values.argmin(axis=1)
        lowest = values[np.arange(len(running)), best]
        lower = lowest < np.where(np.isfinite(value[running]), value[running] - _STRICTLY, np.inf)
        at = (np.arange(len(running)) * n_pairs + best)[lower]
        running = running[lower]
        models[running], value[running] = steps[at], lowest[lower]
        fits = replace_fits(fits, running, tried, at)
    return Selection(models, fits)


def list_candidates(
    space: ModelSpace, counts: np.ndarray, criterion: Criterion, number: int
) -> np.ndarray:
    """Return the best models of one table, best first, shape (at most ``number``, n_pairs).

    With at most five lists every set of interactions is fitted; with more, those met on a walk
    that looks at all neighbours of the best models so far until none of them improves the best.
    """
    if len(space.pairs) <= MOST_PAIRS_EXHAUSTIVE:
        return rank_models(space, counts, list_all_models(space), criterion)[0][:number]
    best = search_downhill(space, counts[np.newaxis], criterion, drops=True).models
    steps = np.eye(len(space.pairs), dtype=bool)
    while True:
        nearby = (best[:_STARTS, np.newaxis] ^ steps).reshape(-1, len(space.pairs))
        seen = np.unique(np.concatenate([best, nearby]), axis=0)
        ranked = rank_models(space, counts, seen, criterion)[0][:number]
        if len(ranked) == len(best) and np.array_equal(ranked[:_STARTS], best[:_STARTS]):
            return ranked
        best = ranked


def choose_models(
    space: ModelSpace, counts: np.ndarray, candidates: np.ndarray, criterion: Criterion
) -> Selection:
    """Choose the best of M candidate models for each of B tables.

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (B, R)
        Tables.
    candidates : numpy.ndarray of bool, shape (M, n_pairs)
        Models to choose among, for example the best of the observed table (Silverman, Chan and
        Vincent 2024, https://doi.org/10.1007/s11222-023-10346-9, section 4).
    criterion : str
        "aic" or "bic".
    """
    chosen: Selection | None = None
    lowest = np.full(len(counts), np.inf)
    for candidate in candidates:
        models = np.broadcast_to(candidate, (len(counts), len(candidate)))
        fits = fit_poisson_models(space, counts, models)
        value = information_criterion(fits, counts, criterion)
        if chosen is None:
            chosen, lowest = Selection(models.copy(), fits), value
            continue
        better = np.flatnonzero(value < lowest - _STRICTLY)
        chosen.models[better], lowest[better] = models[better], value[better]
        chosen = Selection(chosen.models, replace_fits(chosen.fits, better, fits, better))
    if chosen is None:
        raise ValueError("there must be a candidate")
    return chosen


def list_all_models(space: ModelSpace) -> np.ndarray:
    """Return every set of interactions, shape (2^n_pairs, n_pairs)."""
    return np.array(list(product([False, True], repeat=len(space.pairs))), dtype=bool)


def rank_models(
    space: ModelSpace, counts: np.ndarray, models: np.ndarray, criterion: Criterion
) -> tuple[np.ndarray, PoissonFits, np.ndarray]:
    """Fit many models to one table; return them from best to worst, with fits and criterion.

    Models without a unique estimate are left out.
    """
    tables = np.broadcast_to(counts, (len(models), len(counts)))
    fits = fit_poisson_models(space, tables, models)
    value = information_criterion(fits, tables, criterion)
    order = np.argsort(value, kind="stable")
    order = order[np.isfinite(value[order])]
    return models[order], take_fits(fits, order), value[order]


def take_fits(fits: PoissonFits, rows: np.ndarray) -> PoissonFits:
    """Return some of the fits."""
    return PoissonFits(*(getattr(fits, name)[rows] for name in PoissonFits.__dataclass_fields__))


def replace_fits(
    fits: PoissonFits, rows: np.ndarray, others: PoissonFits, other_rows: np.ndarray
) -> PoissonFits:
    """Return the fits with those at ``rows`` taken from others."""
    fields = []
    for name in PoissonFits.__dataclass_fields__:
        values = getattr(fits, name).copy()
        values[rows] = getattr(others, name)[other_rows]
        fields.append(values)
    return PoissonFits(*fields)
