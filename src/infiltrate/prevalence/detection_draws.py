"""Draw the number of infiltrated firms of every area and section from a fitted model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit

from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_fit import DetectionFit
from infiltrate.prevalence.detection_model import LatentModel, build_model, evaluate_firms
from infiltrate.prevalence.posterior import Posterior

_BATCH = 10
_ROWS = 50_000


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
    draws = np.empty((n_draws, len(cells)))
    is_whole = bool((sample.weight == 1).all())
    ratio = np.ones(len(cells)) if is_whole else _sampling_ratio(fit, cell, codes)
    listed = sample.listed.any(axis=1)
    for start in range(0, n_draws, _BATCH):
        stop = min(start + _BATCH, n_draws)
        chance = infiltration_chances(model, theta[start:stop], nudges[start:stop][:, cell])
        one_by_one = chance if is_whole else np.where(listed, chance, 0.0)
        chosen = (rng.random(chance.shape) < one_by_one).astype(float)
        draws[start:stop] = (members @ chosen.T).T
        if not is_whole:
            others = (members @ np.where(listed, 0.0, chance).T).T
            draws[start:stop] += rng.poisson(others * ratio)
    draws = np.minimum(draws, cells["firms"].to_numpy())
    return Posterior(
        "joint_detection", "joint_detection", cells, draws, np.median(draws, axis=0), {}, "use"
    )


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


def infiltration_chances(
    model: LatentModel, theta: np.ndarray, nudge: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return each firm's chance of infiltration given the lists, shape (draws, n)."""
    count = model.list_count

    def predict(part: int) -> np.ndarray:
        return (model.designs[part] @ theta[:, model.slices[part]].T).T

    prevalence = expit(predict(0) + nudge)
    loadings = theta[:, -2 * count : -count] if model.has_factor else np.zeros((len(theta), count))
    wrong = model.error_scale * expit(theta[:, -count:])
    if_clean = np.ones_like(prevalence)
    by_node = np.ones((len(model.nodes), *prevalence.shape))
    for k in range(count):
        base, slope = model.base[:, k], model.slope[:, k]
        if_clean *= base + slope * wrong[:, [k]]
        against = np.exp(-np.clip(predict(1 + k), -40, 40))
        capped = slope * model.ceiling[:, k]
        for q, node in enumerate(model.nodes):
            by_node[q] *= base + capped / (
                1 + against * np.exp(-np.clip(node * loadings[:, [k]], -40, 40))
            )
    if_infiltrated = np.tensordot(model.node_weights, by_node, axes=1)
    top = prevalence * if_infiltrated
    return top / np.maximum(top + (1 - prevalence) * if_clean, 1e-300)


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
