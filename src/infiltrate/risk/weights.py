"""Let listed companies count more that lists seldom find."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.risk.latent import LatentClassifier

_CLIPPED_ABOVE = 0.95


def weigh_by_propensity(
    latent: LatentClassifier, features: pd.DataFrame, exposed: pd.DataFrame, is_listed: np.ndarray
) -> np.ndarray:
    """Weigh listed companies by one over the chance that a list finds them if infiltrated.

    A list shows infiltrated companies where authorities look; weighted so, the listed ones stand
    for those like them that were not found (Bekker, Robberechts and Davis 2019, Beyond the selected
    completely at random assumption). The largest twentieth of the weights are cut to their 95th
    percentile, so that no single company rules.

    Parameters
    ----------
    latent : LatentClassifier
        Fitted to these companies.
    features, exposed : DataFrame, n rows
        As it was fitted to.
    is_listed : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray of float, shape (n,)
        Mean 1 among listed companies; 1 for all others.
    """
    weight = np.ones(len(features))
    at = np.flatnonzero(is_listed)
    inverse = 1 / latent.detection_chance(features.iloc[at], exposed.iloc[at])
    inverse = np.minimum(inverse, np.quantile(inverse, _CLIPPED_ABOVE))
    weight[at] = inverse / inverse.mean()
    return weight
