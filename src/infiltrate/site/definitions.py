"""What exactly an estimate or a red flag of one study measures: everything that must be alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams
from infiltrate.report.wording import percent
from infiltrate.site.answers import DEFINITION, counted_among, national_shares
from infiltrate.site.finished import FinishedStudy

ALL_ABOUT_CRIME = "organised-crime"
ENOUGH_COMPUTABLE = 0.5
"""A red flag known for a smaller share of the units says more of the data than of the country."""

_GIVEN = ("use", "caution")
_TITLE = re.compile(r"'[^']*'")
_INFILTRATED = {
    "pool": "Infiltrated firms, estimate",
    "point_estimate": "Infiltrated firms, estimate",
    "floor": "Infiltrated firms, floor: rightly on a list about organised crime",
    "detection": "Infiltrated firms, bounds by a stated chance of detection",
}
READING_ORDER = tuple(dict.fromkeys(_INFILTRATED.values()))
"""Names of the estimates that a reader looks for first; lists, one by one, come after."""
# not part of what is measured: how finely it is drawn, and what is only shown beside it
_ONLY_SHOWN = frozenset(["draws", "dark_shares", "gammas", "detection_low", "detection_high"])
_SUMMARIES = ("contract_indicator_summary", "firm_indicator_summary")


@dataclass(frozen=True, eq=False)
class Measured:
    """One number of one study and what it hangs on.

    Attributes
    ----------
    study : FinishedStudy
        Whose number it is.
    what : str
        What it is called in every study; numbers of different names are never compared.
    must_agree : mapping of str to str
        What has to be the same for two numbers of this name to be comparable, in words.
    value, low, high, coverage : float
        The number, its interval, and the share of units for which it is known; NaN where not
        given.
    status, reason : str
        As in the table ``estimates``; a red flag without a number is ``reject``.
    code : str
        Code of a red flag; empty for an estimate.
    """

    study: FinishedStudy
    what: str
    must_agree: Mapping[str, str]
    value: float
    low: float
    high: float
    status: str
    reason: str = ""
    coverage: float = float("nan")
    code: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        """Whether there is a number at all."""
        return self.status in _GIVEN


def measure_estimates(study: FinishedStudy) -> Iterator[Measured]:
    """Yield the estimates of a country that could stand beside those of another.

    The single estimators behind the estimate are left out, for they are parts of it, and so are
    bounds without any assumption, which hold everywhere.
    """
    lists = {item.id: item for item in study.params.lists}
    for row in national_shares(study).to_dict("records"):
        what = _name_estimate(row, lists)
        if what:
            yield Measured(
                study,
                what,
                _estimate_terms(row, lists, study.params),
                row["value"],
                row["low"],
                row["high"],
                row["status"],
                row["reason"] or "",
            )


def measure_flags(study: FinishedStudy) -> Iterator[Measured]:
    """Yield how often each red flag is on, for those that the study looked at."""
    catalogue = load_catalogue()
    for table in _SUMMARIES:
        if not study.store.exists(table):
            continue
        for row in study.store.read(table).to_pylist():
            known = catalogue.get(row["indicator"])
            chosen = study.params.choices.indicators.get(known.name) if known else None
            settings = (
                {name: setting.default for name, setting in known.settings.items()} if known else {}
            )
            settings |= dict(chosen.settings) if chosen else {}
            is_given = row["on"] and row["base_rate"] is not None and not pd.isna(row["base_rate"])
            yield Measured(
                study,
                row["title"],
                _flag_terms(row, settings),
                row["base_rate"] if is_given else float("nan"),
                row["low"] if is_given else float("nan"),
                row["high"] if is_given else float("nan"),
                "use" if is_given else "reject",
                "" if is_given else _why_no_flag(row),
                row["coverage"],
                row["indicator"],
                settings,
            )


def _name_estimate(row: Mapping[str, Any], lists: Mapping[str, ListDefinition]) -> str:
    """Return the name that an estimate has in every study; empty when it is not compared."""
    estimator, list_id = row["estimator"], row["list_id"]
    if row["estimand"] == "infiltrated_share" and list_id == ALL_ABOUT_CRIME:
        return _INFILTRATED.get(estimator, "")
    if estimator == "floor" and list_id in lists:
        item = lists[list_id]
        about = "about organised crime" if item.organised_crime else "about something else"
        return f"Firms rightly on a list {about}: {item.nature.replace('_', ' ')}"
    return ""


def _estimate_terms(
    row: Mapping[str, Any], lists: Mapping[str, ListDefinition], params: StudyParams
) -> dict[str, str]:
    found = DEFINITION.fullmatch(row["definition"])
    # the title of a list is a name; what the list is stands among the terms
    what = _TITLE.sub("the list", found["what"] if found else row["definition"])
    one = lists.get(row["list_id"])
    used = [one] if one else [item for item in lists.values() if item.organised_crime]
    terms = {
        "definition": what,
        "counted among": counted_among(row["definition"]),
        "lists": "; ".join(
            sorted(f"{_plain(item.nature)} of {_plain(item.exposure)}" for item in used)
        )
        or "none",
    }
    if row["interval"] == row["interval"]:
        terms["interval"] = percent(row["interval"])
    if row["estimator"] == "pool":
        choices = params.choices.prevalence.model_dump(mode="json", exclude=set(_ONLY_SHOWN))
        terms |= {f"choices.prevalence.{path}": value for path, value in _flat(choices)}
    return terms


def _flag_terms(row: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    terms = {"one row is": row["level"]}
    terms |= {f"setting {name}": value for name, value in _flat(settings)}
    return terms


def _why_no_flag(row: Mapping[str, Any]) -> str:
    if not row["on"]:
        return "turned off in the parameters"
    return f"not computable for any unit: {row['reasons']}" if row["reasons"] else "no unit to flag"


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            written = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{path}{name}", written


def _plain(code: str) -> str:
    return code.replace("_", " ")
