"""Words for what the tables name by codes: columns, lists, places, sectors, metrics, features."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from infiltrate.params.study import StudyParams

_COLUMNS = {
    "area_id": "area",
    "as_of": "features taken on",
    "base_rate": "share on",
    "both": "firms on both",
    "companies": "companies",
    "complete_share": "filled cells",
    "expected_of_100": "expected of 100",
    "exposed": "firms both could name",
    "first": "from",
    "firms": "firms",
    "folds": "parts",
    "in_registry": "in the registry",
    "last": "to",
    "list_id": "list",
    "listed_per_1000": "listed per 1,000",
    "missed_share": "infiltrated firms missed",
    "n_censored": "window not seen in full",
    "n_companies": "firms",
    "n_listed": "of these listed",
    "n_units": "firms",
    "outcome": "what happened",
    "prevalence": "if this share is infiltrated",
    "probability_top5": "among the five highest",
    "rank_high": "rank, to",
    "rank_low": "rank, from",
    "sector_id": "sector",
    "source_id": "source",
    "what": "table",
    "window_closes": "listed until",
    "with_start_date": "with a start date",
    "without_start_date": "without a start date",
}
_METRICS = {
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "listed_share": "share listed",
}
_AT_SHARE = re.compile(r"(recall|precision|lift|specificity)_at_([\d.]+)pct")
# ISIC Rev. 4 and NACE Rev. 2 share these letters; shortened
_SECTIONS = {
    "A": "Agriculture, forestry, fishing",
    "B": "Mining and quarrying",
    "C": "Manufacturing",
    "D": "Electricity and gas",
    "E": "Water, sewerage, waste",
    "F": "Construction",
    "G": "Trade, repair of vehicles",
    "H": "Transport and storage",
    "I": "Accommodation and food",
    "J": "Information, communication",
    "K": "Finance and insurance",
    "L": "Real estate",
    "M": "Professional, technical",
    "N": "Administrative, support",
    "O": "Public administration",
    "P": "Education",
    "Q": "Health and social work",
    "R": "Arts and recreation",
    "S": "Other services",
    "T": "Households as employers",
    "U": "Extraterritorial bodies",
}
_SMALL_WORDS = {"de", "del", "della", "delle", "di", "da", "do", "dos", "e", "la", "las", "los"}
_SMALL_WORDS |= {"y", "of", "the", "and"}
_FEATURES = {
    "age_years": "age in years",
    "buyers": "number of buyers",
    "contracts": "number of contracts",
    "near_listed_share": "share listed within two steps",
    "steps_to_listed": "steps to a firm listed before",
    "steps_to_listed is missing": "no firm listed before within reach",
    "walks_from_listed": "walks from firms listed before",
}
_CODE = re.compile(r"[a-z][a-z0-9]*(?:[_/][a-z0-9]+)+")
_INDICATOR_FEATURE = re.compile(
    r"([A-Z]\d+)[ _](mean|flagged[ _]share|unknown[ _]share)( is missing)?"
)
_INDICATOR_PARTS = {
    "mean": "mean value",
    "flagged share": "share flagged",
    "unknown share": "share not computable",
}
_AMONG_PEERS = re.compile(r"(.+)_among_peers( is missing)?")


def column_label(name: str) -> str:
    """Return the heading of a column: a plain word where there is one, else its own name."""
    return _COLUMNS.get(name, name.replace("_", " "))


def plain_code(text: str) -> str:
    """Write a code such as ``natural_person`` as words; any other text stays as it is."""
    return text.replace("_", " ").replace("/", ": ") if _CODE.fullmatch(text) else text


def metric_label(name: str) -> str:
    """Return the name of a metric as a reader knows it: ``recall in the first 5%``."""
    at_share = _AT_SHARE.fullmatch(name)
    if at_share:
        return f"{at_share[1]} in the first {at_share[2]}%"
    return _METRICS.get(name, name.replace("_", " "))


def section_label(section: str) -> str:
    """Return letter and name of a section of activity: ``F Construction``."""
    if section in ("all", "not stated"):
        return {"all": "All sectors", "not stated": "Sector not stated"}[section]
    return f"{section} {_SECTIONS[section]}" if section in _SECTIONS else section


def list_titles(params: StudyParams) -> dict[str, str]:
    """Return the title of each list by its id, and of all about organised crime together."""
    titles = {definition.id: definition.title for definition in params.lists}
    return titles | {"organised-crime": "Any list about organised crime"}


def area_names(areas: pd.DataFrame) -> dict[str, str]:
    """Return the name of each area by its id; two areas of one name keep their ids beside it.

    Parameters
    ----------
    areas : pandas.DataFrame
        The table ``areas``: ``area_id``, ``name``.
    """
    names = {
        row.area_id: _calm(row.name) if isinstance(row.name, str) else row.area_id
        for row in areas[["area_id", "name"]].itertuples(index=False, name="Area")
    }
    used = pd.Series(list(names.values()), dtype=object).value_counts()
    told_apart = {
        area: f"{name} ({area})" if used[name] > 1 else name for area, name in names.items()
    }
    return told_apart | {"all": "All areas", "not stated": "Area not stated"}


def name_cells(frame: pd.DataFrame, areas: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return the frame with names in place of the codes of areas, sectors and lists.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any of ``area_id``, ``sector_id`` and ``list_id`` is replaced.
    areas : pandas.DataFrame
        The table ``areas``.
    params : StudyParams
        ``lists`` is read.
    """
    names = area_names(areas)
    titles = list_titles(params)
    named = frame.copy()
    if "area_id" in named:
        named["area_id"] = [names.get(area, area) for area in named["area_id"]]
    if "sector_id" in named:
        named["sector_id"] = [section_label(sector) for sector in named["sector_id"]]
    if "list_id" in named:
        named["list_id"] = [titles.get(name, name) for name in named["list_id"]]
    return named


def name_features(
    terms: pd.DataFrame, titles: Mapping[str, str], areas: pd.DataFrame
) -> pd.DataFrame:
    """Return the terms of a model with indicators, sectors and areas named in words.

    Parameters
    ----------
    terms : pandas.DataFrame
        ``term`` is replaced.
    titles : mapping of str to str
        Title of each indicator by its code.
    areas : pandas.DataFrame
        The table ``areas``.
    """
    names = area_names(areas)
    labels = [_feature_label(str(term), titles, names) for term in terms["term"]]
    return terms.assign(term=labels)


def _feature_label(term: str, titles: Mapping[str, str], areas: Mapping[str, str]) -> str:
    among = _AMONG_PEERS.fullmatch(term)
    if among:
        return f"{_feature_label(among[1], titles, areas)}, against peers{among[2] or ''}"
    if term in titles:
        return titles[term]
    match = _INDICATOR_FEATURE.fullmatch(term)
    if match and match[1] in titles:
        what = _INDICATOR_PARTS[match[2].replace("_", " ")]
        return f"{titles[match[1]]}, {what}{match[3] or ''}"
    name, is_level, level = term.partition(" = ")
    if name.replace("_", " ") == "sector section" and is_level:
        return f"sector = {section_label(level)}"
    if name == "area" and is_level:
        return f"area = {areas.get(level, level)}"
    if term in _FEATURES:
        return _FEATURES[term]
    return term.replace("_", " ")


def _calm(name: str) -> str:
    if not name.isupper() or len(name) < 4:
        return name
    words = name.lower().split()
    return " ".join(
        word if place and word in _SMALL_WORDS else word.capitalize()
        for place, word in enumerate(words)
    )
