"""Local projections for treatment that begins at different times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.impact.curves import Curve, close_curve, cluster_scores
from infiltrate.impact.matching import MatchedPanel

PROJECTIONS = "local projections, reweighted"


def fit_projections(matched: MatchedPanel, leads: int) -> Curve:
    """Compare changes since the year of reference with those of companies not yet treated.

    Each treated company is held against the mean change of the controls of its cell that are
    still untreated at the end of the change: the reweighted local projections of Dube, Girardi,
    Jorda and Taylor (2025).
    """
    changes = _stack_changes(matched, leads)
    treated = changes["is_treated"].to_numpy()
    event_time, excess = changes["event_time"].to_numpy(), changes["excess"].to_numpy()
    times = np.unique(event_time)
    is_time = (event_time[:, np.newaxis] == times) & treated[:, np.newaxis]
    counts = is_time.sum(axis=0)
    estimates = (is_time * excess[:, np.newaxis]).sum(axis=0) / counts
    # a control is taken away from each treated company of its group in equal shares
    position = np.searchsorted(times, event_time)
    centred = np.where(treated, excess - estimates[position], -excess)
    scores = np.zeros((len(changes), len(times)))
    scores[np.arange(len(changes)), position] = changes["weight"] * centred / counts[position]
    covariance = cluster_scores(scores, changes["cluster"].to_numpy())
    return close_curve(PROJECTIONS, matched, times, estimates, covariance)


def _stack_changes(matched: MatchedPanel, leads: int) -> pd.DataFrame:
    """Return one row per company, year of treatment in its cell and event time.

    ``excess`` is the change since the year of reference less the mean change of controls of the
    same cell and years, ``weight`` how many treated companies the row stands for: 1 for these.
    """
    rows = matched.rows
    first = int(rows["year"].min())
    years = int(rows["year"].max()) - first + 1
    values = np.full((int(rows["unit"].max()) + 1, years), np.nan)
    values[rows["unit"], rows["year"] - first] = rows["outcome"]
    units = rows.drop_duplicates("unit")[["unit", "cell", "cohort", "cluster"]]
    starts = units.loc[units["cohort"] > 0, ["cell", "cohort"]].drop_duplicates()
    pairs = starts.rename(columns={"cohort": "start"}).merge(units, on="cell")
    unit, start = pairs["unit"].to_numpy(), pairs["start"].to_numpy()
    cohort = np.where(pairs["cohort"] == 0, np.iinfo(np.int32).max, pairs["cohort"])
    parts = []
    for time in (t for t in range(-leads, matched.lags + 1) if t != matched.reference):
        end, base = start + time - first, start + matched.reference - first
        inside = (end >= 0) & (end < years) & (base >= 0) & (base < years)
        waits = cohort - matched.anticipation > start + max(time, matched.reference)
        used = inside & ((cohort == start) | waits)
        change = values[unit[used], end[used]] - values[unit[used], base[used]]
        parts.append(
            pairs[used].assign(event_time=time, change=change, is_treated=(cohort == start)[used])
        )
    changes = pd.concat(parts, ignore_index=True).dropna(subset="change")
    is_treated = changes["is_treated"]
    keys = [changes[name] for name in ("cell", "start", "event_time")]
    treated = is_treated.groupby(keys).transform("sum")
    controls = (~is_treated).groupby(keys).transform("sum")
    usual = changes["change"].mask(is_treated).groupby(keys).transform("mean")
    changes = changes.assign(
        excess=changes["change"] - usual,
        weight=np.where(is_treated, 1.0, treated / controls.where(controls > 0)),
    )
    return changes[(treated > 0) & (controls > 0)]
