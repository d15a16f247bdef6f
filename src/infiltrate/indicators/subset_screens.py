"""Bids that stand closer together than the spread of their lot leads to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.indicators.bid_screens import summarise_subsets
from infiltrate.params.bidding_choices import SubsetChoices

_FEWEST_BIDS = 5
_FEWEST_LOTS = 100
_TIGHT = 0.05
_BINS = 25


@dataclass(frozen=True, eq=False)
class SubsetScreens:
    """How close together the three closest bids of lots stand, and what chance leads to.

    Attributes
    ----------
    lots : pandas.DataFrame
        One row per lot looked at, sorted by ``lot``: summary screens over its subsets (see
        `summarise_subsets`), and with five bids or more ``bids``, ``tightness``, the standard
        deviation of the closest three over that of all, and ``p_value`` that bids of other lots
        with as many would stand as close.
    bins : pandas.DataFrame
        One row per bin of tightness: ``low``, ``high``, ``observed`` share of lots, and
        ``expected`` with 95 % of draws between ``expected_low`` and ``expected_high``.
    tested : int
        Lots with five bids or more.
    tight, tight_low, tight_high : float
        Share of lots tighter than 95 % of chance, with Wilson's interval; 5 % by chance.
    found : int
        Lots with three bids or more in the study, of which at most ``most_lots`` are looked at.
    reason : str
        Why nothing was tested; empty when it was.
    """

    lots: pd.DataFrame
    bins: pd.DataFrame
    tested: int
    tight: float
    tight_low: float
    tight_high: float
    found: int
    reason: str = ""


def examine_subsets(
    bids: pd.DataFrame, rng: np.random.Generator, choices: SubsetChoices | None = None
) -> SubsetScreens:
    """Summarise screens over subsets and test the closest three bids of each lot.

    Nothing is tested with fewer than 100 lots of five bids or more.

    Parameters
    ----------
    bids : pandas.DataFrame
        One row per bid of lots with three bids or more: ``lot`` and ``amount``, above zero.
    rng : numpy.random.Generator
        Draws lots, subsets and the null.
    choices : SubsetChoices, optional
        Numbers of lots, subsets and draws.

    Notes
    -----
    Cover bids are made up around one another. The null keeps each lot's number of bids, mean and
    spread, and lets standardised bids change places between lots with as many bids. A lot is no
    proof: bidders with the same costs stand close as well.
    """
    choices = choices or SubsetChoices()
    names = np.sort(bids["lot"].unique())
    chosen = names
    if len(names) > choices.most_lots:
        chosen = rng.choice(names, choices.most_lots, replace=False)
    kept = bids[bids["lot"].isin(chosen)].sort_values(["lot", "amount"])
    number = kept.groupby("lot")["amount"].transform("size")
    large = kept[number >= _FEWEST_BIDS]
    tested = large["lot"].nunique()
    summary = summarise_subsets(kept, rng, most_subsets=choices.most_subsets)
    if tested < _FEWEST_LOTS:
        return _refuse(summary, tested, len(names))
    results, null = _test_lots(large, rng, choices.shuffles)
    tight = float((results["p_value"] <= _TIGHT).mean())
    low, high = _wilson(tight, tested)
    lots = summary.join(results).rename_axis("lot").reset_index()
    bins = _bin(results["tightness"].to_numpy(), null)
    return SubsetScreens(lots, bins, tested, tight, low, high, len(names))


def _refuse(summary: pd.DataFrame, tested: int, found: int) -> SubsetScreens:
    empty = pd.DataFrame(columns=["bids", "tightness", "p_value"], dtype="float64")
    lots = summary.join(empty).rename_axis("lot").reset_index().astype({"lot": str})
    reason = (
        f"{tested:,} lots have {_FEWEST_BIDS} valid bids or more with known amounts in one "
        f"currency, {_FEWEST_LOTS} are needed"
        + (
            "."
            if found
            else ": the sources of this study publish winners only, or no amounts of losing bids."
        )
    )
    return SubsetScreens(lots, pd.DataFrame(), tested, np.nan, np.nan, np.nan, found, reason)


def _test_lots(
    bids: pd.DataFrame, rng: np.random.Generator, shuffles: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return tightness and p value of each lot, and tightness in the draws, draws x lots."""
    number = bids.groupby("lot")["amount"].transform("size").to_numpy()
    parts, drawn = [], []
    for n in np.unique(number):
        rows = bids[number == n]
        amounts = rows["amount"].to_numpy(float).reshape(-1, n)
        spread = amounts.std(axis=1, keepdims=True)
        usable = spread[:, 0] > 0
        lots = rows["lot"].to_numpy()[::n][usable]
        amounts, spread = amounts[usable], spread[usable]
        z = (amounts - amounts.mean(axis=1, keepdims=True)) / spread
        seen = _measure_tightness(z)
        null = np.array(
            [_measure_tightness(rng.permuted(z.ravel()).reshape(z.shape)) for _ in range(shuffles)]
        )
        pool = np.sort(null.ravel())
        p_value = (1 + np.searchsorted(pool, seen, side="right")) / (1 + len(pool))
        parts.append(pd.DataFrame({"bids": n, "tightness": seen, "p_value": p_value}, index=lots))
        drawn.append(null)
    return pd.concat(parts).sort_index(), np.concatenate(drawn, axis=1)


def _measure_tightness(z: np.ndarray) -> np.ndarray:
    """Return the smallest standard deviation of three bids over that of all, row by row."""
    ordered = np.sort(z, axis=1)
    # the closest three are neighbours in order
    triples = np.stack([ordered[:, :-2], ordered[:, 1:-1], ordered[:, 2:]])
    whole = ordered.std(axis=1)
    return triples.std(axis=0).min(axis=1) / np.where(whole > 0, whole, 1)


def _bin(seen: np.ndarray, null: np.ndarray) -> pd.DataFrame:
    edges = np.linspace(0, max(seen.max(), null.max()) * 1.0001, _BINS + 1)
    observed = np.histogram(seen, edges)[0] / len(seen)
    drawn = np.array([np.histogram(row, edges)[0] / len(row) for row in null])
    # Poisson noise of one draw around the mean of all
    expected = drawn.mean(axis=0)
    half = 1.96 * np.sqrt(expected / len(seen))
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "observed": observed,
            "expected": expected,
            "expected_low": np.maximum(expected - half, 0),
            "expected_high": expected + half,
        }
    )


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(middle - half), float(middle + half)
