"""Every metric of every ranking of a validation, learners and simple rankings in one table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.calibration_metrics import measure_probabilities, refuse_calibration
from infiltrate.risk.designs import LIST_OUT, Design
from infiltrate.risk.learners import LEARNERS
from infiltrate.risk.metrics import Metric, measure_ranking, metrics_frame, refuse_metrics
from infiltrate.risk.validation import Validation


def measure_validation(
    validation: Validation, choices: RiskChoices, rng: np.random.Generator
) -> pd.DataFrame:
    """Measure the rankings of all designs and models.

    Parameters
    ----------
    validation : Validation
    choices : RiskChoices
        Shares of the ranking, draws, and how many labels are few.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        One row per design, model and metric, see ``metrics.Metric``; learners have those of
        ``calibration_metrics`` as well. Where a design was not run, or a model not fitted, the
        reason stands in place of the number.
    """
    metrics: list[Metric] = []
    for design in validation.designs:
        ranked = validation.rankings[validation.rankings["design"] == design.name]
        for model in validation.models:
            reason = validation.refused.get((design.name, model), "")
            reason = f"not run: {design.reason or reason}" if design.reason or reason else ""
            if reason:
                metrics += refuse_metrics(design.name, model, reason, choices.recall_at)
                metrics += refuse_calibration(design.name, model, reason) * (model in LEARNERS)
                continue
            metrics += _measure(ranked[ranked["model"] == model], design, model, choices, rng)
    return metrics_frame(metrics)


def describe_designs(validation: Validation) -> pd.DataFrame:
    """Return one row per design.

    ``design``, ``folds``, ``n_units`` and ``n_listed`` (rows ranked by a model, and those of them
    that are listed), ``reason`` why it was not run, ``note``.
    """
    rankings = validation.rankings
    return pd.DataFrame(
        [
            {
                "design": design.name,
                "folds": len(design.folds),
                "n_units": sum(len(fold.test) for fold in design.folds),
                "n_listed": _count_listed(rankings[rankings["design"] == design.name]),
                "reason": design.reason,
                "note": design.note,
            }
            for design in validation.designs
        ]
    )


def _measure(
    ranked: pd.DataFrame,
    design: Design,
    model: str,
    choices: RiskChoices,
    rng: np.random.Generator,
) -> list[Metric]:
    percentile, listed = ranked["percentile"].to_numpy(), ranked["is_listed"].to_numpy(bool)
    cluster = ranked["cluster"].to_numpy()
    metrics = measure_ranking(
        percentile,
        listed,
        cluster,
        design=design.name,
        model=model,
        top_shares=choices.recall_at,
        draws=choices.bootstrap_draws,
        few_labels=choices.few_labels,
        rng=rng,
        overlap=design.overlap,
    )
    if model not in LEARNERS:
        return list(metrics)
    if design.name == LIST_OUT:
        reason = "refused: a probability of being listed means any list, and one was left out"
        about = {"n_units": len(listed), "n_listed": int(listed.sum())}
        return [*metrics, *refuse_calibration(design.name, model, reason, **about)]
    calibration = measure_probabilities(
        percentile,
        listed,
        cluster,
        design=design.name,
        model=model,
        draws=choices.bootstrap_draws,
        rng=rng,
        overlap=design.overlap,
    )
    return [*metrics, *calibration]


def _count_listed(ranked: pd.DataFrame) -> int:
    if ranked.empty:
        return 0
    return int(ranked.loc[ranked["model"] == ranked["model"].iloc[0], "is_listed"].sum())
