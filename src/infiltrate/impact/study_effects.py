"""All that one study can say of effects: every design tried, each with its answer or refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.area_case import study_area
from infiltrate.impact.area_measures import read_area_measures
from infiltrate.impact.drivers import (
    KNOWN,
    MAIN,
    RUBIN,
    WITHOUT_EFFORT,
    Drivers,
    fit_drivers,
)
from infiltrate.impact.event_study import EventStudy, EventStudyDesign, fit_event_study
from infiltrate.impact.firm_panel import FirmPanel, build_firm_panel
from infiltrate.impact.price_residuals import FINAL, read_contract_prices
from infiltrate.impact.procurement_cost import (
    DIFFERENCE,
    MATCHED,
    ProcurementCost,
    estimate_procurement_cost,
)
from infiltrate.impact.published_effects import Subject, build_ladder
from infiltrate.impact.spillovers import fit_spillovers
from infiltrate.impact.synthetic_control import SyntheticControl
from infiltrate.impact.thresholds import Thresholds, study_thresholds
from infiltrate.impact.unseen import examine_unseen
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.firm_clusters import find_clusters
from infiltrate.tables.engine import Engine

_ALIVE = (
    "What infiltration does to the closing of companies is not estimated from lists: a company "
    "must be alive to be listed, so listed ones cannot have closed between their infiltration "
    "and their entry."
)
DRIVER_VARIANTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (RUBIN, MAIN): "with effort",
        (RUBIN, WITHOUT_EFFORT): "without effort",
        (KNOWN, MAIN): "as if estimates were known",
    }
)
"""Estimator and sample of the associations that a page shows side by side; the first answers."""
_COMPARED: Mapping[str, tuple[Subject, str]] = MappingProxyType(
    {
        "log_revenue": ("own revenue", "revenue of listed companies"),
        "log_debt": ("own debt", "debt of listed companies"),
    }
)


@dataclass(frozen=True, eq=False)
class StudyEffects:
    """Effects of one study by design.

    Attributes
    ----------
    panel : FirmPanel
        Companies by year.
    companies : mapping of str to EventStudy
        Event study of listed companies by outcome, the main one first; empty without a panel.
    rivals : ImpactAnswer
        What listed companies do to others of their market.
    drivers : Drivers
        What goes with infiltration.
    cost : ProcurementCost
        What infiltrated suppliers cost buyers.
    area : SyntheticControl
        The area that the parameters name, beside its synthetic control.
    thresholds : Thresholds
        Contracts below legal thresholds.
    unseen : ImpactAnswer
        How strong what nobody saw would have to be to undo the effect on listed companies.
    closing : ImpactAnswer
        Why nothing is said of the closing of companies.
    """

    panel: FirmPanel
    companies: Mapping[str, EventStudy]
    rivals: ImpactAnswer
    drivers: Drivers
    cost: ProcurementCost
    area: SyntheticControl
    thresholds: Thresholds
    unseen: ImpactAnswer
    closing: ImpactAnswer

    @property
    def answers(self) -> tuple[ImpactAnswer, ...]:
        """All answers, in the order of the page."""
        return (
            ImpactAnswer((), self.panel.findings),
            *(one.answer for one in self.companies.values()),
            self.unseen,
            self.closing,
            self.rivals,
            self.drivers.answer,
            self.cost.answer,
            self.area.answer,
            self.thresholds.answer,
        )


def estimate_effects(
    engine: Engine, params: StudyParams, rng: Callable[[str], np.random.Generator]
) -> StudyEffects:
    """Try every design on the tables of a study.

    Parameters
    ----------
    engine : Engine
        With companies, sectors, areas, area_years, accounts, officers, ownership, list_entries,
        buyers, tenders, contracts, cell_draws, infiltration_probabilities and pool_draws
        registered; each may be empty, and the designs that need it are then refused.
    params : StudyParams
        ``lists``, ``facts.thresholds``, ``choices.impact``,
        ``choices.prevalence.effort_measures``, ``choices.disclosure`` and the day of the study
        are read.
    rng : callable
        Gives the generator of a named step.

    Raises
    ------
    ValueError
        When the parameters name a list that the study does not have.
    CheckFailed
        When the parameters name a measure of areas that there is not.
    """
    panel = build_firm_panel(engine, params)
    companies = _study_companies(panel, params, rng)
    probabilities = engine.frame(
        "SELECT p.company_id AS company_id, p.probability AS probability "
        "FROM infiltration_probabilities AS p ORDER BY p.company_id"
    )
    infiltrated = engine.frame("SELECT d.infiltrated_firms AS infiltrated FROM pool_draws AS d")
    return StudyEffects(
        panel=panel,
        companies=companies,
        rivals=_study_rivals(engine, panel, params),
        drivers=_study_drivers(engine, params, rng("drivers")),
        cost=estimate_procurement_cost(
            read_contract_prices(engine),
            probabilities,
            infiltrated["infiltrated"].to_numpy(dtype=float),
            params.choices.impact,
            rng("procurement cost"),
        ),
        area=study_area(engine, params.choices.impact, rng("area")),
        thresholds=study_thresholds(engine, params, rng("thresholds")),
        unseen=_study_unseen(panel, companies, params),
        closing=ImpactAnswer(
            (), () if panel.is_refused else (Finding("refused", "event_study", _ALIVE),)
        ),
    )


def hold_against_published(study: StudyEffects) -> pd.DataFrame:
    """Put the effects of a study beside published ones; see `build_ladder`."""
    ours: list[tuple[Subject, str, Effect]] = []
    for outcome, one in study.companies.items():
        if outcome in _COMPARED and (effect := _find_average(one.answer)):
            ours.append((*_COMPARED[outcome], effect))
    if rivals := _find_average(study.rivals):
        ours.append(("rivals' revenue", "revenue of rivals of listed companies", rivals))
    prices = [
        effect
        for effect in study.cost.answer.effects
        if (effect.outcome, effect.term, effect.estimator) == (FINAL, DIFFERENCE, MATCHED)
    ]
    words = "final prices of contracts of infiltrated suppliers"
    ours += [("procurement prices", words, effect) for effect in prices]
    return build_ladder(ours)


def _find_average(answer: ImpactAnswer) -> Effect | None:
    """Return the average of the first estimator; it is the one that answers."""
    averages = (
        effect for effect in answer.effects if effect.term == "average" and effect.sample == "main"
    )
    return next(averages, None)


def _study_companies(
    panel: FirmPanel, params: StudyParams, rng: Callable[[str], np.random.Generator]
) -> dict[str, EventStudy]:
    """Return the event study of each outcome; only that of the main one is checked in full."""
    if panel.is_refused:
        return {}
    smallest = params.choices.disclosure.minimum_listed
    rows = _filed(panel)
    return {
        outcome: fit_event_study(
            rows,
            EventStudyDesign(outcome, has_checks=place == 0, smallest_shown=smallest),
            params.choices.impact,
            rng(f"event study of {outcome}"),
        )
        for place, outcome in enumerate(panel.outcomes)
    }


def _study_unseen(
    panel: FirmPanel, companies: Mapping[str, EventStudy], params: StudyParams
) -> ImpactAnswer:
    if panel.is_refused or companies[panel.outcomes[0]].answer.is_refused:
        return ImpactAnswer()
    return examine_unseen(_filed(panel), panel.outcomes, params.choices.impact)


def _study_rivals(engine: Engine, panel: FirmPanel, params: StudyParams) -> ImpactAnswer:
    """Leave out whoever hangs together with a listed company: it is no rival."""
    if panel.is_refused:
        return ImpactAnswer()
    if "log_revenue" not in panel.outcomes:
        why = "Shares of markets need revenue among the outcomes of the study."
        return ImpactAnswer((), (Finding("refused", "spillover", why),))
    return fit_spillovers(
        _filed(panel),
        panel.outcomes[0],
        params.choices.impact,
        linked=_find_linked(engine, panel.rows, params),
        smallest_shown=params.choices.disclosure.minimum_listed,
    )


def _filed(panel: FirmPanel) -> pd.DataFrame:
    """Leave out years without any accounts: they say nothing of an outcome."""
    return panel.rows.dropna(subset=list(panel.outcomes), how="all")


def _find_linked(engine: Engine, rows: pd.DataFrame, params: StudyParams) -> frozenset[str]:
    firms = rows.drop_duplicates("company_id").reset_index(drop=True)
    day = params.day or pd.Timestamp(int(rows["year"].max()), 12, 31).date()
    cluster = find_clusters(engine, day, firms["company_id"])
    of_treated = np.unique(cluster[firms["first_treated"].notna().to_numpy()])
    return frozenset(firms.loc[np.isin(cluster, of_treated), "company_id"])


def _study_drivers(engine: Engine, params: StudyParams, rng: np.random.Generator) -> Drivers:
    draws = engine.frame(
        "SELECT d.draw AS draw, d.sector_id AS sector_id, d.area_id AS area_id, "
        "d.firms AS firms, d.listed AS listed, d.infiltrated AS infiltrated "
        "FROM cell_draws AS d ORDER BY d.draw, d.sector_id, d.area_id"
    )
    choices = params.choices
    day = params.day or pd.Timestamp("2200-01-01").date()
    measures = read_area_measures(
        engine,
        day,
        draws["area_id"].unique(),
        choices.impact.drivers,
        choices.prevalence.effort_measures,
    )
    return fit_drivers(draws, measures, choices.impact, rng)
