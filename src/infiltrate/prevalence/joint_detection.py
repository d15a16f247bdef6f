"""The joint latent detection model from data to draws: refuse, fit, check, draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from infiltrate.prevalence.detection_checks import check_detection
from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors
from infiltrate.prevalence.detection_draws import list_cells, posterior_cells
from infiltrate.prevalence.detection_fit import DetectionFit, fit_detection_model
from infiltrate.prevalence.detection_lists import refuse_detection
from infiltrate.prevalence.detection_null import compare_signs, weigh_no_infiltration
from infiltrate.prevalence.posterior import Posterior

NONE_BEYOND_ERRORS = "The lists are compatible with no infiltration beyond their own errors"
"""Opening of the reason given when every entry may be wrong."""

_CLEARLY_NONE = 3.0
_ALIKE = 0.2


def estimate_joint_detection(
    data: DetectionData,
    priors: DetectionPriors,
    rng: np.random.Generator,
    n_draws: int = 1000,
    *,
    with_checks: bool = True,
) -> Posterior:
    """Estimate infiltrated firms by area and section, or say why that cannot be done.

    Parameters
    ----------
    data : DetectionData
        All firms of the country; lists that all mean organised crime.
    priors : DetectionPriors
        What is believed before the lists are seen.
    rng : numpy.random.Generator
        Used in turn by sample, draws and checks.
    n_draws : int
        Draws of the posterior.
    with_checks : bool
        Whether to refit under other priors and without each list; without, nothing but the lists
        themselves can make the status worse than "use".

    Returns
    -------
    Posterior
        Of the family ``joint_detection``. When entries speak for errors alone, and listed firms
        look like any others, its draws are what
        lists that found nobody may have missed, mixed with those of the model by their posterior
        odds (even ones beforehand).

    Raises
    ------
    CheckFailed
        When arrays do not fit together or hold missing values.
    """
    refusals = refuse_detection(data)
    if len(data.lists) < 2 or not data.listed.any() or _names_most_firms(data):
        return _reject(data, refusals, {})
    fit = fit_detection_model(data, priors, rng)
    log_odds = weigh_no_infiltration(fit)
    if log_odds > _CLEARLY_NONE and compare_signs(data, rng) > _ALIKE:
        return _mix_with_none(fit, log_odds, rng, n_draws)
    if refusals:
        return _reject(data, refusals, {"log_odds_of_none": log_odds})
    posterior = posterior_cells(fit, rng, n_draws)
    if not with_checks:
        return replace(posterior, diagnostics={"log_odds_of_none": log_odds})
    checks = check_detection(fit, rng)
    diagnostics = {"log_odds_of_none": log_odds, **checks.diagnostics}
    if checks.status == "reject":
        return _reject(data, checks.reasons, diagnostics)
    return replace(posterior, diagnostics=diagnostics, status=checks.status, reasons=checks.reasons)


def _names_most_firms(data: DetectionData) -> bool:
    return bool((data.weight @ data.listed).max() > data.weight.sum() / 2)


def _reject(
    data: DetectionData, reasons: tuple[str, ...], diagnostics: dict[str, float]
) -> Posterior:
    cells, _ = list_cells(data)
    return Posterior(
        "joint_detection",
        "joint_detection",
        cells,
        np.empty((0, len(cells))),
        np.full(len(cells), np.nan),
        diagnostics,
        "reject",
        reasons,
    )


def _mix_with_none(
    fit: DetectionFit, log_odds: float, rng: np.random.Generator, n_draws: int
) -> Posterior:
    posterior = posterior_cells(fit, rng, n_draws)
    only_errors = rng.random(n_draws) < 1 / (1 + np.exp(-log_odds))
    draws = np.where(only_errors[:, None], _draw_unseen(fit, rng, n_draws), posterior.draws)
    return replace(
        posterior,
        draws=draws,
        point=np.median(draws, axis=0),
        fit=None,
        diagnostics={"log_odds_of_none": log_odds},
        status="caution",
        reasons=(
            f"{NONE_BEYOND_ERRORS}: the firms they name look like any others and the lists hardly "
            "name the same ones. Infiltration of a kind that neither signs nor lists can see is "
            "not excluded.",
        ),
    )


def _draw_unseen(fit: DetectionFit, rng: np.random.Generator, n_draws: int) -> np.ndarray:
    """Draw how many infiltrated firms the lists may have missed if they found none at all.

    Every number is as likely beforehand, so that it follows an exponential law given the chance of
    being on any list, which is drawn from its prior; shape (n_draws, n_cells).
    """
    priors, sample = fit.priors, fit.sample
    reach = sample.weight @ sample.exposed / sample.weight.sum()
    chance = expit(rng.normal(priors.detection_centre, priors.detection_sd, (n_draws, len(reach))))
    on_any = 1 - np.prod(1 - chance * reach, axis=1)
    firms = list_cells(fit.data)[0]["firms"].to_numpy(dtype=float)
    missed = rng.exponential(1 / on_any)[:, None] * firms / firms.sum()
    return np.minimum(rng.poisson(missed), firms)
