"""Whether entries follow entries of neighbours, and whether more than one case explains that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.network.assortativity import degree_classes
from infiltrate.network.listings import Listings
from infiltrate.params.network_choices import ContagionChoices

CASE_LINKED = "lists that follow cases"
NOT_LINKED = "other lists"
RECENT = "recent"
LATE = "late"
_COLUMNS = (
    "lists", "lag", "hazard_ratio", "low", "high", "exposed_listed", "exposed_periods",
    "expected_listed", "reason",
)  # fmt: skip
_FEW = 5
_MONTH = 30.4375


def follow_neighbours(
    listings: Listings, lists: Sequence[str], choices: ContagionChoices, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare how often companies are newly listed after a neighbour was, and otherwise.

    Time is cut into periods. A company is at risk of its first entry on one of the lists while it
    exists and is on none of them. It is exposed *recently* when at the beginning of the period a
    neighbour had been on any list for at most ``late_months``, *late* when all its listed
    neighbours had been for longer; it is compared with companies of the same period, sector,
    area and class of ties that have no listed neighbour. The hazard ratio is that of Mantel and
    Haenszel for rates (Greenland and Robins 1985); its interval is from draws of groups of
    connected companies, and at least as wide as that of a Poisson count.

    Parameters
    ----------
    listings : Listings
        Ties and entries of one day.
    lists : sequence of str
        Lists of the study; ``choices.case_linked_lists`` among them follow cases.
    choices : ContagionChoices
        Periods, lag, resamples and coverage.
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        One row per kind of lists and lag: ``lists``, ``lag`` (``recent`` or ``late``),
        ``hazard_ratio``, ``low``, ``high``, ``exposed_listed`` (entries of exposed companies),
        ``exposed_periods``, ``expected_listed`` (entries they would have had at the rate of
        their like), ``reason`` where there is no number.

    Notes
    -----
    An authority that follows a case from company to company lists neighbours soon: a higher rate
    on lists that follow cases, or soon after, may be nothing but such a cascade. A higher rate
    late on other lists is what spreading conduct would look like, and so would neighbours alike
    in ways that are not in the data. Ties are those of one day: a tie may be younger than the
    entry that it stands beside.
    """
    linked = [name for name in lists if name in choices.case_linked_lists]
    others = [name for name in lists if name not in choices.case_linked_lists]
    rows = []
    for words, chosen in ((CASE_LINKED, linked), (NOT_LINKED, others)):
        if chosen:
            periods = _cut_into_periods(listings, chosen, choices)
            rows += [
                {"lists": words, "lag": lag, **_compare(periods, lag, choices, rng)}
                for lag in (RECENT, LATE)
            ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _cut_into_periods(
    listings: Listings, chosen: Sequence[str], choices: ContagionChoices
) -> pd.DataFrame:
    """Return one row per company and period at risk: ``cell``, ``group``, ``state``, ``event``."""
    entries = listings.entries
    length = np.timedelta64(round(choices.period_months * _MONTH), "D")
    if entries.empty:
        return pd.DataFrame(columns=["cell", "group", "state", "event"])
    first = entries["listed_on"].min().to_datetime64().astype("datetime64[D]")
    last = entries["listed_on"].max().to_datetime64().astype("datetime64[D]")
    starts = np.arange(first, last + np.timedelta64(1, "D"), length)
    own = _first_days(listings, entries[entries["list_id"].isin(chosen)])
    anywhere = _first_days(listings, entries)
    ties = listings.ties
    able = np.flatnonzero((listings.strata >= 0) & (ties.degrees > 0))
    classes = degree_classes(ties.degrees)[able]
    strata = listings.strata[able].astype(np.int64) * (classes.max(initial=0) + 1) + classes
    late = np.timedelta64(round(choices.late_months * _MONTH), "D")
    parts = []
    for number, start in enumerate(starts):
        recent = _has_neighbour(listings, (anywhere < start) & (anywhere >= start - late))[able]
        ever = _has_neighbour(listings, anywhere < start)[able]
        day = own[able]
        exists = ~(listings.begins[able] > start) & ~(listings.ends[able] <= start)
        at_risk = exists & ~(day < start)
        rows = pd.DataFrame(
            {
                "cell": strata * len(starts) + number,
                "group": ties.components[able],
                "state": np.where(recent, RECENT, np.where(ever, LATE, "none")),
                "event": (day >= start) & (day < start + length),
            }
        )
        parts.append(rows[at_risk])
    return pd.concat(parts, ignore_index=True)


def _first_days(listings: Listings, entries: pd.DataFrame) -> np.ndarray:
    days = np.full(len(listings.ties.companies), np.datetime64("NaT", "D"))
    first = entries.groupby("company")["listed_on"].min()
    days[first.index.to_numpy()] = first.to_numpy(dtype="datetime64[D]")
    return days


def _has_neighbour(listings: Listings, marked: np.ndarray) -> np.ndarray:
    """Whether a company other than itself, at one of its hubs, is marked."""
    ties = listings.ties
    at_hubs = ties.members @ marked.astype(float)
    return ties.incidence @ at_hubs - np.diff(ties.incidence.indptr) * marked > 0.5


def _compare(
    periods: pd.DataFrame, lag: str, choices: ContagionChoices, rng: np.random.Generator
) -> dict[str, object]:
    exposed = periods[periods["state"] == lag]
    like = periods[(periods["state"] == "none") & periods["cell"].isin(exposed["cell"])]
    exposed = exposed[exposed["cell"].isin(like["cell"])]
    counts = {
        "exposed_listed": int(exposed["event"].sum()),
        "exposed_periods": len(exposed),
    }
    if counts["exposed_periods"] < _FEW or not like["event"].any():
        reason = (
            f"{counts['exposed_periods']:,} periods of exposed companies with others of their "
            f"like, and {int(like['event'].sum())} entries of these: too few to compare"
        )
        return {**counts, "reason": reason}
    both = pd.concat([exposed, like])
    cell = pd.factorize(both["cell"])[0]
    group, groups = pd.factorize(both["group"])
    is_exposed = np.arange(len(both)) < len(exposed)
    event = both["event"].to_numpy(dtype=float)
    ones = np.ones(len(both))
    observed, expected = _mantel_haenszel(cell, is_exposed, event, ones)
    even = np.full(len(groups), 1 / len(groups))
    ratios = []
    for _ in range(choices.resamples):
        drawn = rng.multinomial(len(groups), even)[group].astype(float)
        above, below = _mantel_haenszel(cell, is_exposed, event, drawn)
        ratios.append(above / below if below > 0 else np.inf)
    rate = np.bincount(cell, event * ~is_exposed) / np.maximum(np.bincount(cell, ~is_exposed), 1)
    likely = float(rate[cell][is_exposed].sum())
    ratio = observed / expected
    tail = (1 - choices.interval) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail], method="nearest")
    fewest, most = _poisson_ends(counts["exposed_listed"], tail)
    scale = ratio / counts["exposed_listed"] if ratio > 0 else 1 / max(likely, 1e-9)
    return {
        **counts,
        "hazard_ratio": ratio,
        "low": min(float(low), scale * fewest),
        "high": max(float(high), scale * most),
        "expected_listed": likely,
        "reason": "",
    }


def _poisson_ends(count: int, tail: float) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean, wider than draws where entries are few."""
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return float(low), float(stats.chi2.ppf(1 - tail, 2 * count + 2) / 2)


def _mantel_haenszel(
    cell: np.ndarray, is_exposed: np.ndarray, event: np.ndarray, weight: np.ndarray
) -> tuple[float, float]:
    """Return the two sums over cells whose ratio is the hazard ratio."""
    exposed = np.bincount(cell, weight * is_exposed)
    like = np.bincount(cell, weight * ~is_exposed)
    hit = np.bincount(cell, weight * event * is_exposed)
    missed = np.bincount(cell, weight * event * ~is_exposed)
    total = np.maximum(exposed + like, 1e-300)
    return float((hit * like / total).sum()), float((missed * exposed / total).sum())
