"""What each study answers, in the words a list of countries needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.report.wording import interval, percent
from infiltrate.site.finished import FinishedStudy

DEFINITION = re.compile(
    r"(?P<what>.*?), on (?P<day>\d{4}-\d\d-\d\d); of (?P<firms>[\d,]+) (?P<among>.*)", re.DOTALL
)
"""How the table of estimates words a definition: what, on which day, of how many firms of what."""


@dataclass(frozen=True)
class Answer:
    """One study in a list of countries.

    Attributes
    ----------
    slug, label, title, country, question : str
        As in the study.
    among : str
        The firms that its shares refer to.
    status, verdict, headline : str
        State of the answer (as in the table ``estimates``), in a few words, and in a sentence.
    estimate, floor, bounds : str
        Share of firms infiltrated with its interval; what lists name already; what a stated
        chance of detection allows. Empty where the study gives none.
    day, finished, version : str
        The day the study speaks of, the day its run ended, and the version that made it.
    lists, lists_about_crime, unchecked : int
        Lists of known firms, those about organised crime, and facts that nobody has checked.
    warnings : tuple of str
        Everything that the run warned of.
    """

    slug: str
    label: str
    title: str
    country: str
    question: str
    among: str
    status: str
    verdict: str
    headline: str
    estimate: str
    floor: str
    bounds: str
    day: str
    finished: str
    version: str
    lists: int
    lists_about_crime: int
    unchecked: int
    warnings: tuple[str, ...]


def read_answer(study: FinishedStudy) -> Answer:
    """Return what a finished study answers.

    Raises
    ------
    StoreError
        When it has no table of the answer.
    """
    said = study.store.read("prevalence_answer").to_pylist()[0]
    shares = national_shares(study)
    crime = shares[shares["list_id"] == "organised-crime"].set_index("estimator")
    params = study.params
    return Answer(
        slug=study.slug,
        label=study.label,
        title=params.title,
        country=params.country,
        question=params.question,
        among=_among(shares) or params.universe,
        status=said["status"],
        verdict=said.get("verdict") or "",
        headline=said.get("headline") or "",
        estimate=_share(crime, "pool"),
        floor=_share(crime, "floor"),
        bounds=_share(crime, "detection"),
        day=str(study.day or ""),
        finished=str(study.manifest.get("finished_at", ""))[:10],
        version=str(study.manifest.get("environment", {}).get("infiltrate", "")),
        lists=len(params.lists),
        lists_about_crime=sum(item.organised_crime for item in params.lists),
        unchecked=_count_unchecked(params),
        warnings=tuple(study.manifest.get("warnings", ())),
    )


def tabulate_answers(answers: list[Answer]) -> pd.DataFrame:
    """Return one row per study: what it answers, for when, and among whom."""
    return pd.DataFrame(
        {
            "study": [answer.label for answer in answers],
            "status": [answer.status for answer in answers],
            "infiltrated": [answer.estimate or "not estimated" for answer in answers],
            "rightly listed": [answer.floor or "no list about it" for answer in answers],
            "if detection is as stated": [answer.bounds or "not stated" for answer in answers],
            "day": [answer.day for answer in answers],
            "counted among": [answer.among for answer in answers],
        }
    )


def national_shares(study: FinishedStudy) -> pd.DataFrame:
    """Return the estimates of the whole country that are shares, not numbers of firms."""
    rows = study.store.read("estimates").to_pandas()
    national = rows["sector_id"].isna() & rows["area_id"].isna()
    return rows[national & (rows["unit"] == "share")].reset_index(drop=True)


def counted_among(definition: str) -> str:
    """Return among which firms an estimate is taken, without their number and the day."""
    found = DEFINITION.fullmatch(definition)
    if not found:
        return definition
    return re.sub(rf" (?:in force on|up to) {found['day']}", "", found["among"])


def _among(shares: pd.DataFrame) -> str:
    return counted_among(shares["definition"].iloc[0]) if len(shares) else ""


def _count_unchecked(params: StudyParams) -> int:
    facts = (
        params.facts.thresholds,
        params.facts.universe,
        params.facts.exchange_rates,
        params.facts.jurisdictions,
        params.facts.risk_levels,
        params.lists,
    )
    return sum(fact.status == "to_check" for block in facts for fact in block)


def _share(shares: pd.DataFrame, estimator: str) -> str:
    if estimator not in shares.index or shares.loc[estimator, "status"] in ("reject", "suppressed"):
        return ""
    row = shares.loc[estimator]
    return interval(row["value"], row["low"], row["high"], percent)
