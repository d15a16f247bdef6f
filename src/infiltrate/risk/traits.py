"""By what error rates of a ranking are compared: nobody learns from it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.engine import open_engine
from infiltrate.tables.store import TableStore

UNKNOWN = "unknown"
"""Stands for a trait that is not known."""

_AGES = (0, 2, 5, 10, 20, np.inf)
_AGE_BANDS = ("under 2 years", "2 to 5 years", "5 to 10 years", "10 to 20 years", "over 20 years")

_OWNERS = """
SELECT
    owned.company_id AS company_id,
    max(CASE WHEN owned.country = $country THEN 0 ELSE 1 END) AS any_foreign
FROM (
    SELECT
        ownership.company_id AS company_id,
        coalesce(ownership.owner_country, persons.country) AS country
    FROM ownership AS ownership
    LEFT JOIN persons AS persons ON persons.person_id = ownership.owner_id
    WHERE ownership.valid_from <= $day
        AND (ownership.valid_to IS NULL OR ownership.valid_to > $day)
) AS owned
WHERE owned.country <> ''
GROUP BY owned.company_id
ORDER BY company_id
"""


def describe_traits(
    store: TableStore,
    params: StudyParams,
    as_of: date,
    features: pd.DataFrame,
    *,
    size_class: pd.Series,
    home_region: pd.Series,
) -> pd.DataFrame:
    """Describe companies by what the errors of a ranking may differ with.

    Parameters
    ----------
    store : TableStore
        Reads ``ownership`` and ``persons``.
    params : StudyParams
        Country of the study.
    as_of : date
        Owners that came later do not exist.
    features : DataFrame
        One row per company, with ``sector_section`` and ``age_years``.
    size_class, home_region : Series of str
        Same index.

    Returns
    -------
    DataFrame of str
        Same index, ``unknown`` where not known: ``region`` (of its address), ``section`` (of
        activity), ``size``, ``age`` (bands of years) and ``ownership`` (``foreign`` if any owner
        in force on the day is of another country, ``domestic`` if all whose country is on record
        are of this one). Of persons it reads the country of residence, and keeps only the two
        words.
    """
    with open_engine(params.choices.engine) as engine:
        open_as_of(store, engine, as_of, ["ownership", "persons"])
        owners = engine.frame(_OWNERS, {"country": params.country, "day": as_of})
    owned = owners.set_index("company_id")["any_foreign"].map({0: "domestic", 1: "foreign"})
    section = features["sector_section"].astype(object)
    traits = {
        "region": home_region,
        "section": section.where(section != "missing"),
        "size": size_class,
        "age": pd.cut(features["age_years"], _AGES, right=False, labels=_AGE_BANDS),
        "ownership": owned.reindex(features.index),
    }
    return pd.DataFrame(
        {
            name: column.reindex(features.index).astype(object).fillna(UNKNOWN).astype(object)
            for name, column in traits.items()
        },
        index=features.index,
    )
