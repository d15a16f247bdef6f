"""All companies of all days under one another, with what decides who may learn from whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.risk.cohorts import Cohort

UNKNOWN = "unknown"
"""Region of companies whose buyers' region is not known."""

_LARGEST_GROUP = 0.1


@dataclass(frozen=True, eq=False)
class DesignRows:
    """One row per day and company, days rising; n rows, K lists, R regions.

    Attributes
    ----------
    days, window_closes : tuple of date
        Of each cohort: when features were taken, and the last day on which an entry counted.
    day : ndarray of int, shape (n,)
        Number of the cohort.
    company : ndarray of str, shape (n,)
    is_listed : ndarray of bool, shape (n,)
    listed, exposed : DataFrame of bool, shape (n, K)
        As in ``Cohort``; no entry and not exposed where a day does not know a list.
    group : ndarray of int, shape (n,)
        Companies once connected have one number, on whatever day.
    is_cut : bool
        Whether a network too large to stay together was cut into communities.
    region : Series, n rows
        Of the buyers a company mostly deals with; ``unknown`` where it is.
    deals_in : DataFrame of bool, shape (n, R)
        Whether the company ever dealt with buyers of the region; its own always counts.
    first_active_on : Series, n rows
    """

    days: tuple[date, ...]
    window_closes: tuple[date, ...]
    day: np.ndarray
    company: np.ndarray
    is_listed: np.ndarray
    listed: pd.DataFrame
    exposed: pd.DataFrame
    group: np.ndarray
    is_cut: bool
    region: pd.Series
    deals_in: pd.DataFrame
    first_active_on: pd.Series

    @property
    def latest(self) -> np.ndarray:
        """Rows of the last day."""
        return self.of_day(len(self.days) - 1)

    def of_day(self, number: int) -> np.ndarray:
        """Return the rows of one day."""
        return np.flatnonzero(self.day == number)

    def closed_before(self, number: int) -> np.ndarray:
        """Return the rows of days whose windows had closed by the day with this number."""
        closed = [n for n in range(number) if self.window_closes[n] <= self.days[number]]
        return np.flatnonzero(np.isin(self.day, closed))

    def labels(self, without_list: str = "") -> np.ndarray:
        """Return who is listed; without one of the lists, as if it did not exist."""
        if not without_list:
            return self.is_listed
        return self.listed.drop(columns=without_list).to_numpy(bool).any(axis=1)

    def apart_from(
        self, train: np.ndarray, test: np.ndarray, *, regions: bool = False
    ) -> np.ndarray:
        """Return the training rows that nothing ties to those tested.

        Parameters
        ----------
        train, test : ndarray of int
            Rows; those of ``train`` in a group with one of ``test`` are left out.
        regions : bool
            Leave out as well whoever deals in a region of those tested.
        """
        kept = train[~np.isin(self.group[train], self.group[test])]
        if not regions:
            return kept
        held_out = [name for name in self.region.iloc[test].unique() if name in self.deals_in]
        deals = self.deals_in[held_out].to_numpy(bool)[kept].any(axis=1)
        return kept[~(deals | self.region.iloc[kept].isin(self.region.iloc[test]).to_numpy())]


def stack_rows(cohorts: Sequence[Cohort]) -> DesignRows:
    """Put the companies of all days under one another.

    Groups are the communities of the network where the cohorts know them, or else components.
    Companies that were together on any day are together on all, unless that ties more than a
    tenth of them: those stay with the community of the last day on which they are seen.
    """
    groups = pd.concat([cohort.groups for cohort in cohorts])
    sizes = [len(cohort.features) for cohort in cohorts]
    column = "community" if "community" in groups else "connected_group"
    group, cut = _spread_groups(cohorts, column)
    region = groups["buyer_region"].astype(object).fillna(UNKNOWN).reset_index(drop=True)
    if column == "community":
        cut = cut or any(
            (c.groups.groupby("connected_group")["community"].nunique() > 1).any() for c in cohorts
        )
    return DesignRows(
        days=tuple(cohort.as_of for cohort in cohorts),
        window_closes=tuple(cohort.window_closes for cohort in cohorts),
        day=np.repeat(np.arange(len(cohorts)), sizes),
        company=np.concatenate([cohort.features.index.to_numpy() for cohort in cohorts]),
        is_listed=np.concatenate([c.labels["is_listed"].to_numpy(bool) for c in cohorts]),
        listed=_stack_flags([cohort.listed for cohort in cohorts]),
        exposed=_stack_flags([cohort.exposed for cohort in cohorts]),
        group=group,
        is_cut=cut,
        region=region,
        deals_in=_stack_flags(
            [
                pd.DataFrame(index=c.features.index) if c.dealt_regions is None else c.dealt_regions
                for c in cohorts
            ]
        ),
        first_active_on=groups["first_active_on"].reset_index(drop=True),
    )


def _stack_flags(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True).eq(True)


def _spread_groups(cohorts: Sequence[Cohort], column: str) -> tuple[np.ndarray, bool]:
    """Return group numbers over all days, and whether companies once together were parted."""
    company = pd.factorize(np.concatenate([cohort.features.index for cohort in cohorts]))[0]
    sizes = [len(cohort.features) for cohort in cohorts]
    of_day = [pd.factorize(cohort.groups[column])[0] for cohort in cohorts]
    starts = np.cumsum([0, *[codes.max(initial=-1) + 1 for codes in of_day]])
    link = np.concatenate([codes + start for codes, start in zip(of_day, starts, strict=False)])
    together = _join(company, link)
    if len(cohorts) == 1:
        return together, False
    members = pd.Series(company).groupby(together).nunique()
    large = np.isin(together, members.index[members > _LARGEST_GROUP * (company.max() + 1)])
    if not large.any():
        return together, False
    day = np.repeat(np.arange(len(cohorts)), sizes)
    latest = _keep_latest(pd.DataFrame({"company": company, "link": link, "day": day})[large])
    parted = together.copy()
    parted[large] = together.max() + 1 + latest
    return pd.factorize(parted)[0], True


def _join(company: np.ndarray, link: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n_companies = company.max(initial=-1) + 1
    size = n_companies + link.max(initial=-1) + 1
    graph = coo_matrix((np.ones(len(company)), (company, n_companies + link)), shape=(size, size))
    return pd.factorize(connected_components(graph, directed=False)[1][company])[0]


def _keep_latest(rows: pd.DataFrame) -> np.ndarray:
    """Return groups of the last day; who is gone by then joins where most of its old group went."""
    placed = pd.Series(dtype=int)
    for _, of_day in rows.sort_values("day", ascending=False, kind="stable").groupby(
        "day", sort=False
    ):
        known = of_day.assign(group=of_day["company"].map(placed))
        votes = known.dropna().groupby(["link", "group"]).size().rename("votes").reset_index()
        votes = votes.sort_values(["votes", "group"], ascending=[False, True])
        went = votes.drop_duplicates("link").set_index("link")["group"]
        # links of different days have different numbers, so a link can name a new group
        new = known["group"].fillna(known["link"].map(went)).fillna(known["link"]).astype(int)
        found = pd.Series(new.to_numpy(), index=known["company"])
        placed = pd.concat([placed, found[~found.index.isin(placed.index)]])
    return rows["company"].map(placed).to_numpy()
