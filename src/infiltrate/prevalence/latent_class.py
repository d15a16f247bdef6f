"""Latent classes of firms, some easier to list than others: a comparator without covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

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
from infiltrate.prevalence.loglinear import add_poisson_noise
from infiltrate.prevalence.national_posterior import national_posterior, reject_estimator
from infiltrate.prevalence.posterior import Posterior

MOST_CLASSES = 4

_NAME = "latent_class"
_STARTS = 4
_ROUNDS = 2000
_SETTLED = 1e-7
_PRIOR = 0.5


@dataclass(frozen=True, eq=False)
class ClassFits:
    """B fits of a latent-class model, each of its own table.

    Attributes
    ----------
    unlisted : numpy.ndarray, shape (B,)
        Expected firms on no list.
    shares : numpy.ndarray, shape (B, C)
        Share of all infiltrated firms in each class.
    detection : numpy.ndarray, shape (B, C, K)
        Probability that a list names a firm of the class that it could name.
    bic : numpy.ndarray, shape (B,)
        Bayesian information criterion of the listed firms.
    """

    unlisted: np.ndarray
    shares: np.ndarray
    detection: np.ndarray
    bic: np.ndarray


def estimate_latent_class(data: ListsData, rng: np.random.Generator, draws: int = 200) -> Posterior:
    """Estimate the number of infiltrated firms of a study with latent classes of firms.

    Parameters
    ----------
    data : ListsData
        Lists that mean the same thing; ``data.organised_crime`` for a study.
    rng : numpy.random.Generator
        Source of starting values and bootstrap.
    draws : int
        Bootstrap tables.
    """
    firms = data.denominator.firms
    try:
        table = count_patterns(data.listed, data.exposed, data.list_ids, data.match)
    except NotEnoughData as error:
        return reject_estimator(_NAME, "latent_class", firms, [str(error)])
    return latent_class_from_patterns(table, firms, rng, read_wrong_entries(data), draws)


def latent_class_from_patterns(
    table: CapturePatterns,
    firms: int,
    rng: np.random.Generator,
    wrong: WrongEntries | None = None,
    draws: int = 200,
) -> Posterior:
    """Estimate the number of firms behind a table of patterns.

    Lists are independent within each of up to four classes; BIC chooses how many, among those
    whose parameters are fewer than the patterns. Different numbers of classes, and classes that
    are hardly ever listed, can fit equally well with very different totals (Link 2003,
    https://doi.org/10.1111/j.0006-341X.2003.00129.x), so this is a comparator.
    """
    wrong = wrong or {}
    screening = screen_lists(table)
    table = screening.table
    most = _most_classes(table)
    rejections = list(screening.rejections)
    if not rejections and most < 2:
        rejections.append(
            "Two classes have more parameters than three lists have patterns: they cannot be "
            "told apart."
        )
    if rejections:
        return reject_estimator(
            _NAME, "latent_class", firms, rejections, cautions=screening.cautions
        )
    clean = remove_wrong_entries(table, expected_shares(table, wrong))
    fits = {number: fit_classes(table, clean, number, rng) for number in range(1, most + 1)}
    number = min(fits, key=lambda c: float(fits[c].bic[0]))
    removed = remove_wrong_entries(table, draw_shares(table, wrong, draws, rng))
    tables = rng.poisson(removed).astype(float)
    unlisted = fit_classes(table, tables, number, rng, around=fits[number]).unlisted
    return national_posterior(
        _NAME,
        "latent_class",
        firms,
        removed.sum(axis=1) + table.unexplained + add_poisson_noise(unlisted, rng),
        float(clean.sum() + table.unexplained + fits[number].unlisted[0]),
        diagnostics={"classes": float(number), "bic": float(fits[number].bic[0])},
        cautions=[
            "A comparator: classes of firms that lists hardly ever reach leave no trace in the "
            "overlaps.",
            *screening.cautions,
        ],
    )


def fit_classes(
    table: CapturePatterns,
    counts: np.ndarray,
    number: int,
    rng: np.random.Generator,
    around: ClassFits | None = None,
) -> ClassFits:
    """Fit a number of classes to each of B tables by expectation-maximisation.

    Parameters
    ----------
    table : CapturePatterns
        Patterns and exposure; its counts are not used.
    counts : numpy.ndarray, shape (B, R)
        Tables.
    number : int
        Classes.
    rng : numpy.random.Generator
        Source of starting values.
    around : ClassFits, optional
        A fit of one table to start from; random starts when left out, of which the best is kept.

    Notes
    -----
    The firms on no list are missing data of the expectation step, one number per exposure group.
    Half an entry and half a miss per class and list keep probabilities off 0 and 1.
    """
    if around is not None:
        return _climb(table, counts, around.shares[[0]], around.detection[[0]])
    found = [
        _climb(
            table,
            counts,
            rng.dirichlet(np.full(number, 5.0), size=1),
            rng.uniform(0.02, 0.5, size=(1, number, len(table.lists))),
        )
        for _ in range(_STARTS if number > 1 else 1)
    ]
    return min(found, key=lambda fit: float(fit.bic[0]))


def _most_classes(table: CapturePatterns) -> int:
    lists, patterns = len(table.lists), len(table.patterns)
    return min(MOST_CLASSES, patterns // (lists + 1))


def _climb(
    table: CapturePatterns, counts: np.ndarray, shares: np.ndarray, detection: np.ndarray
) -> ClassFits:
    B = len(counts)
    seen = table.patterns.astype(float)
    missed = (table.exposure[table.group] & ~table.patterns).astype(float)
    groups = (table.group[:, np.newaxis] == np.arange(len(table.exposure))).astype(float)
    exposed = table.exposure.astype(float)
    listed = counts @ groups
    shares = np.repeat(shares, B, axis=0) if len(shares) == 1 else shares
    detection = np.repeat(detection, B, axis=0) if len(detection) == 1 else detection
    last = np.full(B, -np.inf)
    for _ in range(_ROUNDS):
        reached, unreached = np.log(detection), np.log1p(-detection)
        pattern = np.exp(reached @ seen.T + unreached @ missed.T) * shares[:, :, np.newaxis]
        nowhere = np.exp(unreached @ exposed.T) * shares[:, :, np.newaxis]
        chance, escape = pattern.sum(axis=1), nowhere.sum(axis=1)
        unlisted = listed * escape / (1 - escape)
        value = xlogy(counts, chance).sum(axis=1) - (listed * np.log1p(-escape)).sum(axis=1)
        if np.all(np.abs(value - last) < _SETTLED * (1 + np.abs(value))):
            break
        last = value
        members = pattern * (counts / np.maximum(chance, 1e-300))[:, np.newaxis]
        hidden = nowhere * (unlisted / np.maximum(escape, 1e-300))[:, np.newaxis]
        entries = members @ seen
        trials = entries + members @ missed + hidden @ exposed
        detection = (entries + _PRIOR) / (trials + 2 * _PRIOR)
        size = members.sum(axis=2) + hidden.sum(axis=2) + _PRIOR
        shares = size / size.sum(axis=1, keepdims=True)
    n_parameters = detection.shape[1] * (detection.shape[2] + 1) - 1
    bic = -2 * value + n_parameters * np.log(np.maximum(counts.sum(axis=1), 2))
    return ClassFits(unlisted.sum(axis=1), shares, detection, bic)
