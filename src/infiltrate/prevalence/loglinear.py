"""Log-linear multiple-systems estimation, with the choice of the model in the interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.capture_patterns import CapturePatterns, count_patterns
from infiltrate.prevalence.false_entries import (
    WrongEntries,
    draw_shares,
    expected_shares,
    read_wrong_entries,
    remove_wrong_entries,
)
from infiltrate.prevalence.list_screening import screen_lists
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.model_search import (
    choose_models,
    list_candidates,
    search_stepwise,
)
from infiltrate.prevalence.national_posterior import national_posterior, reject_estimator
from infiltrate.prevalence.poisson_models import (
    ModelSpace,
    build_model_space,
    fit_poisson_models,
)
from infiltrate.prevalence.posterior import Posterior

MOST_MODELS = 60
"""The bootstrap chooses again among the best 60 of the data (Silverman, Chan, Vincent 2024)."""

STEPWISE_THRESHOLD = 0.02
DISAGREEMENT = 1.5
"""Ratio of estimates beyond which the choice of the model is itself a finding."""

_NAME = "loglinear_bic"
_CHOICES = ("main_effects", "stepwise", "aic", "bic")
_WORDS = {"stepwise": "stepwise choice", "bic": "the Bayesian information criterion"}
_ENDLESS = 1e15
_NO_ESTIMATE = (
    "Even the model of independent lists has no maximum-likelihood estimate: the overlaps there "
    "are do not pin down the number of unlisted firms."
)


@dataclass(frozen=True)
class ModelEstimate:
    """What one model, or one way to choose it, says of the total.

    Attributes
    ----------
    choice : str
        "stepwise", "aic" or "bic".
    model : str
        Its terms in words.
    total : float
        Firms, listed ones included; missing when there is no unique estimate.
    low, high : float
        Wald interval on the logarithm of the number of unlisted firms, given the model.
    """

    choice: str
    model: str
    total: float
    low: float
    high: float


def estimate_loglinear(data: ListsData, rng: np.random.Generator, draws: int = 1000) -> Posterior:
    """Estimate the number of infiltrated firms of a study from the overlaps of its lists.

    Parameters
    ----------
    data : ListsData
        Lists that mean the same thing; ``data.organised_crime`` for a study.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap tables.
    """
    firms = data.denominator.firms
    try:
        table = count_patterns(data.listed, data.exposed, data.list_ids, data.match)
    except NotEnoughData as error:
        return reject_estimator(_NAME, "loglinear", firms, [str(error)])
    return loglinear_from_patterns(table, firms, rng, read_wrong_entries(data), draws)


def loglinear_from_patterns(
    table: CapturePatterns,
    firms: int,
    rng: np.random.Generator,
    wrong: WrongEntries | None = None,
    draws: int = 1000,
) -> Posterior:
    """Estimate the number of firms behind a table of patterns.

    Each draw takes a share of wrong entries from its prior, resamples the counts as Poisson,
    chooses the model of least BIC anew among the best of the data, and adds Poisson noise to the
    number of unlisted firms. A draw without a unique estimate counts as the whole universe. When
    stepwise choice and BIC differ by more than a factor of `DISAGREEMENT`, every other draw
    chooses stepwise, so that the interval spans both. AIC is reported but makes no draws: in
    sparse tables it takes interactions up from noise.

    Parameters
    ----------
    table : CapturePatterns
        Counts by combination of lists and exposure group.
    firms : int
        Firms of the universe, the most there can be; 0 when unknown.
    rng : numpy.random.Generator
        Source of the bootstrap.
    wrong : mapping, optional
        Priors on wrong entries by list.
    draws : int
        Bootstrap tables.
    """
    wrong = wrong or {}
    screening = screen_lists(table)
    table = screening.table
    diagnostics: dict[str, float | str] = {
        "lists": float(len(table.lists)),
        "observed": table.observed,
        "least_pair_overlap": screening.least_pair,
        "firms_on_two_lists": screening.shared,
    }

    def reject(*reasons: str) -> Posterior:
        return reject_estimator(
            _NAME,
            "loglinear",
            firms,
            reasons,
            cautions=screening.cautions,
            diagnostics=diagnostics,
        )

    if screening.rejections:
        return reject(*screening.rejections)
    space = build_model_space(table)
    clean = remove_wrong_entries(table, expected_shares(table, wrong))[0]
    estimates = compare_choices(space, clean)
    if np.isnan(estimates[0].total):
        return reject(_NO_ESTIMATE)
    for estimate in estimates:
        diagnostics[f"model_{estimate.choice}"] = estimate.model
        diagnostics[f"total_{estimate.choice}"] = estimate.total + table.unexplained
    disagreement = _describe_disagreement(estimates)
    removed = remove_wrong_entries(table, draw_shares(table, wrong, draws, rng))
    unlisted = _choose_again(space, clean, rng.poisson(removed).astype(float), bool(disagreement))
    diagnostics["share_of_draws_without_estimate"] = float(np.mean(np.isnan(unlisted)))
    known = removed.sum(axis=1) + table.unexplained
    return national_posterior(
        _NAME,
        "loglinear",
        firms,
        known + add_poisson_noise(unlisted, rng),
        np.nan,
        diagnostics=diagnostics,
        cautions=[*disagreement, *screening.cautions],
    )


def compare_choices(
    space: ModelSpace, counts: np.ndarray, interval: float = 0.95
) -> tuple[ModelEstimate, ...]:
    """Estimate one table with no interaction and with each way of choosing them.

    Parameters
    ----------
    space : ModelSpace
        The parameters there are.
    counts : numpy.ndarray, shape (R,)
        The table.
    interval : float
        Coverage of the Wald interval, which takes the model as given.

    Returns
    -------
    tuple of ModelEstimate
        Of "main_effects", "stepwise", "aic" and "bic".
    """
    one = counts[np.newaxis]
    models = [
        np.zeros((1, len(space.pairs)), dtype=bool),
        search_stepwise(space, one, STEPWISE_THRESHOLD).models,
        list_candidates(space, counts, "aic", 1),
        list_candidates(space, counts, "bic", 1),
    ]
    return tuple(
        describe_model(space, counts, model[0], choice, interval)
        for choice, model in zip(_CHOICES, models, strict=True)
        if len(model)
    )


def describe_model(
    space: ModelSpace, counts: np.ndarray, model: np.ndarray, choice: str, interval: float = 0.95
) -> ModelEstimate:
    """Fit one model, shape (n_pairs,), to one table, shape (R,)."""
    fits = fit_poisson_models(space, counts[np.newaxis], model[np.newaxis])
    width = stats.norm.ppf((1 + interval) / 2) * fits.log_sd[0]
    low, total, high = counts.sum() + fits.dark[0] * np.exp([-width, 0.0, width])
    return ModelEstimate(choice, space.name(model), float(total), float(low), float(high))


def add_poisson_noise(unlisted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw numbers of unlisted firms around their expectations; infinite where there is none."""
    usable = np.isfinite(unlisted) & (unlisted < _ENDLESS)
    return np.where(usable, rng.poisson(np.where(usable, unlisted, 0.0)), np.inf)


def _choose_again(
    space: ModelSpace, counts: np.ndarray, tables: np.ndarray, is_shared_out: bool
) -> np.ndarray:
    """Return the unlisted of every table: by BIC, or every other one by stepwise choice."""
    stepwise = (np.arange(len(tables)) % 2 == 1) & is_shared_out
    best = list_candidates(space, counts, "bic", MOST_MODELS)
    unlisted = np.empty(len(tables))
    unlisted[~stepwise] = choose_models(space, tables[~stepwise], best, "bic").fits.dark
    unlisted[stepwise] = search_stepwise(space, tables[stepwise], STEPWISE_THRESHOLD).fits.dark
    return unlisted


def _describe_disagreement(estimates: tuple[ModelEstimate, ...]) -> list[str]:
    totals = {e.choice: e.total for e in estimates if e.choice in _WORDS}
    (least, low), (most, high) = sorted(totals.items(), key=lambda item: item[1])
    if not high > DISAGREEMENT * low:
        return []
    return [
        f"The choice of the model changes the answer by a factor of {high / low:.1f}: {low:,.0f} "
        f"firms by {_WORDS[least]}, {high:,.0f} by {_WORDS[most]}. The interval spans both."
    ]
