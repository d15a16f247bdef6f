"""Which suppliers are on the study's lists, and which units that makes known."""

from __future__ import annotations

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine

MINIMUM_MATCH = 0.9

_ENTRIES = """
WITH entries AS (
    SELECT
        list_entries.list_id AS list_id,
        list_entries.company_id AS company_id,
        list_entries.listed_on AS listed_on
    FROM list_entries
    WHERE coalesce(list_entries.outcome, 'active') <> 'annulled'
        AND coalesce(list_entries.match_probability, CAST(1 AS DOUBLE)) >= $minimum_match
),
bidders AS (
    SELECT companies.company_id AS company_id, companies.company_id AS member_id
    FROM companies
    WHERE companies.kind <> 'natural_person'
    UNION
    SELECT consortia.consortium_id AS company_id, consortia.company_id AS member_id
    FROM consortia
)
SELECT
    entries.list_id AS list_id,
    bidders.company_id AS company_id,
    min(entries.listed_on) AS listed_on,
    count(*) > count(entries.listed_on) AS is_undated
FROM entries
INNER JOIN bidders
    ON bidders.member_id = entries.company_id
GROUP BY entries.list_id, bidders.company_id
ORDER BY entries.list_id, bidders.company_id
"""


def choose_outcome_lists(params: StudyParams) -> tuple[str, ...]:
    """Return the ids of the lists whose suppliers are the known outcome, sorted.

    Those of ``choices.flags.lists``; when empty those about organised crime, or all lists of the
    study where none is.
    """
    chosen = params.choices.flags.lists
    if not chosen:
        chosen = [item.id for item in params.lists if item.organised_crime]
    return tuple(sorted(chosen or [item.id for item in params.lists]))


def read_listed_bidders(engine: Engine, params: StudyParams) -> pd.DataFrame:
    """Read which bidders are on the lists that count as known outcomes.

    Parameters
    ----------
    engine : Engine
        Engine with ``companies``, ``consortia`` and ``list_entries``.
    params : StudyParams
        ``lists`` and ``choices.flags`` are read.

    Returns
    -------
    pandas.DataFrame
        One row per list and bidder, sorted: ``list_id``, ``company_id``, ``listed_on`` (first
        entry). A consortium is listed when a member is. Annulled entries and those matched with a
        probability below .9 are none; a bidder with an undated entry counts as listed after all
        its contracts (``listed_on`` missing). Natural persons are left out.
    """
    rows = engine.frame(_ENTRIES, {"minimum_match": MINIMUM_MATCH})
    rows["listed_on"] = pd.to_datetime(rows["listed_on"]).where(~rows["is_undated"].astype(bool))
    chosen = rows["list_id"].isin(choose_outcome_lists(params))
    return rows.loc[chosen, ["list_id", "company_id", "listed_on"]].reset_index(drop=True)


def mark_known_units(units: pd.DataFrame, listed: pd.DataFrame, persons: pd.Series) -> pd.Series:
    """Say of each unit whether its company was to be listed.

    Parameters
    ----------
    units : pandas.DataFrame
        ``entity_id``, ``company_id`` and ``on_date``.
    listed : pandas.DataFrame
        What `read_listed_bidders` returned, or its rows of one list.
    persons : pandas.Series
        Ids of natural persons, who are never scored.

    Returns
    -------
    pandas.Series of float
        By ``entity_id``: 1 when the company was listed later, 0 when it is on no list, missing
        when there is no company, it is a natural person, or was listed by then: what a buyer does
        with a firm already exposed says nothing of how to find one.
    """
    first = listed.groupby("company_id")["listed_on"].min()
    always = listed.loc[listed["listed_on"].isna(), "company_id"].unique()
    company = units["company_id"]
    is_listed = company.isin(first.index)
    entered = company.astype(object).map(first.to_dict()).astype("datetime64[ns]")
    after = pd.to_datetime(units["on_date"]) >= entered
    known = is_listed.astype(float)
    known = known.mask(is_listed & after & ~company.isin(always))
    known = known.mask(company.isna() | company.isin(persons))
    return pd.Series(known.to_numpy(), units["entity_id"].to_numpy(), name="known")
