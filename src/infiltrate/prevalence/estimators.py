"""Every estimator on one set of lists, and the pool of those that may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.chao import estimate_chao
from infiltrate.prevalence.detection_data import DetectionPriors
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.doubly_robust import estimate_doubly_robust
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.false_entries import read_wrong_entries
from infiltrate.prevalence.floor import draw_rightly_listed
from infiltrate.prevalence.joint_detection import estimate_joint_detection
from infiltrate.prevalence.latent_class import estimate_latent_class
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.loglinear import estimate_loglinear
from infiltrate.prevalence.pool import Pool, PoolChoices, triangulate
from infiltrate.prevalence.posterior import Posterior


@dataclass(frozen=True, eq=False)
class CountryEstimate:
    """What all estimators say of one country.

    Attributes
    ----------
    posteriors : mapping of str to Posterior
        By estimator, rejected ones included.
    floor : numpy.ndarray
        Draws of the number of firms rightly on a list.
    pool : Pool
        Of the estimators that may be used.
    """

    posteriors: Mapping[str, Posterior]
    floor: np.ndarray
    pool: Pool


def estimate_country(
    lists: ListsData,
    evidence: FirmEvidence,
    choices: PrevalenceChoices,
    rng: np.random.Generator,
) -> CountryEstimate:
    """Run every estimator and bring those that may be used into one interval.

    Parameters
    ----------
    lists : ListsData
        Lists that all mean organised crime; ``data.organised_crime`` of a study.
    evidence : FirmEvidence
        Of the same companies.
    choices : PrevalenceChoices
        Priors, draws and what is assumed beyond the estimators.
    rng : numpy.random.Generator
        Used in turn by the estimators, in the order of their names.
    """
    draws = choices.draws
    priors = read_detection_priors(lists, choices)
    data = build_detection_data(
        lists,
        evidence.signs,
        dict.fromkeys(lists.list_ids, evidence.reach),
        evidence.cluster,
        with_lag=choices.allow_for_lag,
    )
    covariates = np.column_stack([data.X, *data.Z[:1]])
    chao = estimate_chao(lists, rng, draws)
    estimates = [
        *chao,
        estimate_doubly_robust(lists, covariates, rng, draws),
        estimate_joint_detection(data, priors, rng, draws),
        estimate_latent_class(lists, rng),
        estimate_loglinear(lists, rng, draws),
    ]
    posteriors = {posterior.estimator: posterior for posterior in estimates}
    floor = draw_rightly_listed(lists, rng)
    pool = triangulate(
        estimates,
        floor,
        lists.denominator.firms,
        rng,
        read_pool_choices(choices),
        heuristic_bound=float(chao[0].point[0]),
    )
    return CountryEstimate(posteriors, floor, pool)


def read_detection_priors(lists: ListsData, choices: PrevalenceChoices) -> DetectionPriors:
    """Return the priors of the detection model that the parameters of a study state."""
    stated = choices.priors
    detectability = stated.detectability
    return DetectionPriors(
        false_positives=tuple(read_wrong_entries(lists).values()),
        detectability=(detectability.mean, detectability.sd) if detectability else None,
        **stated.model_dump(exclude={"detectability"}),
    )


def read_pool_choices(choices: PrevalenceChoices) -> PoolChoices:
    """Return what the parameters of a study assume beyond the estimators."""
    stated = choices.pool
    dark = stated.dark_share
    return PoolChoices(
        dark_share=(dark.a, dark.b) if dark else None, **stated.model_dump(exclude={"dark_share"})
    )
