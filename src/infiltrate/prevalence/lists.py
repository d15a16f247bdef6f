"""Who is on which list, who could have been, and out of how many firms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.errors import CheckFailed, NotEnoughData, Problem
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.records import read_entries, read_operators
from infiltrate.protection.rounding import round_count
from infiltrate.tables.engine import Engine

ALL_ORGANISED_CRIME = "organised-crime"
"""Name of all organised-crime lists taken together; the hyphen keeps it apart from list ids."""


@dataclass(frozen=True)
class Denominator:
    """The number of firms that a share refers to.

    Attributes
    ----------
    firms : int
        Number of firms; 0 when there is none to count.
    definition : str
        Which firms, in words that fit after "of".
    is_official : bool
        Whether it is an official count rather than the companies seen in the sources.
    """

    firms: int
    definition: str
    is_official: bool

    def published(self, base: int) -> int:
        """Return the number as it is shown: rounded, unless it is an official count."""
        return self.firms if self.is_official else round_count(self.firms, base)


@dataclass(frozen=True, eq=False)
class ListsData:
    """The lists of one study on one day, each kept apart from the others.

    With N companies and K lists, rows of every array follow ``companies`` and columns follow
    ``lists``.

    Attributes
    ----------
    study_day : datetime.date
        Day on which everything is taken; later entries and contracts do not exist.
    lists : tuple of ListDefinition
        Sorted by id.
    companies : pandas.DataFrame
        One row per company in scope, sorted by ``company_id``: ``area_id``, ``section`` (NACE or
        ISIC letter), ``incorporated_on`` and ``first_contract_on``. No natural person, consortium
        or public body.
    listed : numpy.ndarray of bool, shape (N, K)
        Whether an entry stands: neither annulled nor ended in the firm's favour. Entries that
        merely expired stand.
    match : numpy.ndarray of float, shape (N, K)
        Probability that the best standing entry is this company; 0 where not listed.
    exposed : numpy.ndarray of bool, shape (N, K)
        Whether the list's own rule could have named the company.
    listed_on : numpy.ndarray of datetime64, shape (N, K)
        Day of the first standing entry; missing where not listed or not dated.
    entries : pandas.DataFrame
        One row per entry: ``list_id``, ``entry_id``, ``company_id``, ``listed_on``, ``stands``,
        ``has_match_probability`` and ``subject`` (in_scope, natural_person, other_kind,
        dissolved, unknown_company).
    denominator : Denominator
        What shares are shares of.
    out_of_scope : dict of str to int
        Economic operators of the tables that are not counted, by reason.
    notes : tuple of str
        What a reader must know about the counts.
    """

    study_day: date
    lists: tuple[ListDefinition, ...]
    companies: pd.DataFrame
    listed: np.ndarray
    match: np.ndarray
    exposed: np.ndarray
    listed_on: np.ndarray
    entries: pd.DataFrame
    denominator: Denominator
    out_of_scope: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def list_ids(self) -> tuple[str, ...]:
        """Ids of the lists, in column order."""
        return tuple(definition.id for definition in self.lists)

    def select(self, list_ids: Iterable[str]) -> ListsData:
        """Return the same companies with some of the lists only."""
        wanted = set(list_ids)
        columns = [k for k, name in enumerate(self.list_ids) if name in wanted]
        return replace(
            self,
            lists=tuple(self.lists[k] for k in columns),
            listed=self.listed[:, columns],
            match=self.match[:, columns],
            exposed=self.exposed[:, columns],
            listed_on=self.listed_on[:, columns],
            entries=self.entries[self.entries["list_id"].isin(wanted)].reset_index(drop=True),
        )

    def keep_companies(self, rows: np.ndarray, denominator: Denominator) -> ListsData:
        """Return the same lists over some of the companies, given as a mask or as positions."""
        companies = self.companies.iloc[rows].reset_index(drop=True)
        entries = self.entries
        if len(entries):
            entries = entries[entries["company_id"].isin(companies["company_id"])]
        return replace(
            self,
            companies=companies,
            listed=self.listed[rows],
            match=self.match[rows],
            exposed=self.exposed[rows],
            listed_on=self.listed_on[rows],
            entries=entries.reset_index(drop=True),
            denominator=denominator,
        )

    def within(self, years: float | None) -> ListsData:
        """Return the same lists without entries from before this many years; None keeps all.

        Entries without a date stay. A company with an old entry and a newer one on the same list
        stays listed.
        """
        if years is None:
            return self
        first_day = pd.Timestamp(self.study_day) - pd.DateOffset(months=round(12 * years))
        is_old = self.listed_on < first_day.to_datetime64()
        entries, listed_on = self.entries, self.listed_on.copy()
        listed, match = self.listed & ~is_old, np.where(is_old, 0.0, self.match)
        listed_on[is_old] = np.datetime64("NaT", "D")
        if len(entries):
            entries = entries[~(entries["listed_on"] < first_day)].reset_index(drop=True)
            listed, match, listed_on = _listing_arrays(entries, self.companies, self.list_ids)
        return replace(self, listed=listed, match=match, listed_on=listed_on, entries=entries)

    @property
    def organised_crime(self) -> ListsData:
        """The lists whose entries mean organised crime and that name a company in scope."""
        named = np.any(self.listed, axis=0)
        return self.select(
            definition.id
            for k, definition in enumerate(self.lists)
            if definition.organised_crime and named[k]
        )


def build_exposure(engine: Engine, params: StudyParams) -> ListsData:
    """Put every list beside the companies it names and those it could have named.

    Parameters
    ----------
    engine : Engine
        With companies, sectors, contracts, tenders, bids, consortia and list_entries registered.
    params : StudyParams
        ``lists``, ``facts.universe`` and ``choices.as_of`` are read; ``sources`` too when the
        study has no ``choices.as_of``.

    Raises
    ------
    CheckFailed
        When an entry belongs to a list that the parameters do not define.
    NotEnoughData
        When nothing says on which day the study stands.
    """
    day = _find_study_day(engine, params)
    lists = tuple(sorted(params.lists, key=lambda definition: definition.id))
    operators = read_operators(engine, day)
    official = _official_count(params, day)
    seen = operators[operators["subject"].isin(["in_scope", "dissolved"])]
    is_official = official is not None and official >= int((seen["subject"] == "in_scope").sum())
    if not is_official:
        operators["subject"] = operators["subject"].replace("dissolved", "in_scope")
    companies = operators[operators["subject"] == "in_scope"].reset_index(drop=True)
    entries = read_entries(engine, day, operators)
    _check_lists_defined(entries, lists)
    listed, match, listed_on = _listing_arrays(entries, companies, [d.id for d in lists])
    return ListsData(
        study_day=day,
        lists=lists,
        companies=companies[
            ["company_id", "area_id", "section", "incorporated_on", "first_contract_on"]
        ],
        listed=listed,
        match=match,
        exposed=_exposure_array(companies, lists),
        listed_on=listed_on,
        entries=entries,
        denominator=_describe_denominator(
            params, official if is_official else None, companies, day
        ),
        out_of_scope=_count_out_of_scope(operators),
        notes=_describe_mismatch(official, is_official),
    )


def _find_study_day(engine: Engine, params: StudyParams) -> date:
    if params.choices.as_of is not None:
        return params.choices.as_of
    retrieved = [source.retrieved_on for source in params.sources if source.retrieved_on]
    if retrieved:
        return max(retrieved)
    latest = engine.frame(
        "SELECT max(dated.on_day) AS on_day FROM ("
        "SELECT e.listed_on AS on_day FROM list_entries AS e "
        "UNION ALL SELECT c.signed_on AS on_day FROM contracts AS c) AS dated"
    )["on_day"].iloc[0]
    if pd.isna(latest):
        raise NotEnoughData(
            "The study has no day to stand on.",
            [
                Problem(
                    "choices.as_of",
                    "empty, no source has retrieved_on, and no entry or contract has a date",
                    "a date (YYYY-MM-DD)",
                    "Set choices.as_of.",
                )
            ],
        )
    return pd.Timestamp(latest).date()


def _check_lists_defined(entries: pd.DataFrame, lists: Sequence[ListDefinition]) -> None:
    defined = [definition.id for definition in lists]
    unknown = entries.loc[~entries["list_id"].isin(defined), "list_id"].value_counts().sort_index()
    if len(unknown):
        raise CheckFailed(
            "Entries belong to lists that the parameters do not define.",
            [
                Problem(
                    f"list_entries: list_id '{name}'",
                    f"{number} entries",
                    ", ".join(defined) or "no list is defined",
                    f"Describe '{name}' under lists, or correct the id in the source.",
                )
                for name, number in unknown.items()
            ],
        )


def _listing_arrays(
    entries: pd.DataFrame, companies: pd.DataFrame, list_ids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (len(companies), len(list_ids))
    listed = np.zeros(shape, dtype=bool)
    match = np.zeros(shape)
    listed_on = np.full(shape, np.datetime64("NaT", "D"))
    standing = entries[entries["stands"] & (entries["subject"] == "in_scope")]
    best = standing.groupby(["company_id", "list_id"], as_index=False).agg(
        match=("match", "max"), listed_on=("listed_on", "min")
    )
    rows = pd.Index(companies["company_id"]).get_indexer(best["company_id"])
    columns = pd.Index(list_ids).get_indexer(best["list_id"])
    listed[rows, columns] = True
    match[rows, columns] = best["match"]
    listed_on[rows, columns] = best["listed_on"].to_numpy().astype("datetime64[D]")
    return listed, match, listed_on


def _exposure_array(companies: pd.DataFrame, lists: Sequence[ListDefinition]) -> np.ndarray:
    rules = {
        "all_companies": np.ones(len(companies), dtype=bool),
        "public_suppliers": companies["is_supplier"].to_numpy(dtype=bool),
        "bidders": companies["is_bidder"].to_numpy(dtype=bool),
    }
    columns = [rules[definition.exposure] for definition in lists]
    return np.column_stack(columns) if columns else np.zeros((len(companies), 0), dtype=bool)


def _official_count(params: StudyParams, day: date) -> int | None:
    counts = [
        fact
        for fact in params.facts.universe
        if fact.area_id is None and fact.sector_id is None
        if fact.valid_from <= day and (fact.valid_to is None or day <= fact.valid_to)
    ]
    return max(counts, key=lambda fact: fact.valid_from).firms if counts else None


def _describe_denominator(
    params: StudyParams, official: int | None, companies: pd.DataFrame, day: date
) -> Denominator:
    if official is not None:
        return Denominator(official, f"active firms by the official count in force on {day}", True)
    definition = f"{params.universe} up to {day}, dissolved ones included, natural persons left out"
    return Denominator(len(companies), definition, False)


def _describe_mismatch(official: int | None, is_official: bool) -> tuple[str, ...]:
    if official is None or is_official:
        return ()
    return (
        f"The official count of {official:,} active firms is smaller than the number of companies "
        "seen in the sources: the two do not describe the same universe, and shares refer to the "
        "companies seen.",
    )


def _count_out_of_scope(operators: pd.DataFrame) -> dict[str, int]:
    counts = operators.loc[operators["subject"] != "in_scope", "subject"].value_counts()
    return {str(name): int(number) for name, number in sorted(counts.items())}
