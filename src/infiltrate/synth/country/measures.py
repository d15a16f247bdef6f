"""What statistical offices publish of areas: police, inspections and the economy, with noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.country.places import REGIONS, Places
from infiltrate.synth.scenario import generator_for


def measure_areas(effort: pd.DataFrame, places: Places, seed: int) -> pd.DataFrame:
    """Return noisy measures of the effort of authorities and of an economy that crime weakens.

    Parameters
    ----------
    effort : pandas.DataFrame
        ``log_odds`` by list, ``region`` and ``year``; the measures follow the mean of the lists.

    Returns
    -------
    pandas.DataFrame
        One row per ``area``, ``year`` and ``measure``, in this order: ``value``, two decimals.
    """
    mean = effort.groupby(["region", "year"])["log_odds"].mean()
    noise = generator_for(seed, "area measures").normal(size=(4, len(mean)))
    crime = pd.Series(places.region_effect, REGIONS).loc[mean.index.get_level_values(0)]
    measures = {
        "police_per_100k": 300 * np.exp(0.25 * mean.to_numpy() + 0.10 * noise[0]),
        "inspections_per_1000_firms": 20 * np.exp(0.7 * mean.to_numpy() + 0.25 * noise[1]),
        "gdp_per_head_thousand": 28 * np.exp(-0.12 * crime.to_numpy() + 0.04 * noise[2]),
        "unemployment_pct": 8 * np.exp(0.20 * crime.to_numpy() + 0.10 * noise[3]),
    }
    rows = mean.reset_index().drop(columns="log_odds").rename(columns={"region": "area"})
    parts = [rows.assign(measure=name, value=np.round(v, 2)) for name, v in measures.items()]
    return pd.concat(parts).sort_values(["area", "year", "measure"], ignore_index=True)
