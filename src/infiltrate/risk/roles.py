"""What each feature says of a company: a sign of infiltration, a chance of being seen, effort."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import pandas as pd

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.params.choices import RiskChoices

Role = Literal["infiltration", "exposure", "detection"]

AMONG_PEERS = "_among_peers"
"""Ending of a number seen against the same number of the company's peers."""
EFFORT = "effort_"
"""Opening of a published measure of how hard authorities look in the company's area."""

_SIGNS = (
    "legal_form",
    "sector_section",
    "age_years",
    "win_share",
    "steps_to_listed",
    "walks_from_listed",
    "near_listed_share",
    "director_changes",
    "companies_of_officer",
    "follows_dissolved",
    "owned_by_trusts",
    "owned_by_unknown",
    "owned_by_companies",
    "width_of_shares",
    "companies_at_address",
    "filed_share",
    "revenue_growth",
    "personnel_to_revenue",
    "materials_to_revenue",
    "services_to_revenue",
    "revenue_to_assets",
    "ebit_to_revenue",
    "cash_to_assets",
    "inventory_to_assets",
    "bank_debt_to_assets",
    "equity_to_assets",
)
# How much a company deals with the state says how often it is looked at, whatever it is.
_EXPOSURE = ("bids", "wins", "contracts", "buyers", "log_value", "is_supplier", "M06_mean")
# Where a company is says how hard authorities look; large firms and those with banks are known.
_DETECTION = ("area", "log_size", "has_bank_debt")
_ROLES: Mapping[str, Role] = MappingProxyType(
    {
        **dict.fromkeys(_SIGNS, "infiltration"),
        **dict.fromkeys(_EXPOSURE, "exposure"),
        **dict.fromkeys(_DETECTION, "detection"),
    }
)
_INDICATOR = re.compile(r"(?P<code>[A-Z]\d\d)_(flagged_share|unknown_share|mean)")

# Attributes of natural persons, by indicator and by the words a column is named with.
_PROTECTED_INDICATORS: Mapping[str, str] = MappingProxyType({"F10": "age_of_persons"})
_PROTECTED_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sex": ("sex", "gender", "female", "male", "women", "men"),
        "age_of_persons": ("birth", "birthday", "birthyear", "born"),
        "birthplace": ("birthplace", "birthcountry"),
        "nationality_of_persons": ("nationality", "nationalities", "citizenship"),
        "ethnicity": ("ethnicity", "ethnic", "race", "surname", "surnames"),
        "religion": ("religion", "religious", "faith"),
    }
)


def role_of(column: str) -> Role:
    """Return what a feature is for; one that is not declared is taken as a sign.

    Parameters
    ----------
    column : str
        Name of the feature; one seen among peers has the role of the number itself.
    """
    name = column.removesuffix(AMONG_PEERS)
    if name.startswith(EFFORT):
        return "detection"
    return _ROLES.get(name, "infiltration")


def is_silent_when_missing(column: str) -> bool:
    """Whether a missing number only says that there was nothing to judge.

    Indicators of lots, contracts and relations are missing of companies that have won nothing:
    that is exposure, and must not come back as a sign through its being missing. What could not be
    judged of the lots that a company did win is a number of its own, ``<code>_unknown_share``.
    """
    name = column.removesuffix(AMONG_PEERS)
    indicator = _INDICATOR.fullmatch(name)
    if indicator and indicator["code"] in load_catalogue():
        return load_catalogue()[indicator["code"]].level != "company"
    return name == "win_share"


def is_declared(column: str) -> bool:
    """Whether a feature is one of those known to the project: nothing else is made of tables."""
    name = column.removesuffix(AMONG_PEERS)
    indicator = _INDICATOR.fullmatch(name)
    if indicator:
        return indicator["code"] in load_catalogue()
    return name in _ROLES or name.startswith(EFFORT)


def protected_attribute(column: str) -> str:
    """Return the protected attribute of natural persons behind a feature; empty if there is none.

    Those of ``choices.risk.protected``: sex, age, birthplace, nationality, ethnicity, religion.
    """
    indicator = _INDICATOR.fullmatch(column.removesuffix(AMONG_PEERS))
    if indicator:
        return _PROTECTED_INDICATORS.get(indicator["code"], "")
    words = set(re.split(r"[^a-z]+", column.lower()))
    if "birth" in words and words & {"place", "country", "town", "region"}:
        return "birthplace"
    return next((name for name, told in _PROTECTED_WORDS.items() if words & set(told)), "")


def select_features(features: pd.DataFrame, choices: RiskChoices) -> list[str]:
    """Choose the columns that a learner trained on labels may see, in the order given.

    Columns of the roles in ``choices.roles``; of a number that is also there as seen among peers,
    the latter alone; a protected attribute only if it was signed for.
    """
    signed = {use.attribute for use in choices.protected}
    return [
        name
        for name in features.columns
        if role_of(name) in choices.roles
        and f"{name}{AMONG_PEERS}" not in features.columns
        and (not (attribute := protected_attribute(name)) or attribute in signed)
    ]


def describe_protected_use(columns: Iterable[str], choices: RiskChoices) -> tuple[str, ...]:
    """Say, for the first page, which protected attributes rank companies and who answers for it.

    Parameters
    ----------
    columns : iterable of str
        Features at hand, those left out included.
    """
    found: dict[str, list[str]] = {}
    for column in columns:
        if attribute := protected_attribute(column):
            found.setdefault(attribute, []).append(column)
    signed = {use.attribute: use for use in choices.protected}
    used = [
        f"Protected attribute in the ranking: {_words(name)} ({', '.join(sorted(found[name]))}), "
        f"signed by {use.signed_by} on {use.signed_on}: {use.reason}."
        for name, use in sorted(signed.items())
        if name in found
    ]
    idle = [
        f"Protected attribute signed for by {use.signed_by} but without any feature: "
        f"{_words(name)}."
        for name, use in sorted(signed.items())
        if name not in found
    ]
    refused = [
        f"Left out of the ranking as a protected attribute nobody signed for: {_words(name)} "
        f"({', '.join(sorted(columns))})."
        for name, columns in sorted(found.items())
        if name not in signed
    ]
    return (*used, *idle, *refused)


def _words(attribute: str) -> str:
    return attribute.replace("_", " ")
