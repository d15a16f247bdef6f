"""Each red flag held as a test: does it say more than chance, and in which direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import false_discovery_control

_COMPUTABLE = ("flag", "clear")
_UNSEEN = "missing"
_ALWAYS = 0.6
_RARELY = 0.005
_LITTLE_COVERAGE = 0.2
_COLUMNS = (
    "indicator",
    "units",
    "computable",
    "coverage",
    "base_rate",
    "known",
    "flags_on_known",
    "expected",
    "lift",
    "low",
    "high",
    "p_value",
    "q_value",
    "verdict",
    "reason",
)


def tabulate_base_rates(
    results: pd.DataFrame, markets: pd.Series | None = None, interval: float = 0.95
) -> pd.DataFrame:
    """Say how often each indicator can be computed and is on, by year and market.

    Parameters
    ----------
    results : pandas.DataFrame
        Long table of indicator results: ``indicator``, ``entity_id``, ``state``, ``on_date``.
    markets : pandas.Series, optional
        Market of each unit, by ``entity_id``; one market when absent.
    interval : float
        Coverage of Wilson's (1927) interval, which takes units as independent; `flag_rates` has
        the one that knows buyers.

    Returns
    -------
    pandas.DataFrame
        One row per ``indicator``, ``year`` and ``market``, sorted: ``units``, ``computable``,
        ``coverage``, ``flags``, ``base_rate``, ``low``, ``high``; rates are missing where nothing
        is computable.
    """
    frame = _prepare(results, markets)
    keys = ["indicator", "year", "market"]
    rates = frame.groupby(keys).agg(
        units=("known", "size"), computable=("known", "sum"), flags=("flag", "sum")
    )
    n = rates["computable"].where(rates["computable"] > 0).astype(float)
    share, z = rates["flags"] / n, stats.norm.isf((1 - interval) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    rates["coverage"] = rates["computable"] / rates["units"]
    rates = rates.assign(base_rate=share, low=middle - half, high=middle + half)
    return rates.reset_index()


def judge_flags(
    results: pd.DataFrame,
    outcomes: pd.Series,
    rng: np.random.Generator,
    markets: pd.Series | None = None,
    *,
    directions: Mapping[str, str] | None = None,
    clusters: pd.Series | None = None,
    permutations: int = 999,
    false_discovery_rate: float = 0.05,
    interval: float = 0.95,
) -> pd.DataFrame:
    """Hold every flag against known outcomes, within market and year.

    Parameters
    ----------
    results : pandas.DataFrame
        Long table of indicator results: ``indicator``, ``entity_id``, ``state``, ``on_date``.
    outcomes : pandas.Series of bool
        Whether a unit is known for what is looked for (its winner is listed, its lot is of a
        proven cartel), by ``entity_id``; units without an outcome are left out. A unit that is not
        known is unknown, not innocent: lifts are against all units and too small where lists
        miss much.
    rng : numpy.random.Generator
        Draws the permutations.
    markets : pandas.Series, optional
        Market of each unit, by ``entity_id``.
    directions : mapping of str to str, optional
        Direction each indicator is expected to have, ``+`` where absent; only ``+`` and ``-``
        can run the wrong way.
    clusters : pandas.Series, optional
        What is permuted together, by ``entity_id``: the company, when outcomes are of companies.
        Units of their own when absent.
    permutations : int
        Draws of the null: outcomes change places among clusters of like market and year.
    false_discovery_rate : float
        Share of verdicts that may be chance (Benjamini and Hochberg 1995), over all indicators.
    interval : float
        Coverage of the interval of the lift.

    Returns
    -------
    pandas.DataFrame
        One row per indicator, sorted: ``units``, ``computable``, ``coverage``, ``base_rate``;
        ``known`` computable units with the outcome, ``flags_on_known``, the number ``expected``
        if flags did not know the outcome, ``lift`` (their ratio) from ``low`` to ``high``,
        two-sided ``p_value`` and ``q_value``; ``verdict``: ``informative``, ``wrong way``,
        ``uninformative`` or ``not testable``, with its ``reason``.

    Notes
    -----
    The interval is of the standardised morbidity ratio with the variance seen among the
    permutations (log-normal), and so is the p value where it is below what can be counted.
    """
    frame = _prepare(results, markets)
    frame = frame.assign(
        outcome=frame["entity_id"].map(outcomes),
        cluster=frame["entity_id"] if clusters is None else frame["entity_id"].map(clusters),
    )
    rows = []
    for code, part in frame.groupby("indicator", sort=True):
        judged = part[part["known"] & part["outcome"].notna()]
        tested = _test_one(judged, rng, permutations, interval)
        known = part["known"].sum()
        rates = {"coverage": known / len(part), "base_rate": part["flag"].sum() / max(known, 1)}
        rows.append({"indicator": code, "units": len(part), "computable": known, **rates, **tested})
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return _reach_verdicts(table, directions or {}, false_discovery_rate)


def _prepare(results: pd.DataFrame, markets: pd.Series | None) -> pd.DataFrame:
    frame = results[["indicator", "entity_id", "state", "on_date"]].copy()
    year = pd.to_datetime(frame["on_date"]).dt.year.astype("Int64").astype(object)
    market = frame["entity_id"].map(markets) if markets is not None else "all"
    frame["year"] = year.where(year.notna(), _UNSEEN).astype(str)
    frame["market"] = pd.Series(market, frame.index).astype(object)
    frame["market"] = frame["market"].where(frame["market"].notna(), _UNSEEN).astype(str)
    frame["known"] = frame["state"].isin(_COMPUTABLE)
    frame["flag"] = frame["state"] == "flag"
    return frame.sort_values(["indicator", "entity_id"], ignore_index=True)


def _test_one(
    judged: pd.DataFrame, rng: np.random.Generator, permutations: int, interval: float
) -> dict[str, float]:
    """Return flags on known units, their number under the null, and the lift."""
    if judged.empty:
        return {"known": 0, "flags_on_known": 0}
    cells = _gather(judged)
    known, seen = int(cells["known"].sum()), float(cells["hits"].sum())
    expected, spread, draws = _permute(cells, rng, permutations)
    found = {"known": known, "flags_on_known": seen, "expected": expected}
    if expected <= 0 or spread == 0:
        return found
    above, below = (draws >= seen - 1e-9).sum(), (draws <= seen + 1e-9).sum()
    counted = min(1.0, 2 * (1 + min(above, below)) / (1 + permutations))
    modelled = 2 * stats.norm.sf(abs(seen - expected) / spread)
    p_value = counted if min(above, below) > 0 else min(counted, modelled)
    if seen > 0:
        # variance under the null grows with the number of flags that are seen
        error = spread * np.sqrt(max(seen / expected, 1)) / seen
        half = stats.norm.isf((1 - interval) / 2) * error
        low, high = seen / expected * np.exp(-half), seen / expected * np.exp(half)
    else:
        low, high = 0.0, -np.log((1 - interval) / 2) / expected
    return {**found, "lift": seen / expected, "low": low, "high": high, "p_value": p_value}


def _gather(judged: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cluster: its stratum, units, flags and flags on known units.

    A cluster lies in the market and year of most of its units, and has the outcome when any
    of its units has.
    """
    frame = judged.assign(stratum=judged["market"] + " " + judged["year"])
    frame["known_unit"] = frame["outcome"].astype(bool)
    counted = frame.groupby(["cluster", "stratum"], as_index=False).size()
    main = counted.sort_values(["cluster", "size", "stratum"], ascending=[True, False, True])
    stratum = main.drop_duplicates("cluster").set_index("cluster")["stratum"]
    groups = frame.groupby("cluster")
    cells = groups.agg(units=("flag", "size"), flags=("flag", "sum"), mean=("known_unit", "mean"))
    cells["known"] = groups["known_unit"].sum()
    cells["hits"] = (frame["flag"] & frame["known_unit"]).groupby(frame["cluster"]).sum()
    return cells.assign(stratum=stratum.reindex(cells.index)).sort_values(["stratum", "cluster"])


def _permute(
    cells: pd.DataFrame, rng: np.random.Generator, permutations: int
) -> tuple[float, float, np.ndarray]:
    """Return mean, spread and draws of flags on known units when outcomes change places.

    Clusters of unequal size exchange the share of their units with the outcome; strata in which
    all clusters are alike cannot move.
    """
    stratum = pd.factorize(cells["stratum"], sort=True)[0]
    flags, outcome = cells["flags"].to_numpy(float), cells["mean"].to_numpy(float)
    draws = np.empty(permutations)
    for number in range(permutations):
        # strata are in order, so a sort of number plus noise shuffles within each
        order = np.argsort(stratum + rng.random(len(flags)))
        draws[number] = flags @ outcome[order]
    mean = pd.Series(outcome).groupby(stratum).transform("mean").to_numpy()
    return float(flags @ mean), float(draws.std(ddof=1)), draws


def _reach_verdicts(
    table: pd.DataFrame, directions: Mapping[str, str], false_discovery_rate: float
) -> pd.DataFrame:
    tested = table["p_value"].notna()
    q_value = np.full(len(table), np.nan)
    if tested.any():
        p_values = table.loc[tested, "p_value"].to_numpy(float)
        q_value[tested] = false_discovery_control(p_values, method="bh")
    table = table.assign(q_value=q_value)
    verdicts = [
        _reach_verdict(row, directions.get(str(row["indicator"]), "+"), false_discovery_rate)
        for row in table.to_dict("records")
    ]
    return table.assign(
        verdict=[verdict for verdict, _ in verdicts], reason=[reason for _, reason in verdicts]
    )


def _reach_verdict(row: dict, direction: str, false_discovery_rate: float) -> tuple[str, str]:
    if np.isnan(row["q_value"]):
        return "not testable", _explain_untested(row)
    notes = _note_limits(row)
    if row["q_value"] > false_discovery_rate:
        said = f"lift {row['lift']:.2f} ({row['low']:.2f} to {row['high']:.2f}) may be chance"
        return "uninformative", "; ".join([said, *notes])
    said = f"lift {row['lift']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    against = (direction == "+" and row["lift"] < 1) or (direction == "-" and row["lift"] > 1)
    return ("wrong way" if against else "informative"), "; ".join([said, *notes])


def _explain_untested(row: dict) -> str:
    if row["computable"] == 0:
        return "not computable for any unit"
    if not row["known"] > 0:
        return "no unit that can be judged has a known outcome"
    if row["base_rate"] in (0, 1):
        return "always on" if row["base_rate"] else "never on"
    return "outcomes and flags never differ within a market and year"


def _note_limits(row: dict) -> list[str]:
    notes = []
    if row["base_rate"] > _ALWAYS:
        notes.append(f"on in {row['base_rate']:.0%} of units")
    if row["base_rate"] < _RARELY:
        notes.append(f"on in {row['base_rate']:.1%} of units")
    if row["coverage"] < _LITTLE_COVERAGE:
        notes.append(f"computable for {row['coverage']:.0%} of units")
    return notes
