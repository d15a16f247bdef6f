"""When the number of infiltrated firms is not estimated, and why, in words for any reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from infiltrate.params.lists import ListDefinition
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.list_screening import LEAST_LISTS
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.pool import POOLED_FAMILIES
from infiltrate.prevalence.posterior import name_in_words

WHAT_A_LIST_NAMES = {
    "court_final": "firms named in a final court judgment",
    "court_provisional": "firms under a court measure that is not final",
    "admin_preventive": "firms barred by an administrative measure of prevention",
    "tax": "firms listed by the tax authority",
    "debarment": "firms barred from public tenders",
    "penalty": "firms penalised under a public contract",
    "sanction": "firms under sanctions",
    "intelligence": "firms reported by an intelligence unit",
    "media": "firms named in the press",
    "research": "firms found by research",
}
"""Plain words for each nature of a list."""


@dataclass(frozen=True)
class Refusal:
    """One reason why no estimate is given.

    Attributes
    ----------
    code : str
        Stable name of the reason.
    reason : str
        One or two sentences for a reader.
    """

    code: str
    reason: str


def find_refusals(data: ListsData) -> tuple[Refusal, ...]:
    """Say why these lists cannot even be tried: the number of infiltrated firms is not estimated.

    Only lists about organised crime that name at least one company in scope count. Whether their
    overlaps carry an estimate is for the estimators to say; see `refuse_rejected`.
    """
    lists = data.organised_crime
    return (
        *_refuse_without_denominator(data),
        *_refuse_without_organised_crime(data, lists),
        *_refuse_few_lists(lists),
        *_refuse_disjoint_exposure(lists),
    )


def refuse_rejected(country: CountryEstimate) -> tuple[Refusal, ...]:
    """Say why no estimate follows when every estimator that could be pooled was rejected."""
    if country.pool.status != "reject":
        return ()
    members = country.pool.members
    rejected = members[members["family"].isin(POOLED_FAMILIES)]
    why = " ".join(
        f"{name_in_words(name).capitalize()}: {reason}"
        for name, reason in zip(rejected["estimator"], rejected["reason"], strict=True)
    )
    return (Refusal("estimators_rejected", f"{' '.join(country.pool.reasons)} {why}"),)


def _refuse_without_denominator(data: ListsData) -> Iterator[Refusal]:
    if data.denominator.firms == 0:
        yield Refusal(
            "no_denominator",
            "The sources hold no company and the parameters no official count of firms: there is "
            "nothing that a share could be a share of.",
        )


def _refuse_without_organised_crime(data: ListsData, lists: ListsData) -> Iterator[Refusal]:
    if lists.lists:
        return
    about = [definition for definition in data.lists if definition.organised_crime]
    if about:
        found = f"{_titles(about)} could, but no company of this study is on it."
    elif data.lists:
        found = f"What they measure is something else: {describe_lists(data.lists)}."
    else:
        found = "The study has no list at all."
    yield Refusal(
        "no_organised_crime_list",
        f"No list of this study says that a firm is tied to organised crime. {found} "
        "A share of such firms is not a share of infiltrated firms, and no method turns one into "
        "the other."
        if data.lists
        else f"No list of this study says that a firm is tied to organised crime. {found}",
    )


def _refuse_few_lists(lists: ListsData) -> Iterator[Refusal]:
    number = len(lists.lists)
    if number < LEAST_LISTS:
        here = ["none", f"one, {_titles(lists.lists)}", f"two, {_titles(lists.lists)}"][number]
        yield Refusal(
            "fewer_than_three_lists",
            "With fewer than three separate lists about organised crime "
            f"(here {here}) the data cannot tell a country with few infiltrated firms and good "
            "detection from one with many and poor detection.",
        )


def _refuse_disjoint_exposure(lists: ListsData) -> Iterator[Refusal]:
    disjoint = [
        _titles([lists.lists[j], lists.lists[k]])
        for j, k in combinations(range(len(lists.lists)), 2)
        if not (lists.exposed[:, j] & lists.exposed[:, k]).any()
    ]
    if disjoint:
        yield Refusal(
            "disjoint_exposure",
            "Some lists could never have named the same firm, so that their overlap says nothing "
            f"about firms that no list names: {'; '.join(disjoint)}.",
        )


def describe_lists(lists: tuple[ListDefinition, ...]) -> str:
    """Say what each list names: "'Register of debarments' names firms barred from tenders"."""
    return "; ".join(f"'{d.title}' names {WHAT_A_LIST_NAMES[d.nature]}" for d in lists)


def _titles(lists: list[ListDefinition] | tuple[ListDefinition, ...]) -> str:
    return " and ".join(f"'{definition.title}'" for definition in lists)
