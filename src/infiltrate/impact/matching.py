"""Treated companies and the controls they are held against: same cell, same years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infiltrate.impact.answer import Finding, find_refusals
from infiltrate.impact.panel_checks import FEW_CLUSTERS, check_panel

_COLUMNS = ("company_id", "year", "first_treated", "treated_until", "cell", "cluster")


@dataclass(frozen=True, eq=False)
class MatchedPanel:
    """Rows that every estimator of one event study shares.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per company and year, sorted by both: ``company_id``; ``unit``, ``cell``,
        ``cell_year`` and ``cluster``, whole numbers that stand for names; the calendar ``year``;
        ``cohort``, the first year of treatment (0 for companies never treated), ``event_time``, the
        years since then (missing for companies never treated); ``treated``, whether treatment has
        begun; ``outcome``.
    findings : tuple of Finding
        What was left out and why; a refusal where too little is left.
    clustered_by : str
        What one cluster is, in words.
    anticipation : int
        Years before treatment in which it may work already; the last year before them is the
        year of reference.
    lags : int
        The last event time.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...]
    clustered_by: str
    anticipation: int
    lags: int

    @property
    def is_refused(self) -> bool:
        """Whether too little is left to estimate anything."""
        return bool(find_refusals(self.findings))

    @property
    def reference(self) -> int:
        """The event time that effects are measured from."""
        return -1 - self.anticipation

    def count_treated(self) -> int:
        """Return the number of companies seen under treatment."""
        return int(self.rows.loc[self.rows["event_time"] >= 0, "unit"].nunique())

    def count_clusters(self) -> int:
        """Return the number of clusters with companies under treatment, which tell the effect."""
        return int(self.rows.loc[self.rows["event_time"] >= 0, "cluster"].nunique())


def match_controls(
    panel: pd.DataFrame,
    outcome: str,
    *,
    lags: int,
    anticipation: int = 0,
    fewest_treated: int = 2,
    smallest_shown: int = 5,
) -> MatchedPanel:
    """Keep treated companies and the never-treated ones of the same cell, in comparable years.

    A row of a treated company stays while treatment lasts (``treated_until``), up to ``lags``
    years after its start, and in years that never-treated companies of its cell link with its
    year of reference: otherwise the year says nothing about the effect. A treated company without
    the year of reference is left out; so are those treated in all years they are seen.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row per company and year: ``company_id``, ``year``, ``first_treated``,
        ``treated_until``, ``cell``, ``cluster`` and the outcome.
    outcome : str
        Column that is explained.
    lags, anticipation, fewest_treated : int
        As in `ImpactChoices` and `EventStudyDesign`.
    smallest_shown : int
        Smaller numbers of companies are not written out.

    Raises
    ------
    ValueError
        A column is missing from the panel.

    Notes
    -----
    Companies of one cell are compared with the same controls, so their noise is shared: clusters
    are the smallest groups that contain whole cells and whole clusters of the panel. Clustering
    by company would understate the standard error (de Chaisemartin and Ramirez-Cuellar 2024).
    Where such groups are fewer than 30 the panel's own clusters count, which is enough where cells
    hold many more controls than treated companies.
    """
    missing = [name for name in (*_COLUMNS, outcome) if name not in panel.columns]
    if missing:
        raise ValueError(f"the panel has no column {', '.join(missing)}")
    fewest = max(fewest_treated, 2)
    checked = check_panel(
        panel[list(dict.fromkeys([*_COLUMNS, outcome]))],
        unit="company_id",
        time="year",
        outcome=outcome,
        treated="first_treated",
        fewest_treated=fewest,
        design="event_study",
        smallest_shown=smallest_shown,
    )
    rows = _number(checked.rows, outcome)
    if checked.is_refused:
        return MatchedPanel(rows, checked.findings, "", anticipation, lags)
    until = checked.rows["treated_until"].astype("float64").to_numpy()
    rows = rows[~(rows["year"].to_numpy() > until) & ~(rows["event_time"].to_numpy() > lags)]
    rows, left_out = _leave_out(rows, -1 - anticipation)
    rows = rows.assign(treated=(rows["event_time"] >= -anticipation).to_numpy())
    rows, clustered_by = _cluster(rows)
    found = [*_say_left_out(left_out, smallest_shown), *_judge(rows, fewest, smallest_shown)]
    return MatchedPanel(rows, (*checked.findings, *found), clustered_by, anticipation, lags)


def _number(panel: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the rows with whole numbers for names; names and their order decide nothing."""
    first = panel["first_treated"].astype("float64").to_numpy()
    year = panel["year"].to_numpy(dtype=np.int64)
    cell = pd.factorize(panel["cell"], sort=True)[0]
    return pd.DataFrame(
        {
            "company_id": panel["company_id"],
            "unit": pd.factorize(panel["company_id"], sort=True)[0],
            "year": year,
            "cell": cell,
            "cell_year": pd.factorize(cell * 10_000 + year, sort=True)[0],
            "cluster": pd.factorize(panel["cluster"], sort=True)[0],
            "cohort": np.nan_to_num(first, nan=0).astype(np.int64),
            "event_time": year - first,
            "outcome": panel[outcome].to_numpy(dtype=float),
        }
    )


def _leave_out(rows: pd.DataFrame, reference: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows that can be compared, and how many companies were left out by reason."""
    ever = rows[rows["cohort"] > 0]
    start = ever.loc[ever["event_time"] == reference].set_index("unit")["cell_year"]
    linked = _link_years(rows)
    of_start = linked.reindex(ever["unit"].map(start)).to_numpy()
    comparable = of_start == linked.reindex(ever["cell_year"]).to_numpy()
    kept = rows.drop(ever.index[~comparable])
    cells = kept.loc[kept["cohort"] > 0, "cell"].unique()
    units = pd.Index(ever["unit"].unique())
    in_years = units[units.isin(start.index)]
    counts = {
        "have no row in the year that effects are measured from": len(units) - len(in_years),
        "have no never-treated company in their cell": int(
            (~in_years.isin(ever.loc[comparable, "unit"])).sum()
        ),
    }
    return kept[kept["cell"].isin(cells)], counts


def _link_years(rows: pd.DataFrame) -> pd.Series:
    """Return for each cell and year which other years never-treated companies link it with."""
    never = rows[rows["cohort"] == 0]
    unit, unit_names = pd.factorize(never["unit"])
    cell_year, names = pd.factorize(never["cell_year"])
    size = len(unit_names) + len(names)
    seen = coo_array((np.ones(len(never)), (unit, len(unit_names) + cell_year)), (size, size))
    part = connected_components(seen, directed=False)[1]
    return pd.Series(part[len(unit_names) :].astype(float), index=names)


def _say_left_out(counts: dict[str, int], smallest: int) -> Iterator[Finding]:
    for reason, count in counts.items():
        if count:
            text = f"{_say(count, smallest).capitalize()} treated companies {reason}; left out."
            yield Finding("warning", "event_study", text)


def _say(count: int, smallest: int) -> str:
    return f"{count:,}" if count >= smallest or count == 0 else f"fewer than {smallest}"


def _cluster(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    cell, cluster = pd.factorize(rows["cell"])[0], pd.factorize(rows["cluster"])[0]
    cells = int(cell.max(initial=-1)) + 1
    size = cells + int(cluster.max(initial=-1)) + 1
    both = coo_array((np.ones(len(rows)), (cell, cells + cluster)), (size, size))
    count, part = connected_components(both, directed=False)
    if count >= FEW_CLUSTERS:
        return rows.assign(cluster=part[cell]), "cells and the clusters of the panel, joined"
    return rows, "clusters of the panel"


def _judge(rows: pd.DataFrame, fewest: int, smallest: int) -> Iterator[Finding]:
    under = rows["event_time"] >= 0
    treated, clusters = rows.loc[under, "unit"].nunique(), rows.loc[under, "cluster"].nunique()
    if treated < fewest:
        text = (
            f"{_say(treated, smallest).capitalize()} treated companies can be compared with "
            f"never-treated ones of their cell; at least {fewest} are needed."
        )
        yield Finding("refused", "event_study", text)
    elif clusters < 2:
        text = "All treated companies are in one cluster: there is no standard error."
        yield Finding("refused", "event_study", text)
    elif clusters < FEW_CLUSTERS:
        text = (
            f"Only {clusters} clusters with treated companies, fewer than {FEW_CLUSTERS}: "
            "clustered standard errors are too small on average."
        )
        yield Finding("warning", "event_study", text)
