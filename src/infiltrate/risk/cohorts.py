"""The companies of one day: what was known of them then, and who was listed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.risk.features import build_features
from infiltrate.risk.groups import group_companies
from infiltrate.risk.labels import ON_LIST, find_exposed, label_companies, label_window
from infiltrate.risk.nearness import Nearness, read_nearness
from infiltrate.risk.traits import describe_traits
from infiltrate.tables.store import TableStore


@dataclass(frozen=True)
class Cohort:
    """The companies that could be ranked on one day; all frames share one index.

    Attributes
    ----------
    as_of : date
        Features are of this day.
    window_closes : date
        Last day on which an entry counts.
    features : DataFrame
        One row per company, indexed by ``company_id``; companies listed on or before the end
        of the quarantine are left out.
    labels : DataFrame
        ``is_listed`` and ``censored``.
    listed, exposed : DataFrame
        One column of booleans per list predicted: whether the company entered it in the window,
        and whether its own rule could have named the company.
    groups : DataFrame
        ``connected_group``, ``buyer_region`` and ``first_active_on``; ``community`` where
        components too large to stay together were cut.
    traits : DataFrame
        Text, ``unknown`` where it is: what error rates are compared by and no learner sees.
    dealt_regions : DataFrame or None
        One column of booleans per region of buyers: whether the company dealt there by the day.
        None where that is not known.
    nearness : Nearness or None
        From which the features about listed neighbours are made, anew wherever companies are
        held out; None where there are no ties.
    """

    as_of: date
    window_closes: date
    features: pd.DataFrame
    labels: pd.DataFrame
    listed: pd.DataFrame
    exposed: pd.DataFrame
    groups: pd.DataFrame
    traits: pd.DataFrame
    dealt_regions: pd.DataFrame | None = None
    nearness: Nearness | None = None

    def describe(self, held_out: Iterable[str] = ()) -> pd.DataFrame:
        """Return all features, those about listed neighbours as if ``held_out`` had no entry."""
        if self.nearness is None:
            return self.features
        near = self.nearness.columns(self.features.index, held_out)
        return pd.concat([self.features, near], axis=1)

    def take(self, rows: np.ndarray) -> Cohort:
        """Return the companies at these positions, in their order."""
        return replace(
            self,
            features=self.features.iloc[rows],
            labels=self.labels.iloc[rows],
            listed=self.listed.iloc[rows],
            exposed=self.exposed.iloc[rows],
            groups=self.groups.iloc[rows],
            traits=self.traits.iloc[rows],
            dealt_regions=None if self.dealt_regions is None else self.dealt_regions.iloc[rows],
        )

    @property
    def n_listed(self) -> int:
        """Companies that entered a list in the window."""
        return int(self.labels["is_listed"].sum())


def build_cohort(store: TableStore, params: StudyParams, as_of: date) -> Cohort:
    """Gather features, labels, groups and traits of the companies of one day."""
    described = build_features(store, params, as_of)
    labels = label_companies(store, params, as_of).set_index("company_id")
    labels = labels.reindex(described.features.index)
    features = described.features[~labels["excluded"].astype(bool)]
    labels, companies = labels.loc[features.index], features.index
    grouped = group_companies(store, params, as_of)
    listed = labels.filter(like=ON_LIST)
    listed = listed.rename(columns=lambda name: name.removeprefix(ON_LIST)).astype(bool)
    return Cohort(
        as_of=as_of,
        window_closes=label_window(params, as_of)[1],
        features=features,
        labels=labels[["is_listed", "censored"]].astype(bool),
        listed=listed,
        exposed=find_exposed(store, params, as_of, companies)[list(listed)] | listed,
        groups=grouped.groups.reindex(companies),
        traits=describe_traits(
            store,
            params,
            as_of,
            features,
            size_class=described.size_class,
            home_region=grouped.home_region,
        ),
        dealt_regions=grouped.dealt_regions.reindex(companies),
        nearness=read_nearness(store, params, as_of),
    )
