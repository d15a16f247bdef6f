"""What can be validated: how the rows of a country come about, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from infiltrate.impact.drivers import MAIN
from infiltrate.validation import drivers, impact, ranking, recovery
from infiltrate.validation.country_files import (
    describe_drivers_inputs,
    describe_impact_inputs,
    describe_inputs,
    describe_ranking_inputs,
)
from infiltrate.validation.document import write_summary
from infiltrate.validation.drivers import recover_drivers
from infiltrate.validation.drivers_document import write_drivers_summary
from infiltrate.validation.impact import judge_impact
from infiltrate.validation.impact_country import KNOWN
from infiltrate.validation.impact_document import write_impact_summary
from infiltrate.validation.ranking import rank_country
from infiltrate.validation.ranking_document import write_ranking_summary
from infiltrate.validation.recovery import POOL, recover_country
from infiltrate.validation.request import DRIVERS, IMPACT, PREVALENCE, RANKING, ValidationRequest
from infiltrate.validation.variants import Variant


def _ranks_in_words(rows: pd.DataFrame) -> str:
    shown = rows[(rows["measure"] == ranking.AREA) & rows["value"].notna()]
    best = shown.drop_duplicates(["labels", "model"])
    return ", ".join(f"{row.model} on {row.labels} {row.value:.3f}" for row in best.itertuples())


def _effects_in_words(rows: pd.DataFrame) -> str:
    shown = rows[(rows["sample"] == KNOWN) & (rows["term"] == impact.AVERAGE)]
    return ", ".join(
        f"{row.estimator} {row.estimate:.3f} of {row.planted:.3f}" for row in shown.itertuples()
    )


def _drivers_in_words(rows: pd.DataFrame) -> str:
    shown = rows[rows["sample"] == MAIN]
    return ", ".join(
        f"{row.term} by {row.estimator} {row.estimate:.2f}" for row in shown.itertuples()
    )


def _in_words(rows: pd.DataFrame) -> str:
    national = rows[(rows["estimand"] == "infiltrated_firms") & (rows["area_id"] == "all")]
    words = f"{rows.truth.iloc[0]:.0f} rightly listed"
    if len(national):
        words = f"{national.truth.iloc[0]:.0f} infiltrated"
    for row in national[national["estimator"] == POOL].itertuples():
        refused = row.status == "reject"
        given = f"pool {row.median:.0f} ({row.lo95:.0f} to {row.hi95:.0f})"
        words += ", pool refused" if refused else f", {given}"
    return words


@dataclass(frozen=True)
class Subject:
    """What is validated: how rows come about, what they look like, and where they go."""

    folder: str
    file: str
    facts: str
    columns: Sequence[str]
    words: Sequence[str]
    describe_inputs: Callable[[ValidationRequest], dict[str, str]]
    compute: Callable[[ValidationRequest, Variant, int], pd.DataFrame]
    in_words: Callable[[pd.DataFrame], str]
    write_summary: Callable[[Path], Path]


SUBJECTS_BY_NAME: Mapping[str, Subject] = MappingProxyType(
    {
        PREVALENCE: Subject(
            folder="countries",
            file="recovery.csv",
            facts="run.json",
            columns=recovery.COLUMNS,
            words=recovery.TEXT,
            describe_inputs=lambda asked: describe_inputs(
                asked.firms, asked.choices, asked.estimators
            ),
            compute=lambda asked, variant, seed: recover_country(
                variant, asked.firms, seed, asked.choices, asked.estimators
            ),
            in_words=_in_words,
            write_summary=write_summary,
        ),
        RANKING: Subject(
            folder="ranked_countries",
            file="ranking.csv",
            facts="ranking_run.json",
            columns=ranking.COLUMNS,
            words=ranking.TEXT,
            describe_inputs=lambda asked: describe_ranking_inputs(
                asked.firms, asked.risk, asked.choices
            ),
            compute=lambda asked, variant, seed: rank_country(
                variant, asked.firms, seed, asked.risk, asked.choices
            ),
            in_words=_ranks_in_words,
            write_summary=write_ranking_summary,
        ),
        IMPACT: Subject(
            folder="impact_countries",
            file="impact.csv",
            facts="impact_run.json",
            columns=impact.COLUMNS,
            words=impact.TEXT,
            describe_inputs=lambda asked: describe_impact_inputs(asked.firms, asked.impact),
            compute=lambda asked, variant, seed: judge_impact(
                variant, asked.firms, seed, asked.impact
            ),
            in_words=_effects_in_words,
            write_summary=write_impact_summary,
        ),
        DRIVERS: Subject(
            folder="drivers_countries",
            file="drivers.csv",
            facts="drivers_run.json",
            columns=drivers.COLUMNS,
            words=drivers.TEXT,
            describe_inputs=lambda asked: describe_drivers_inputs(asked.firms, asked.choices),
            compute=lambda asked, variant, seed: recover_drivers(
                variant.scenario, asked.firms, seed, asked.choices
            ),
            in_words=_drivers_in_words,
            write_summary=write_drivers_summary,
        ),
    }
)
"""Every subject by its name on the command line."""
