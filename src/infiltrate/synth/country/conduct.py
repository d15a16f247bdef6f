"""From when on a company was infiltrated, as the entry of a list states it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from infiltrate.synth.country.detection import draw_lags
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.scenario import generator_for

STATED_BY: Mapping[str, float] = MappingProxyType(
    {"court": 0.8, "interdictions": 0.6, "intelligence": 0.6}
)
"""Share of the entries that say it, by list; the other lists never do."""
_ERROR_MONTHS = 4.0


def state_conduct(draw: Draw) -> np.ndarray:
    """Return the first day of the month that each entry states, in the order of the entries.

    They err by some months, and never state a month after that of the entry or before the company
    was registered. Entries that name an innocent firm state a day as well.

    Returns
    -------
    numpy.ndarray of datetime64[D], shape (n_entries,)
        Rows as in ``draw.detection.entries``; missing where nothing is stated.
    """
    entries = draw.detection.entries
    rng = generator_for(draw.seed, "conduct stated")
    count = len(entries)
    share = entries["list_id"].map(STATED_BY).fillna(0.0).to_numpy(dtype=float)
    says = rng.random(count) < share
    error = np.round(30.4 * _ERROR_MONTHS * rng.normal(size=count)).astype("timedelta64[D]")
    firms = draw.firms.iloc[entries["firm"].to_numpy()]
    listed = entries["listed_on"].to_numpy().astype("datetime64[D]")
    invented = listed - draw_lags(draw.card, count, rng)
    true = np.where(entries["correct"], firms["since_on"].to_numpy(), invented)
    stated = np.maximum(true + error, firms["born_on"].to_numpy())
    month = np.minimum(stated, listed).astype("datetime64[M]").astype("datetime64[D]")
    return np.where(says, month, np.datetime64("NaT", "D"))
