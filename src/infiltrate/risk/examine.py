"""All that is asked of a finished ranking before anybody uses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.risk.calibration import cross_calibrate, why_not_calibrated
from infiltrate.risk.calibration_quality import reliability
from infiltrate.risk.counterfactual import NO_FLAGS, Counterfactuals, remove_flags
from infiltrate.risk.curve import precision_by_recall
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.feedback import Feedback, check_feedback
from infiltrate.risk.harm import NO_ERROR_RATES, compare_groups
from infiltrate.risk.importance import NO_GROUPS, Importance, measure_importance
from infiltrate.risk.labels import choose_lists
from infiltrate.risk.score import RiskResult
from infiltrate.risk.study_box import FLAGGED_SHARE


@dataclass(frozen=True, eq=False)
class Examination:
    """What a ranking rests on, how firmly, and about whom it errs.

    Attributes
    ----------
    importance : Importance
        What it loses without each group of features.
    counterfactuals : Counterfactuals
        What the flagged companies would have to be without.
    curve : DataFrame
        Precision by recall, of every learner; see ``curve.precision_by_recall``.
    reliability : DataFrame
        Probability of being listed stated, and what happened; see
        ``calibration_quality.reliability``. Neighbours with too few listed companies to be shown
        are one row. Empty where ``reliability_reason`` says why.
    reliability_reason : str
    error_rates : DataFrame
        Errors by kind of company; see ``harm.compare_groups``.
    feedback : Feedback
        Whether lists may follow scores.
    """

    importance: Importance
    counterfactuals: Counterfactuals
    curve: pd.DataFrame
    reliability: pd.DataFrame
    reliability_reason: str
    error_rates: pd.DataFrame
    feedback: Feedback


def examine_ranking(
    result: RiskResult, params: StudyParams, rng: np.random.Generator
) -> Examination:
    """Ask of a ranking what it rests on, how firmly, about whom it errs, and what would undo it.

    All but the counterfactuals is about companies the ranking did not learn from, held out with
    those they are connected to.

    Parameters
    ----------
    result : RiskResult
    params : StudyParams
        ``lists``, ``choices.risk`` and ``choices.disclosure``.
    rng : numpy.random.Generator
    """
    choices = params.choices.risk
    seeds = rng.spawn(3)
    if result.learner is None or result.learning is None or result.scored is None:
        return _nothing(result)
    name = result.learner.name
    ranked = result.rankings[result.rankings["design"] == CONNECTED]
    own = ranked[ranked["model"] == name].reset_index(drop=True)
    learnt = ranked[ranked["model"].isin(choices.learners)]
    probability, reason = _calibrate(own, seeds[0])
    table = _NO_RELIABILITY
    if not reason:
        own = own.assign(probability=probability)
        fewest = params.choices.disclosure.minimum_listed
        table = _reliability(probability, own["is_listed"].to_numpy(bool), fewest)
    features = result.scored.describe()
    return Examination(
        importance=measure_importance(result.learning, name, choices, seeds[1]),
        counterfactuals=remove_flags(result.learner, features, FLAGGED_SHARE),
        curve=precision_by_recall(learnt, choices.bootstrap_draws, seeds[2]),
        reliability=table,
        reliability_reason=reason,
        error_rates=compare_groups(own, result.learning.traits, params.choices.disclosure),
        feedback=check_feedback(
            result.rankings,
            name,
            choose_lists(params),
            result.learning.window_closes,
            choices.scores_used_from,
        ),
    )


_NO_RELIABILITY = pd.DataFrame(
    columns=["probability", "share", "low", "high", "n_units", "n_events"]
)


def _nothing(result: RiskResult) -> Examination:
    reason = " ".join(result.refusals)
    return Examination(
        importance=Importance(NO_GROUPS, reason),
        counterfactuals=NO_FLAGS,
        curve=pd.DataFrame(columns=["model", "recall", "precision", "low", "high"]),
        reliability=_NO_RELIABILITY,
        reliability_reason=reason,
        error_rates=NO_ERROR_RATES,
        feedback=Feedback((), pd.DataFrame()),
    )


def _calibrate(ranked: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Return the probability of each company by a curve that did not see it, or why not."""
    listed, cluster = ranked["is_listed"].to_numpy(bool), ranked["cluster"].to_numpy()
    reason = why_not_calibrated(listed, cluster)
    if reason:
        return np.empty(0), reason
    try:
        return cross_calibrate(ranked["percentile"].to_numpy(), listed, cluster, rng), ""
    except ValueError as error:
        return np.empty(0), str(error).rstrip(".")


def _reliability(probability: np.ndarray, is_listed: np.ndarray, fewest: int) -> pd.DataFrame:
    """Compare what is stated with what happened, in as many groups as may be shown."""
    bins = 20
    while True:
        table = reliability(probability, is_listed, bins)
        if bins == 1 or table["n_events"].min() >= fewest:
            return table.round(9)
        bins -= 1
