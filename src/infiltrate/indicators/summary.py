"""Base rate and coverage of every indicator, and warnings where they say it is of little use."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.compute import STATES
from infiltrate.indicators.flag_rates import interval_of_rates

HIGH_BASE_RATE = 0.6
LOW_COVERAGE = 0.2
TOP_REASONS = 3
MOST_ALONE = 5
_SCORE = "robust standard deviations"


def summarise_indicators(
    results: pa.Table, by_year: bool = False, interval: float = 0.95
) -> pd.DataFrame:
    """Count the units in each state and say how often an indicator is on.

    Parameters
    ----------
    results : pyarrow.Table
        What `compute_indicators` returned.
    by_year : bool
        Whether to give one row per indicator and calendar year of its units.
    interval : float
        Coverage of the interval of the base rate.

    Returns
    -------
    pandas.DataFrame
        One row per indicator (and year), sorted: ``indicator``, ``title``, ``level``, ``on``,
        (``year``, missing for undated units), ``units``, ``flag``, ``clear``,
        ``not_computable``, ``coverage`` (computable share of units), ``base_rate`` (flagged share
        of computable units) with its interval ``low`` to ``high``, which knows that units of one
        buyer or company are alike (see ``flag_rates``) and is missing when all are of one, and
        ``reasons`` (the most frequent ones for not computable). An indicator that is turned off
        has a row with ``on`` false and no units.
    """
    keys = ["indicator", "year"] if by_year else ["indicator"]
    counts = _count_states(results, keys)
    reasons = _collect_reasons(results, keys)
    summary = pd.concat([counts, _list_turned_off(results, keys)], ignore_index=True)
    summary = summary.merge(reasons, on=keys, how="left").fillna({"reasons": ""})
    catalogue = load_catalogue()
    summary["title"] = [catalogue[code].title for code in summary["indicator"]]
    summary["level"] = [catalogue[code].level for code in summary["indicator"]]
    summary = _add_rates(summary, results, keys, interval).sort_values(keys, ignore_index=True)
    rates = ["coverage", "base_rate", "low", "high", "reasons"]
    return summary[["indicator", "title", "level", "on", *keys[1:], "units", *STATES, *rates]]


def spread_scores(results: pa.Table, minimum: int) -> pd.DataFrame:
    """Say how far companies lie from their peers, by indicator.

    Parameters
    ----------
    results : pyarrow.Table
        What `compute_indicators` returned.
    minimum : int
        Indicators computable for fewer companies are left out.

    Returns
    -------
    pandas.DataFrame
        One row per indicator whose value is a robust score, by code: ``indicator``, ``title``,
        ``companies``, the quantiles ``q05``, ``q25``, ``q50``, ``q75``, ``q95``, ``limit`` and
        ``flagged``, the share of companies flagged.
    """
    scored = [code for code, one in load_catalogue().items() if one.unit.startswith(_SCORE)]
    known = pc.and_(
        pc.is_in(results["indicator"], value_set=pa.array(scored)), pc.is_valid(results["value"])
    )
    columns = ["indicator", "value", "threshold", "state"]
    groups = results.filter(known).select(columns).to_pandas().groupby("indicator", sort=True)
    rows = pd.DataFrame(
        {
            "title": [load_catalogue()[code].title for code in groups.groups],
            "companies": groups.size(),
            **{f"q{q:02}": groups["value"].quantile(q / 100) for q in (5, 25, 50, 75, 95)},
            "limit": groups["threshold"].first().abs(),
            "flagged": groups["state"].agg(lambda states: (states == "flag").mean()),
        }
    )
    return rows[rows["companies"] >= minimum].reset_index(names="indicator")


def warn_about_indicators(summary: pd.DataFrame) -> list[str]:
    """Say which indicators of a summary tell little, and why.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per indicator, as `summarise_indicators` gives without years.

    Returns
    -------
    list of str
        One sentence per warning, in the order of the summary; those that cannot be computed for
        any unit in one, the last, where they are many.
    """
    is_dark = (summary["units"] > 0) & (summary["coverage"] == 0)
    together = summary[is_dark] if is_dark.sum() > MOST_ALONE else summary.head(0)
    warnings = [
        f"{row['indicator']} ({row['title']}): {warning}"
        for row in summary.drop(together.index).to_dict("records")
        if (warning := _find_warning(row))
    ]
    if len(together):
        titles = ", ".join(together["title"])
        warnings.append(f"{len(together)} red flags are not computable for any unit: {titles}.")
    return warnings


def _count_states(results: pa.Table, keys: list[str]) -> pd.DataFrame:
    counted = _with_year(results).group_by([*keys, "state"]).aggregate([([], "count_all")])
    frame = counted.to_pandas().astype({"count_all": "int64"})
    wide = frame.pivot_table(
        index=keys, columns="state", values="count_all", aggfunc="sum", dropna=False, fill_value=0
    )
    wide = wide.reindex(columns=list(STATES), fill_value=0).astype("int64")
    wide.columns.name = None
    wide["units"] = wide.sum(axis=1)
    return wide[wide["units"] > 0].reset_index().assign(on=True)


def _collect_reasons(results: pa.Table, keys: list[str]) -> pd.DataFrame:
    unknown = _with_year(results).filter(pc.equal(results["state"], "not_computable"))
    counted = unknown.group_by([*keys, "detail"]).aggregate([([], "count_all")]).to_pandas()
    counted = counted.sort_values(["count_all", "detail"], ascending=[False, True])
    groups = counted.groupby(keys, dropna=False, sort=True)
    top = groups.head(TOP_REASONS)
    counts = top["count_all"].map("{:,}".format).astype("str")
    texts = top.assign(reasons=top["detail"] + " (" + counts + ")")
    return texts.groupby(keys, dropna=False, sort=True)["reasons"].agg("; ".join).reset_index()


def _list_turned_off(results: pa.Table, keys: list[str]) -> pd.DataFrame:
    metadata = results.schema.metadata or {}
    codes = json.loads(metadata.get(b"turned_off", b"[]"))
    off = pd.DataFrame({"indicator": pd.Series(codes, dtype="str"), "on": False})
    off = off.assign(**dict.fromkeys([*STATES, "units"], 0))
    return off.assign(year=pd.Series(pd.NA, off.index, dtype="Int64")) if "year" in keys else off


def _with_year(results: pa.Table) -> pa.Table:
    columns = ["indicator", "state", "detail", "buyer_id", "company_id"]
    return results.select(columns).append_column("year", pc.year(results["on_date"]))


def _add_rates(
    summary: pd.DataFrame, results: pa.Table, keys: list[str], interval: float
) -> pd.DataFrame:
    known = summary["flag"] + summary["clear"]
    ends = interval_of_rates(_with_year(results), summary, keys, interval)
    return summary.assign(
        coverage=(known / summary["units"].where(summary["units"] > 0)).astype("float64"),
        base_rate=(summary["flag"] / known.where(known > 0)).astype("float64"),
        low=ends["low"],
        high=ends["high"],
    )


def _find_warning(row: dict[Hashable, Any]) -> str:
    coverage, reasons = row["coverage"], f"Reasons: {row['reasons']}."
    if not row["on"]:
        return "turned off in the parameters."
    if row["units"] == 0:
        return "there are no units."
    if coverage == 0:
        return f"not computable for any of {row['units']:,} units. {reasons}"
    findings = []
    if row["base_rate"] > HIGH_BASE_RATE:
        findings.append(f"on in {row['base_rate']:.0%} of computable units: uninformative here")
    if row["flag"] == 0:
        findings.append("never on: uninformative here")
    if coverage < LOW_COVERAGE:
        findings.append(f"computable for only {coverage:.0%} of units. {reasons[:-1]}")
    return "; ".join(findings) + "." if findings else ""
