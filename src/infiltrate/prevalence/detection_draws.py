"""Draw the number of infiltrated firms of every area and section from a fitted model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit, logit

from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_fit import DetectionFit
from infiltrate.prevalence.detection_likelihood import evaluate_firms
from infiltrate.prevalence.detection_model import LatentModel, build_model
from infiltrate.prevalence.posterior import CellDetection, Posterior

_BATCH = 10
_LEAST_CHANCE = 0.02
_ROWS = 50_000
_SMALLEST = 1e-12


def posterior_cells(fit: DetectionFit, rng: np.random.Generator, n_draws: int = 1000) -> Posterior:
    """Draw parameters from their normal approximation, then who is infiltrated.

    Returns
    -------
    Posterior
        One cell per area and section with firms, sorted; its status is "use" until
        `check_detection` has been asked.

    Notes
    -----
    What an area and section have together beyond the sum of both is drawn from one Newton step
    off the mode and has mean one on the scale of odds, so that it widens cells and leaves the
    country alone. Firms that stand for others are drawn as Poisson numbers, whose mean is held to
    what the mode says of all firms of the cell.
    """
    model, sample = fit.model, fit.sample
    cells, codes = list_cells(fit.data)
    cell = _place(sample, codes)
    theta = draw_theta(fit, rng, n_draws)
    members = sparse.csr_array(
        (sample.weight, (cell, np.arange(len(cell)))), shape=(len(cells), len(cell))
    )
    nudge_mean, nudge_var = _cell_nudges(fit, cell, len(cells))
    nudges = rng.normal(nudge_mean - nudge_var / 2, np.sqrt(nudge_var), (n_draws, len(cells)))
    draws, found = np.empty((n_draws, len(cells))), np.empty((n_draws, len(cells)))
    is_whole = bool((sample.weight == 1).all())
    ratio = np.ones(len(cells)) if is_whole else _sampling_ratio(fit, cell, codes)
    is_listed = sample.listed.any(axis=1)
    listed = np.flatnonzero(is_listed)
    as_unlisted = _as_unlisted(fit, listed)
    for start in range(0, n_draws, _BATCH):
        stop = min(start + _BATCH, n_draws)
        chance, if_infiltrated = _infiltration_chances(
            model, theta[start:stop], nudges[start:stop][:, cell]
        )
        on_none = if_infiltrated
        on_none[:, listed] = _pattern_chances(as_unlisted, theta[start:stop])[0]
        expected = members @ chance.T
        found[start:stop] = (1 - (members @ (chance * on_none).T) / expected).T
        one_by_one = chance if is_whole else np.where(is_listed, chance, 0.0)
        chosen = (rng.random(chance.shape) < one_by_one).astype(float)
        draws[start:stop] = (members @ chosen.T).T
        if not is_whole:
            others = (members @ np.where(is_listed, 0.0, chance).T).T
            draws[start:stop] += rng.poisson(others * ratio)
    draws = np.minimum(draws, cells["firms"].to_numpy())
    return Posterior(
        "joint_detection",
        "joint_detection",
        cells,
        draws,
        np.median(draws, axis=0),
        {},
        "use",
        detection=CellDetection(found, *_count_directly(fit, cell, len(cells))),
        fit=fit,
    )


def draw_firm_odds(fit: DetectionFit, rng: np.random.Generator, n_draws: int) -> np.ndarray:
    """Draw parameters, and say of every firm how likely it is then infiltrated given the lists.

    Returns
    -------
    numpy.ndarray of float32, shape (n_draws, n)
        Log-odds, in the order of ``fit.data``.
    """
    cells, codes = list_cells(fit.data)
    theta = draw_theta(fit, rng, n_draws)
    mean, variance = _cell_nudges(fit, _place(fit.sample, codes), len(cells))
    nudges = rng.normal(mean - variance / 2, np.sqrt(variance), (n_draws, len(cells)))
    cell = _place(fit.data, codes)
    odds = np.empty((n_draws, len(cell)), dtype=np.float32)
    for first in range(0, len(cell), _ROWS):
        rows = np.arange(first, min(first + _ROWS, len(cell)))
        part = build_model(fit.data.take(rows), fit.priors)
        model = replace(part, error_scale=fit.model.error_scale)
        for start in range(0, n_draws, _BATCH):
            draws = slice(start, min(start + _BATCH, n_draws))
            chance, _ = _infiltration_chances(model, theta[draws], nudges[draws][:, cell[rows]])
            odds[draws, rows] = logit(np.clip(chance, _SMALLEST, 1 - _SMALLEST))
    return odds


def list_cells(data: DetectionData) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the cells that have firms, sorted, and the codes of area and section of each.

    One row per cell: ``section``, ``area_id`` and ``firms``; codes are ``section * areas + area``.
    """
    width = len(data.areas)
    codes, at = np.unique(_cell_codes(data), return_inverse=True)
    cells = pd.DataFrame(
        {
            "section": np.array(data.sections, dtype=object)[codes // width],
            "area_id": np.array(data.areas, dtype=object)[codes % width],
            "firms": np.rint(np.bincount(at, weights=data.weight)).astype(np.int64),
        }
    ).sort_values(["section", "area_id"])
    return cells.reset_index(drop=True), codes[cells.index.to_numpy()]


def draw_theta(fit: DetectionFit, rng: np.random.Generator, n_draws: int) -> np.ndarray:
    """Draw from the normal approximation around the mode, shape (n_draws, P)."""
    values, vectors = np.linalg.eigh(fit.covariance)
    spread = vectors * np.sqrt(np.maximum(values, 0))
    return fit.theta + rng.normal(size=(n_draws, len(values))) @ spread.T


def _infiltration_chances(
    model: LatentModel, theta: np.ndarray, nudge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each firm's chance of infiltration given the lists, and of the lists if infiltrated.

    Both of shape (draws, n).
    """
    prevalence = expit((model.designs[0] @ theta[:, model.slices[0]].T).T + nudge)
    if_infiltrated, if_clean = _pattern_chances(model, theta)
    top = prevalence * if_infiltrated
    return top / np.maximum(top + (1 - prevalence) * if_clean, 1e-300), if_infiltrated


def _pattern_chances(model: LatentModel, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance of what is seen on the lists if infiltrated and if not, (draws, n)."""
    count = model.list_count
    loadings = theta[:, -2 * count : -count] if model.has_factor else np.zeros((len(theta), count))
    wrong = model.error_scale * expit(theta[:, -count:])
    if_clean = np.ones((len(theta), len(model.base)))
    lags = range(model.ceiling.shape[1])
    by_state = np.ones((len(model.nodes), len(lags), *if_clean.shape))
    for k in range(count):
        base, slope = model.base[:, k], model.slope[:, k]
        if_clean *= base + slope * wrong[:, [k]]
        linear = (model.designs[1 + k] @ theta[:, model.slices[1 + k]].T).T
        against = np.exp(-np.clip(linear, -40, 40))
        for q, node in enumerate(model.nodes):
            found = 1 / (1 + against * np.exp(-np.clip(node * loadings[:, [k]], -40, 40)))
            for r in lags:
                by_state[q, r] *= base + slope * model.ceiling[:, r, k] * found
    if_infiltrated = np.tensordot(
        model.state_weights, by_state.reshape(-1, *if_clean.shape), axes=1
    )
    return if_infiltrated, if_clean


def _as_unlisted(fit: DetectionFit, rows: np.ndarray) -> LatentModel:
    """Return the model of these firms as if no list named them."""
    model = fit.model
    return replace(
        model,
        designs=tuple(design[rows] for design in model.designs),
        base=np.ones((len(rows), model.list_count)),
        slope=np.where(fit.sample.exposed[rows], -1.0, 0.0),
        ceiling=model.ceiling[rows],
        weight=model.weight[rows],
    )


def _count_directly(
    fit: DetectionFit, cell: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count listed firms by inverse chance of being listed, by cell, with the variance of that."""
    listed = np.flatnonzero(fit.sample.listed.any(axis=1))
    infiltrated = evaluate_firms(fit.model, fit.theta).infiltrated[listed]
    on_any = 1 - _pattern_chances(_as_unlisted(fit, listed), fit.theta[None])[0][0]
    share = infiltrated / np.maximum(on_any, _LEAST_CHANCE)
    of_cluster = pd.Series(share).groupby([cell[listed], fit.sample.cluster[listed]]).sum()
    return (
        np.bincount(cell[listed], weights=share, minlength=count),
        np.bincount(
            of_cluster.index.get_level_values(0).to_numpy(),
            weights=of_cluster.to_numpy() ** 2,
            minlength=count,
        ),
    )


def _sampling_ratio(fit: DetectionFit, cell: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the expected unlisted infiltrated firms of each cell over what the sample says."""
    unlisted = ~fit.sample.listed.any(axis=1)
    expected = evaluate_firms(fit.model, fit.theta).infiltrated * fit.sample.weight * unlisted
    sampled = np.bincount(cell, weights=expected, minlength=len(codes))
    rows = np.flatnonzero(~fit.data.listed.any(axis=1))
    exact = np.zeros(len(codes))
    for start in range(0, len(rows), _ROWS):
        part = fit.data.take(rows[start : start + _ROWS])
        model = replace(build_model(part, fit.priors), error_scale=fit.model.error_scale)
        chance = evaluate_firms(model, fit.theta).infiltrated * part.weight
        exact += np.bincount(_place(part, codes), weights=chance, minlength=len(codes))
    return np.where(sampled > 0, exact / np.where(sampled > 0, sampled, 1.0), 1.0)


def _cell_codes(data: DetectionData) -> np.ndarray:
    return data.section.astype(np.int64) * len(data.areas) + data.area


def _place(data: DetectionData, codes: np.ndarray) -> np.ndarray:
    """Return the position of each firm's cell among `codes`, which are in order of names."""
    order = np.argsort(codes)
    return order[np.searchsorted(codes[order], _cell_codes(data))]


def _cell_nudges(fit: DetectionFit, cell: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of what each cell has beyond its area and section, by one step."""
    if fit.priors.cell_sd == 0:
        return np.zeros(count), np.zeros(count)
    terms = evaluate_firms(fit.model, fit.theta)
    weight = fit.sample.weight
    chance, after = terms.prevalence, terms.infiltrated
    pull = np.bincount(cell, weights=weight * (after - chance), minlength=count)
    held = np.bincount(
        cell, weights=weight * (chance * (1 - chance) - after * (1 - after)), minlength=count
    )
    precision = np.maximum(held, 0) + fit.priors.cell_sd**-2
    return pull / precision, 1 / precision
