"""Bunching below every legal threshold, for all buyers together and for each large one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from infiltrate.errors import NotEnoughData
from infiltrate.indicators.bunching import Bunching, BunchingSettings, measure_bunching
from infiltrate.indicators.density_jump import measure_density_jump
from infiltrate.params.facts import Threshold

_NUMBERS = ("jump_p_value", "q_value", "left", "right", "share", "low", "high", "relative")
_COLUMNS = (
    *("regime", "category", "amount", "currency", "valid_from", "buyer_id", "contracts"),
    *_NUMBERS,
    *("state", "detail"),
)


def examine_thresholds(
    contracts: pd.DataFrame,
    thresholds: Sequence[Threshold],
    rng: np.random.Generator,
    *,
    fewest_contracts: int = 100,
    false_discovery_rate: float = 0.05,
    settings: BunchingSettings | None = None,
) -> pd.DataFrame:
    """Test the amounts of contracts around every legal threshold.

    Parameters
    ----------
    contracts : pandas.DataFrame
        One row per contract: ``buyer_id``, ``amount``, ``currency``, ``category``, ``signed_on``.
    thresholds : sequence of Threshold
        Dated legal amounts; each is tried on contracts of its kind, in its currency and time.
    rng : numpy.random.Generator
        Draws the bootstraps.
    fewest_contracts : int
        Contracts within reach of a threshold that a buyer must have to be tested alone.
    false_discovery_rate : float
        Share of flagged buyers that may be chance (Benjamini and Hochberg 1995).
    settings : BunchingSettings, optional
        Windows and counterfactual of the excess.

    Returns
    -------
    pandas.DataFrame
        One row per threshold for all buyers (``buyer_id`` missing) and one for each large buyer,
        sorted: contracts within reach, p value of the density jump and, among buyers, its
        ``q_value``; densities on both sides; for all buyers the excess as a share of contracts
        just below, with an interval from resampling buyers. ``state`` is ``flag`` where the
        density falls at the threshold by more than chance, ``clear``, or ``not_computable`` with
        the reason in ``detail``. A round amount draws contracts of itself: compare with round
        amounts that are no threshold before blaming the law.
    """
    settings = settings or BunchingSettings()
    rows: list[dict] = []
    for threshold in thresholds:
        near = select_contracts(contracts, threshold, settings.reach)
        fixed = {
            "regime": threshold.regime,
            "category": threshold.category,
            "amount": threshold.amount,
            "currency": threshold.currency,
            "valid_from": threshold.valid_from,
        }
        whole = {
            **_test_jump(near, threshold.amount),
            **_test_excess(near, threshold, rng, settings),
        }
        buyers = list(_test_buyers(near, threshold.amount, fewest_contracts))
        parts = [_judge(pd.DataFrame([{"buyer_id": None, **whole}]), false_discovery_rate)]
        if buyers:
            parts.append(_judge(pd.DataFrame(buyers), false_discovery_rate))
        rows += [{**fixed, **row} for part in parts for row in part.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    keys = ["regime", "category", "valid_from", "amount", "buyer_id"]
    types = dict.fromkeys(_NUMBERS, "float64")
    return table.astype(types).sort_values(keys, na_position="first", ignore_index=True)


@dataclass(frozen=True, eq=False)
class ThresholdChart:
    """The excess of all buyers at one threshold, with the bins for a figure."""

    threshold: Threshold
    bunching: Bunching


def chart_thresholds(
    contracts: pd.DataFrame,
    thresholds: Sequence[Threshold],
    rng: np.random.Generator,
    settings: BunchingSettings | None = None,
) -> list[ThresholdChart]:
    """Measure the excess of all buyers at every threshold that has contracts enough."""
    settings = settings or BunchingSettings()
    charts = []
    for threshold in thresholds:
        near = select_contracts(contracts, threshold, settings.reach)
        amounts, buyers = near["amount"].to_numpy(float), near["buyer_id"].to_numpy()
        try:
            found = measure_bunching(amounts, threshold.amount, rng, buyers, settings)
        except NotEnoughData:
            continue
        charts.append(ThresholdChart(threshold, found))
    return charts


def select_contracts(contracts: pd.DataFrame, threshold: Threshold, reach: float) -> pd.DataFrame:
    """Return the contracts under a rule whose amounts lie within reach of it, in logarithms."""
    signed = pd.to_datetime(contracts["signed_on"])
    kept = (contracts["currency"] == threshold.currency) & (
        signed >= pd.Timestamp(threshold.valid_from)
    )
    if threshold.valid_to is not None:
        kept &= signed <= pd.Timestamp(threshold.valid_to)
    if threshold.category != "any":
        kept &= contracts["category"] == threshold.category
    amount = contracts["amount"].astype(float)
    low, high = threshold.amount * np.exp(-reach), threshold.amount * np.exp(reach)
    near = contracts[kept & (amount > low) & (amount < high)]
    return near.assign(amount=near["amount"].astype(float))


def _test_buyers(near: pd.DataFrame, amount: float, fewest: int) -> Iterator[dict]:
    for buyer, part in near.groupby("buyer_id", sort=True):
        if len(part) >= fewest:
            yield {"buyer_id": buyer, **_test_jump(part, amount)}


def _test_jump(near: pd.DataFrame, amount: float) -> dict:
    try:
        jump = measure_density_jump(np.log(near["amount"].to_numpy(float)), np.log(amount))
    except NotEnoughData as error:
        return {"contracts": len(near), "detail": error.summary}
    return {
        "contracts": len(near),
        "jump_p_value": jump.p_value,
        "left": jump.left,
        "right": jump.right,
    }


def _test_excess(
    near: pd.DataFrame,
    threshold: Threshold,
    rng: np.random.Generator,
    settings: BunchingSettings,
) -> dict:
    try:
        found = measure_bunching(
            near["amount"].to_numpy(float),
            threshold.amount,
            rng,
            near["buyer_id"].to_numpy(),
            settings,
        )
    except NotEnoughData:
        return {}
    fields = ("share", "low", "high", "relative")
    return {field: getattr(found, field) for field in fields}


def _judge(rows: pd.DataFrame, false_discovery_rate: float) -> pd.DataFrame:
    judged = rows.reindex(columns=[name for name in _COLUMNS if name not in _COLUMNS[:5]])
    known = judged["jump_p_value"].notna()
    q_value = np.full(len(judged), np.nan)
    if known.any():
        p_values = judged.loc[known, "jump_p_value"].to_numpy(float)
        q_value[known] = false_discovery_control(p_values, method="bh")
    falls = judged["left"].astype(float) > judged["right"].astype(float)
    flagged = known & (q_value <= false_discovery_rate) & falls
    state = np.select([~known, flagged], ["not_computable", "flag"], "clear")
    said = np.where(flagged, "the density falls at the threshold", "no fall beyond chance")
    return judged.assign(q_value=q_value, state=state, detail=judged["detail"].where(~known, said))
