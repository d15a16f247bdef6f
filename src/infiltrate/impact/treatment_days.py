"""From which day a company on a list counts as infiltrated, and from which it no longer does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams

_LEAST_MATCH = 0.9


def choose_treating_lists(params: StudyParams) -> tuple[ListDefinition, ...]:
    """Return the lists whose companies are treated, sorted by id.

    Those of ``choices.impact.lists``, or else those about organised crime, or else all.

    Raises
    ------
    ValueError
        When the parameters name a list that the study does not have.
    """
    known = {definition.id: definition for definition in params.lists}
    wanted = params.choices.impact.lists
    if unknown := sorted(set(wanted) - set(known)):
        raise ValueError(
            f"choices.impact.lists names {', '.join(unknown)}; the study has "
            f"{', '.join(sorted(known)) or 'no list'}."
        )
    about_crime = [name for name, definition in known.items() if definition.organised_crime]
    return tuple(known[name] for name in sorted(set(wanted) or set(about_crime) or set(known)))


def date_treatment(
    entries: pd.DataFrame, lists: Sequence[ListDefinition], choices: ImpactChoices
) -> pd.DataFrame:
    """Date the infiltration of every company that a list names.

    A day that an entry states itself (``conduct_from``) wins over one worked out; of several the
    first counts. Where none is stated, ``choices.dates`` decides: the first entry less the usual
    lag of its list, or no day at all. A stated day after the entry is an error of the list and is
    taken as not stated.

    Parameters
    ----------
    entries : pandas.DataFrame
        The table ``list_entries``; ``conduct_from`` and ``match_probability`` may be absent.
    lists : sequence of ListDefinition
        Lists whose companies are treated, with their median lag; one without a lag has none.
    choices : ImpactChoices
        ``dates`` is read.

    Returns
    -------
    pandas.DataFrame
        One row per company with an entry on any list, sorted by ``company_id``: ``is_treated``
        (an entry on one of the lists stands and is surely this company), ``treated_on`` and
        ``ends_on`` (datetime; first day of infiltration, first day of a measure; missing where
        not known) and ``has_stated_date``.
    """
    lag = {definition.id: definition.lag_months or 0.0 for definition in lists}
    rows = _standing(entries, lag)
    listed_on = _days(rows, "listed_on")
    stated = _days(rows, "conduct_from")
    stated = stated.where(~(stated > listed_on))
    months = rows["list_id"].map(lag).to_numpy(dtype=float)
    worked_out = listed_on - pd.to_timedelta(np.round(months * 365.25 / 12), unit="D")
    dated = pd.DataFrame(
        {
            "company_id": rows["company_id"],
            "stated": stated,
            "worked_out": worked_out,
            "ends_on": listed_on,
        }
    )
    first = dated.groupby("company_id").min()
    companies = pd.Index(sorted(set(entries["company_id"])), name="company_id")
    answer = first.reindex(companies)
    is_treated = companies.isin(first.index)
    treated_on = answer["stated"]
    if choices.dates == "stated_or_lag":
        treated_on = treated_on.fillna(answer["worked_out"])
    return pd.DataFrame(
        {
            "company_id": companies,
            "is_treated": is_treated,
            "treated_on": treated_on.to_numpy(),
            "ends_on": answer["ends_on"].to_numpy(),
            "has_stated_date": answer["stated"].notna().to_numpy(),
        }
    )


def first_treated_year(days: pd.Series) -> pd.Series:
    """Return the first calendar year of which at least half lies after each day, as Int64."""
    days = pd.to_datetime(days)
    in_second_half = (days.dt.month > 7) | ((days.dt.month == 7) & (days.dt.day > 1))
    return (days.dt.year + in_second_half).astype("Int64")


def last_treated_year(days: pd.Series) -> pd.Series:
    """Return the last calendar year that ended before each day, as Int64."""
    return (pd.to_datetime(days).dt.year - 1).astype("Int64")


def _standing(entries: pd.DataFrame, lag: dict[str, float]) -> pd.DataFrame:
    outcome = entries["outcome"] if "outcome" in entries else pd.Series("", entries.index)
    stands = ~outcome.isin(["annulled", "favourable"])
    if "match_probability" in entries:
        stands &= entries["match_probability"].fillna(1.0).astype(float) >= _LEAST_MATCH
    return entries[stands & entries["list_id"].isin(list(lag))]


def _days(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows:
        return pd.Series(pd.NaT, rows.index, dtype="datetime64[ns]")
    return pd.to_datetime(rows[column]).astype("datetime64[ns]")
