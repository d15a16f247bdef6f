"""Which companies entered a list after a day, with a quarantine between the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams
from infiltrate.risk.activity import read_active_companies, read_suppliers
from infiltrate.tables.engine import open_engine
from infiltrate.tables.store import TableStore

MINIMUM_MATCH = 0.9
MINIMUM_LABELS = 5
ON_LIST = "on "
"""Opening of the columns that say which list a company entered."""


def label_companies(
    store: TableStore, params: StudyParams, as_of: date, *, lists: Sequence[str] = ()
) -> pd.DataFrame:
    """Label every company by whether it first enters a list in the window after a day.

    The window is (as_of + quarantine, as_of + quarantine + horizon], in calendar months. An
    annulled entry is no entry; one matched with a probability below .9 is none either (a
    missing probability is an exact match). A company with an entry that has no date cannot be
    placed and is excluded.

    Parameters
    ----------
    store : TableStore
        Reads ``companies`` and ``list_entries``.
    params : StudyParams
        Quarantine and horizon (``choices.risk``), and the lists' coverage.
    as_of : date
        The day up to which features are taken.
    lists : sequence of str, optional
        Lists whose entries are predicted; empty: see `choose_lists`.

    Returns
    -------
    DataFrame
        One row per company (natural persons and consortia have none), sorted by
        ``company_id``: ``is_listed``, ``first_listed_on`` (first entry ever, if any),
        ``excluded`` (entered a list on or before as_of + quarantine: neither trained on nor
        scored), ``censored`` (not seen on a list, but a list's data do not span the window:
        an entry may be missing); and for each list, sorted by its id, ``on <list>`` (first enters
        this list in the window and is not excluded).

    Raises
    ------
    ParamsError
        When a list is not in the parameters.
    """
    chosen = choose_lists(params, lists)
    start, end = label_window(params, as_of)
    companies, entries = _read(store, params, chosen)
    first = entries.groupby("company_id")["listed_on"].min().reindex(companies)
    undated = companies.isin(entries.loc[entries["listed_on"].isna(), "company_id"])
    excluded = (first <= pd.Timestamp(start)).to_numpy() | undated
    is_listed = ~excluded & (first <= pd.Timestamp(end)).to_numpy()
    by_list = entries.groupby(["list_id", "company_id"])["listed_on"].min()
    on_list = {
        f"{ON_LIST}{d.id}": ~excluded
        & (by_list.xs(d.id).reindex(companies) <= pd.Timestamp(end)).to_numpy()
        if d.id in by_list.index.get_level_values(0)
        else np.zeros(len(companies), bool)
        for d in chosen
    }
    return pd.DataFrame(
        {
            "company_id": companies.to_numpy(),
            "is_listed": is_listed,
            "first_listed_on": first.dt.date.to_numpy(),
            "excluded": excluded,
            "censored": ~is_listed & ~excluded & (not _is_covered(chosen, entries, start, end)),
            **on_list,
        }
    )


def find_exposed(
    store: TableStore, params: StudyParams, as_of: date, companies: pd.Index
) -> pd.DataFrame:
    """Say which lists could have named which companies by the end of the window.

    Parameters
    ----------
    store : TableStore
        Canonical tables.
    params : StudyParams
        The lists and their rules of exposure.
    as_of : date
        The day up to which features are taken; by then each company has bid or contracted.
    companies : Index of str

    Returns
    -------
    DataFrame of bool
        In the order of ``companies``, one column per list predicted, sorted by its id. A list of
        public suppliers can name whoever has a contract by the last day of the window, alone or
        in a consortium; one of bidders, or of all companies, every company.
    """
    chosen = choose_lists(params)
    exposed = pd.DataFrame(True, companies, [definition.id for definition in chosen])
    of_suppliers = [one.id for one in chosen if one.exposure == "public_suppliers"]
    if of_suppliers:
        with open_engine(params.choices.engine) as engine:
            suppliers = read_suppliers(store, engine, params, label_window(params, as_of)[1])
        exposed[of_suppliers] = np.repeat(
            companies.isin(suppliers)[:, None], len(of_suppliers), axis=1
        )
    return exposed


def listed_before(
    store: TableStore, params: StudyParams, as_of: date, *, lists: Sequence[str] = ()
) -> np.ndarray:
    """Return the companies with an entry at least the quarantine older than a day, sorted.

    Entries count as in `label_companies`; those without a date do not.
    """
    last = _months_after(as_of, -params.choices.risk.quarantine_months)
    companies, entries = _read(store, params, choose_lists(params, lists))
    known = entries.loc[entries["listed_on"] <= pd.Timestamp(last), "company_id"]
    return np.intersect1d(companies.to_numpy(dtype=object), known.to_numpy(dtype=object))


def choose_lists(params: StudyParams, lists: Sequence[str] = ()) -> tuple[ListDefinition, ...]:
    """Return the definitions of the lists whose entries are predicted.

    Those named, or else those of the parameters, or else those about organised crime, or else all.

    Raises
    ------
    ParamsError
        When a list is not in the parameters.
    """
    about_crime = tuple(d.id for d in params.lists if d.organised_crime)
    everything = tuple(d.id for d in params.lists)
    wanted = tuple(lists) or tuple(params.choices.risk.lists) or about_crime or everything
    known = {definition.id: definition for definition in params.lists}
    problems = [
        Problem("choices.risk.lists", f"'{name}' is not a list", ", ".join(sorted(known)) or "none")
        for name in wanted
        if name not in known
    ]
    if problems:
        raise ParamsError("The lists to predict are not those of the study.", problems)
    return tuple(known[name] for name in sorted(set(wanted)))


def label_window(params: StudyParams, as_of: date) -> tuple[date, date]:
    """Return the day after which entries count, and the last day on which they do."""
    risk = params.choices.risk
    return (
        _months_after(as_of, risk.quarantine_months),
        _months_after(as_of, risk.quarantine_months + risk.horizon_months),
    )


def choose_as_of(store: TableStore, params: StudyParams) -> list[date]:
    """Choose the days on which features are taken, so that labels exist after them.

    The day that counts is the month's end (or last day of activity) with the most labelled
    companies among those that had bid or contracted by then; days whose window the lists span
    win over others when they have labels enough (``few_labels``). Earlier days follow it
    backwards, each early enough for its window to be closed on the next one, as long as they
    have five labels.

    Returns
    -------
    list of date
        Rising; the days of the parameters when they name some; empty when no company has a
        dated bid or contract.
    """
    if params.choices.risk.as_of:
        return sorted(set(params.choices.risk.as_of))
    chosen = choose_lists(params)
    _, entries = _read(store, params, chosen)
    with open_engine(params.choices.engine) as engine:
        companies = read_active_companies(store, engine, params, params.choices.as_of or date.max)
    if companies.empty:
        return []
    active = pd.to_datetime(companies.set_index("company_id")["first_active_on"])
    last_active = pd.to_datetime(companies["last_active_on"]).max()
    first = entries.groupby("company_id")["listed_on"].min().reindex(active.index)
    month_ends = pd.date_range(active.min(), last_active, freq="ME").date
    candidates = sorted({*month_ends, last_active.date()})
    counts = {day: _count_labels(params, day, active, first) for day in candidates}
    closed = [
        day
        for day in candidates
        if counts[day] >= params.choices.risk.few_labels
        and _is_covered(chosen, entries, *label_window(params, day))
    ]
    last = max(closed or candidates, key=lambda day: (counts[day], day))
    days = [last]
    for day in reversed(candidates):
        if counts[day] >= MINIMUM_LABELS and label_window(params, day)[1] <= days[-1]:
            days.append(day)
    return sorted(days)


def _read(
    store: TableStore, params: StudyParams, chosen: Sequence[ListDefinition]
) -> tuple[pd.Series, pd.DataFrame]:
    with open_engine(params.choices.engine) as engine:
        store.open(engine, ["companies", "list_entries"])
        companies = engine.frame(
            "SELECT company_id AS company_id FROM companies WHERE kind = 'company' "
            "ORDER BY company_id"
        )["company_id"]
        entries = engine.frame(
            "SELECT list_id AS list_id, company_id AS company_id, listed_on AS listed_on "
            "FROM list_entries WHERE coalesce(outcome, 'active') <> 'annulled' "
            "AND coalesce(match_probability, CAST(1 AS DOUBLE)) >= $minimum_match "
            "ORDER BY list_id, company_id, listed_on",
            {"minimum_match": MINIMUM_MATCH},
        )
    entries["listed_on"] = pd.to_datetime(entries["listed_on"])
    return companies, entries[entries["list_id"].isin([d.id for d in chosen])]


def _is_covered(
    chosen: Sequence[ListDefinition], entries: pd.DataFrame, start: date, end: date
) -> bool:
    """Whether every list's data span the window; without a stated end, up to its last entry."""
    last = entries.groupby("list_id")["listed_on"].max()
    for definition in chosen:
        until = definition.coverage_to
        if until is None:
            seen = last.get(definition.id, pd.NaT)
            until = None if pd.isna(seen) else seen.date()
        begins_late = definition.coverage_from is not None and definition.coverage_from > start
        if until is None or until < end or begins_late:
            return False
    return True


def _months_after(day: date, months: int) -> date:
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def _count_labels(params: StudyParams, day: date, active: pd.Series, first: pd.Series) -> int:
    start, end = label_window(params, day)
    in_window = (first > pd.Timestamp(start)) & (first <= pd.Timestamp(end))
    return int(np.count_nonzero(in_window & (active <= pd.Timestamp(day))))
