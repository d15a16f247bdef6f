"""The interval of a flagged share whose units share buyers and companies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

_CLUSTERS = ("buyer_id", "company_id")


def interval_of_rates(
    results: pa.Table, rates: pd.DataFrame, keys: Sequence[str], interval: float
) -> pd.DataFrame:
    """Give each flagged share an interval that knows that units of a buyer or firm are alike.

    Parameters
    ----------
    results : pyarrow.Table
        One row per indicator and unit: ``keys``, ``state``, ``buyer_id`` and ``company_id``,
        which may be missing.
    rates : pandas.DataFrame
        One row per value of ``keys``: ``flag`` and ``clear``, the numbers of units.
    keys : sequence of str
        What the rates are by.
    interval : float
        Coverage.

    Returns
    -------
    pandas.DataFrame
        ``low`` and ``high``, with the index of ``rates``; missing when no unit is computable, or
        when all of them share one buyer or one company.

    Notes
    -----
    Wilson's (1927) interval for the number of independent units that would say as much (Korn and
    Graubard 1998; Franco, Little, Louis and Slud 2019, https://doi.org/10.1093/jssam/smy019):
    units are divided by one plus what buyers and what companies add to the variance, by the
    jackknife that leaves out one of them at a time, and by the
    square of Student's over the normal quantile. A few large buyers count as few (Carter,
    Schnepel and Steigerwald 2017): n units with n_g of buyer g make n²/Σn_g² buyers. When all
    units or none are flagged, the variance cannot be seen from them, and each such buyer or
    company counts as one unit.
    """
    known = _count_known(results, keys)
    units = (rates["flag"] + rates["clear"]).to_numpy(float)
    share = np.divide(rates["flag"], units, out=np.full(len(units), np.nan), where=units > 0)
    excess, fewest = np.zeros(len(units)), np.full(len(units), np.inf)
    for column in _CLUSTERS:
        more, clusters = _clustering(known, column, rates[[*keys]].assign(share=share))
        excess += np.where(clusters < units, np.maximum(more, 0), 0)
        fewest = np.where(clusters < units, np.minimum(fewest, clusters), fewest)
    tail = (1 - interval) / 2
    normal = stats.norm.isf(tail)
    student = np.where(fewest > 1, stats.t.isf(tail, np.maximum(fewest - 1, 1)), np.nan)
    is_same = (share == 0) | (share == 1)
    worth = np.where(is_same, np.minimum(units, fewest), units / (1 + excess))
    low, high = _wilson(share, worth * np.where(np.isinf(fewest), 1, normal / student) ** 2, normal)
    return pd.DataFrame({"low": low, "high": high}, rates.index)


def _count_known(results: pa.Table, keys: Sequence[str]) -> pd.DataFrame:
    """Return one row per key, buyer and company: units that can be judged, and flagged ones."""
    known = results.filter(pc.not_equal(results["state"], "not_computable"))
    flagged = pc.cast(pc.equal(known["state"], "flag"), pa.int64())
    columns = [*keys, *_CLUSTERS]
    counts = known.select(columns).append_column("flags", flagged).group_by(columns)
    frame = counts.aggregate([("flags", "sum"), ("flags", "count")]).to_pandas()
    return frame.rename(columns={"flags_sum": "flags", "flags_count": "units"})


def _clustering(
    known: pd.DataFrame, column: str, rates: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return what clusters add to the variance, as a share of it, and how many they are worth.

    A unit without a cluster is one of its own.
    """
    keys = [name for name in rates.columns if name != "share"]
    by_cluster = known.groupby([*keys, column], dropna=False)[["flags", "units"]].sum()
    frame = by_cluster.reset_index().merge(rates, on=keys, how="left")
    flags, units, share = (frame[name].to_numpy(float) for name in ("flags", "units", "share"))
    alone = frame[column].isna().to_numpy()
    apart = flags * (1 - share) ** 2 + (units - flags) * share**2
    weight = units / frame.groupby(keys, dropna=False)["units"].transform("sum").to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = ((flags - share * units) / (1 - weight)) ** 2
    frame["square"] = np.where(alone, apart, left_out)
    frame["pairs"] = np.where(alone, units, units**2)
    sums = frame.groupby(keys, dropna=False)[["square", "pairs", "units"]].sum().reset_index()
    sums = rates.merge(sums, on=keys, how="left")
    clusters = (sums["units"] ** 2 / sums["pairs"]).to_numpy(float)
    variance = sums["units"] * sums["share"] * (1 - sums["share"])
    with np.errstate(divide="ignore", invalid="ignore"):
        more = sums["square"].to_numpy(float) / variance.to_numpy(float) - 1
    return np.nan_to_num(more, posinf=0.0), np.nan_to_num(clusters, nan=np.inf)


def _wilson(share: np.ndarray, units: np.ndarray, normal: float) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = 1 + normal**2 / units
        middle = (share + normal**2 / (2 * units)) / shrink
        half = normal / shrink * np.sqrt(share * (1 - share) / units + (normal / (2 * units)) ** 2)
    low, high = np.where(share == 0, 0.0, middle - half), np.where(share == 1, 1.0, middle + half)
    missing = np.isnan(middle)
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)
