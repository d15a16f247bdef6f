"""How near companies are to those listed before, without what a model is tested on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from infiltrate.network.proximity import measure_proximity
from infiltrate.network.ties import Ties, read_ties
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.params.study import StudyParams
from infiltrate.risk.labels import listed_before
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.engine import open_engine
from infiltrate.tables.store import TableStore

NEARNESS = {
    "steps_to_listed": "steps",
    "walks_from_listed": "walks",
    "near_listed_share": "near_share",
}
"""Features of the ranking (F60, F61, F62), and the columns of `measure_proximity` behind them."""

_DECIMALS = 9
_TABLES = ("companies", "officers", "ownership")


@dataclass(frozen=True, eq=False)
class Nearness:
    """The ties of one day, and who was listed so early that it may be known.

    Attributes
    ----------
    ties : Ties
        As of the day.
    listed : numpy.ndarray of str
        Companies whose first entry was on or before the day less the quarantine.
    choices : NetworkChoices
        Restart and tolerance of the walks.
    """

    ties: Ties
    listed: np.ndarray
    choices: NetworkChoices

    def columns(self, companies: pd.Index, held_out: Iterable[str] = ()) -> pd.DataFrame:
        """Return the features in ``NEARNESS`` of companies.

        Parameters
        ----------
        companies : pandas.Index
            Rows wanted; one without ties on record has missing values.
        held_out : iterable of str
            Companies on which a model is tested: their entries do not exist.

        Returns
        -------
        pandas.DataFrame
            One row per company, in the order given.
        """
        kept = np.setdiff1d(self.listed, np.asarray(list(held_out), dtype=object))
        measures = self._of_all if len(kept) == len(self.listed) else self._measure(kept)
        return measures.reindex(companies)

    @cached_property
    def _of_all(self) -> pd.DataFrame:
        return self._measure(self.listed)

    def _measure(self, listed: np.ndarray) -> pd.DataFrame:
        measures = measure_proximity(self.ties, listed, self.choices).set_index("company_id")
        renamed = {column: name for name, column in NEARNESS.items()}
        return measures[list(renamed)].rename(columns=renamed).round(_DECIMALS)


def read_nearness(store: TableStore, params: StudyParams, as_of: date) -> Nearness | None:
    """Read the ties of a day and the entries that may be known.

    Entries count from the lists that are predicted, and only when they are older than the
    quarantine on that day: whoever is ranked has none among them.

    Returns
    -------
    Nearness or None
        None when ``choices.network.in_ranking`` is off or no two companies are tied.
    """
    if not params.choices.network.in_ranking:
        return None
    with open_engine(params.choices.engine) as engine:
        open_as_of(store, engine, as_of, _TABLES)
        ties = read_ties(engine, as_of, params.choices.network)
    if ties.is_empty:
        return None
    return Nearness(ties, listed_before(store, params, as_of), params.choices.network)
