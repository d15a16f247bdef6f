"""Simple rankings that a learner must beat to be worth its name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.columns import informative_columns, one_thread
from infiltrate.risk.roles import select_features

SINGLE_BIDS = "single bidding alone"
CRI = "CRI alone"
ISOLATION = "isolation forest"
ACTIVITY = "bids alone"
COMPARATORS = (SINGLE_BIDS, CRI, ISOLATION, ACTIVITY)
"""Names of the rankings, which learn from no label."""

NOTHING_KNOWN = "nothing it goes by is known that differs between companies"
"""Why a ranking could not be made."""

_SINGLE_BIDS = "C01_flagged_share"
# single bid, no call, procedure, days to bid, days to decide, secrecy jurisdiction, dependency
_CRI = tuple(f"C0{number}_flagged_share" for number in range(1, 8))
_MIDDLE = 0.5


def score_comparators(
    features: pd.DataFrame, choices: RiskChoices, rng: np.random.Generator
) -> pd.DataFrame:
    """Score the companies of a day without learning from labels.

    Parameters
    ----------
    features : DataFrame
        One row per company.
    choices : RiskChoices
        The isolation forest sees the features of the roles that rank.
    rng : numpy.random.Generator
        Of the isolation forest.

    Returns
    -------
    DataFrame
        The same rows and a column for each of these that tells companies apart: ``single
        bidding alone`` (share of a company's lots that drew one bid), ``CRI alone`` (mean share
        flagged over the components of Fazekas and Kocsis 2020 that are known, by the thresholds
        of the indicators, not calibrated), ``isolation forest`` (how easily random cuts part a
        company from the rest: Liu, Ting and Zhou 2008), ``bids alone`` (how often it bid, or else
        contracted: exposure, no sign of anything). Who has nothing to go by is in the middle; to
        the forest, not to be known is a trait like others.
    """
    components = [name for name in _CRI if name in features]
    bids, contracts = (_place(features.get(name)) for name in ("bids", "contracts"))
    found = {
        SINGLE_BIDS: _place(features.get(_SINGLE_BIDS)),
        CRI: _place(features[components].mean(axis=1)),
        ISOLATION: _isolate(features, choices, int(rng.integers(2**31 - 1))),
        ACTIVITY: contracts if bids is None else bids,
    }
    scores = {name: values for name, values in found.items() if values is not None}
    return pd.DataFrame(scores, index=features.index)


def _isolate(features: pd.DataFrame, choices: RiskChoices, seed: int) -> np.ndarray | None:
    from sklearn.ensemble import IsolationForest
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    numbers, _ = informative_columns(features[select_features(features, choices)])
    if not numbers:
        return None
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    values = features[numbers].to_numpy(np.float32)
    with one_thread():
        forest = make_pipeline(imputer, IsolationForest(random_state=seed)).fit(values)
        return -forest.score_samples(values)


def _place(values: pd.Series | None) -> np.ndarray | None:
    """Return places from 0 to 1, unknown ones in the middle; None where all are alike."""
    if values is None or values.nunique() < 2:
        return None
    return values.rank(pct=True).fillna(_MIDDLE).to_numpy()
