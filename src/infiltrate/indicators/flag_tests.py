"""Each red flag held as a test: does it say more than chance, and in which direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats
from scipy.stats import false_discovery_control

from infiltrate.indicators.flag_rates import interval_of_rates

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
        Long table of indicator results: ``indicator``, ``entity_id``, ``state``, ``on_date``, and
        ``buyer_id`` and ``company_id`` where they are known.
    markets : pandas.Series, optional
        Market of each unit, by ``entity_id``; one market when absent.
    interval : float
        Coverage of the interval, which knows that units of a buyer or company are alike.

    Returns
    -------
    pandas.DataFrame
        One row per ``indicator``, ``year`` and ``market``, sorted: ``units``, ``computable``,
        ``coverage``, ``flags``, ``base_rate``, ``low``, ``high``; rates are missing where nothing
        is computable.
    """
    frame, _ = _prepare(results, markets)
    keys = ["indicator", "year", "market"]
    rates = frame.groupby(keys, observed=True).agg(
        units=("known", "size"), computable=("known", "sum"), flags=("flag", "sum")
    )
    rates = rates.reset_index().astype(dict.fromkeys(keys, object))
    rates = rates.sort_values(keys, ignore_index=True)
    n = rates["computable"].where(rates["computable"] > 0).astype(float)
    rates["coverage"] = rates["computable"] / rates["units"]
    rates["base_rate"] = rates["flags"] / n
    counts = rates.assign(flag=rates["flags"], clear=rates["computable"] - rates["flags"])
    ends = interval_of_rates(_as_table(results, frame), counts, keys, interval)
    return rates.assign(low=ends["low"], high=ends["high"])


def _as_table(results: pd.DataFrame, frame: pd.DataFrame) -> pa.Table:
    """Return the results as a table with the year and market of each unit."""
    clusters = [name for name in ("buyer_id", "company_id") if name in results]
    columns = frame[["indicator", "year", "market"]].astype(str)
    columns = columns.assign(state=results["state"], **{n: results[n] for n in clusters})
    table = pa.Table.from_pandas(columns, preserve_index=False)
    for name in {"buyer_id", "company_id"} - set(clusters):
        table = table.append_column(name, pa.nulls(len(results), pa.string()))
    return table


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
        A unit without a cluster is one of its own, and so are all when absent.
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
    tables = judge_by_outcome(
        results,
        {"all": outcomes},
        rng,
        markets,
        directions=directions,
        clusters=clusters,
        permutations=permutations,
        false_discovery_rate=false_discovery_rate,
        interval=interval,
    )
    return tables["all"]


def judge_by_outcome(
    results: pd.DataFrame,
    outcomes: Mapping[str, pd.Series],
    rng: np.random.Generator,
    markets: pd.Series | None = None,
    *,
    directions: Mapping[str, str] | None = None,
    clusters: pd.Series | None = None,
    permutations: int = 999,
    false_discovery_rate: float = 0.05,
    interval: float = 0.95,
) -> dict[str, pd.DataFrame]:
    """Hold every flag against several known outcomes, each by itself, as `judge_flags` does."""
    frame, names = _prepare(results, markets)
    cluster = pd.Series(names, names)
    if clusters is not None:
        given = clusters.reindex(names).astype(object)
        cluster = given.where(given.notna(), "unit " + cluster.astype(str))
    group = pd.factorize(cluster.astype(str).to_numpy(dtype=object), sort=True)[0]
    frame = frame.assign(
        cluster=group[frame["unit"]],
        stratum=frame.groupby(["market", "year"], observed=True).ngroup(),
    )
    parts = [
        (str(code), part) for code, part in frame.groupby("indicator", sort=True, observed=True)
    ]
    tables = {}
    for name, series in outcomes.items():
        outcome = series.reindex(names).to_numpy(dtype=float, na_value=np.nan)
        rows = [
            {
                "indicator": code,
                **_count_known(part),
                **_test_one(_keep_judged(part, outcome), rng, permutations, interval),
            }
            for code, part in parts
        ]
        table = pd.DataFrame(rows, columns=list(_COLUMNS))
        tables[name] = _reach_verdicts(table, directions or {}, false_discovery_rate)
    return tables


def _prepare(results: pd.DataFrame, markets: pd.Series | None) -> tuple[pd.DataFrame, np.ndarray]:
    """Return indicator, unit, year, market, known and flag of each row, and the units' names."""
    unit, names = pd.factorize(results["entity_id"].astype(object), sort=True)
    year = pd.to_datetime(results["on_date"]).dt.year
    years = pd.Categorical(year.fillna(0).astype(int))
    written = [_UNSEEN if number == 0 else str(number) for number in years.categories]
    market = pd.Series("all", names, dtype=object)
    if markets is not None:
        market = markets[~markets.index.duplicated()].reindex(names).astype(object)
    market = market.where(market.notna(), _UNSEEN).astype(str)
    kinds = pd.Categorical(market)
    frame = pd.DataFrame(
        {
            "indicator": results["indicator"].astype("category").to_numpy(),
            "unit": unit,
            "year": years.rename_categories(written),
            "market": pd.Categorical.from_codes(kinds.codes[unit], kinds.categories),
            "known": results["state"].isin(_COMPUTABLE).to_numpy(),
            "flag": (results["state"] == "flag").to_numpy(),
        },
        index=results.index,
    )
    return frame, np.asarray(names, dtype=object)


def _count_known(part: pd.DataFrame) -> dict[str, float]:
    known = part["known"].sum()
    rate = part["flag"].sum() / max(known, 1)
    return {
        "units": len(part),
        "computable": known,
        "coverage": known / len(part),
        "base_rate": rate,
    }


def _keep_judged(part: pd.DataFrame, outcome: np.ndarray) -> pd.DataFrame:
    """Return the computable units with a known outcome, given by unit."""
    part = part.assign(outcome=outcome[part["unit"]])
    return part[part["known"] & part["outcome"].notna()]


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
    if expected <= 0 or spread <= 1e-9:
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
    frame = judged[["cluster", "stratum", "flag"]].assign(known=judged["outcome"] > 0)
    frame = frame.assign(hit=frame["flag"] & frame["known"])
    counted = frame.groupby(["cluster", "stratum"], as_index=False).size()
    main = counted.sort_values(["cluster", "size", "stratum"], ascending=[True, False, True])
    stratum = main.drop_duplicates("cluster").set_index("cluster")["stratum"]
    cells = frame.groupby("cluster").agg(
        flags=("flag", "sum"), mean=("known", "mean"), known=("known", "sum"), hits=("hit", "sum")
    )
    cells = cells.assign(stratum=stratum.reindex(cells.index)).reset_index()
    return cells.sort_values(["stratum", "cluster"], ignore_index=True)


def _permute(
    cells: pd.DataFrame, rng: np.random.Generator, permutations: int
) -> tuple[float, float, np.ndarray]:
    """Return mean, spread and draws of flags on known units when outcomes change places.

    Mean and spread are those of all permutations (Hoeffding 1951), not of the draws. Clusters of
    unequal size exchange the share of their units with the outcome; strata in which all clusters
    are alike cannot move.
    """
    draws, mean, variance = np.zeros(permutations), 0.0, 0.0
    for _, stratum in cells.groupby("stratum", sort=True):
        flags, outcome = stratum["flags"].to_numpy(float), stratum["mean"].to_numpy(float)
        mean += len(flags) * flags.mean() * outcome.mean()
        if len(flags) > 1:
            spread = flags.var() * outcome.var() * len(flags) ** 2 / (len(flags) - 1)
            variance += spread
            fixed = flags.sum() * outcome.mean()
            draws += _draw_sums(flags, outcome, rng, permutations) if spread else fixed
        else:
            draws += flags[0] * outcome[0]
    return float(mean), float(np.sqrt(variance)), draws


def _draw_sums(
    flags: np.ndarray, outcome: np.ndarray, rng: np.random.Generator, permutations: int
) -> np.ndarray:
    """Return sums of flags on outcomes that change places at random."""
    if np.isin(outcome, (0.0, 1.0)).all():
        numbers, counts = np.unique(flags, return_counts=True)
        drawn = rng.multivariate_hypergeometric(counts, int(outcome.sum()), permutations)
        return drawn @ numbers
    return np.array([flags @ rng.permutation(outcome) for _ in range(permutations)])


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
        share = row["base_rate"]
        notes.append("on in " + (f"{share:.1%}" if share >= 0.0005 else "<0.1%") + " of units")
    if row["coverage"] < _LITTLE_COVERAGE:
        notes.append(f"computable for {row['coverage']:.0%} of units")
    return notes
