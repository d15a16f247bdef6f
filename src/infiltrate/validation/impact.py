"""Effects estimated in one synthetic country, held against those that were planted in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, ImpactAnswer, find_refusals
from infiltrate.impact.event_study import (
    ESTIMATORS,
    MAIN,
    EventStudy,
    EventStudyDesign,
    fit_event_study,
)
from infiltrate.impact.matching import MatchedPanel, match_controls
from infiltrate.impact.placebo import vary_dates
from infiltrate.impact.pretrends import examine_pretrends
from infiltrate.impact.spillovers import fit_spillovers
from infiltrate.impact.staggered import GARDNER, estimate_curve
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.validation.impact_country import (
    KNOWLEDGE,
    KNOWN,
    LAGGED,
    STATED,
    ImpactCountry,
    PlantedPanel,
    build_planted_panel,
    draw_impact_country,
)
from infiltrate.validation.variants import Variant

ALONE = "infiltrated ones alone, true days"
"""Those infiltrated early held against those infiltrated late, without any other company."""
NEARBY = f"{KNOWN}, controls of the same area"
"""Controls that share the area too, and so often the market, in which they lose to the treated."""
SAMPLES = (*KNOWLEDGE, ALONE)
"""Samples by what is known; variants of the first carry its name, a comma and what differs."""
EVERY_SAMPLE = "high"
"""The card on which other samples are studied too, in one country of four."""
AVERAGE, LEADS, RIVALS = "average", "years before, joint test", "share held by infiltrated rivals"
"""Terms: the average effect, the test of the years before, and what rivals lose."""
_OUTCOME = "log_revenue"
_ONE_OF = 4
_SHARE = "share of the market held by treated companies"


class ImpactRow(NamedTuple):
    """One estimate of one country.

    ``sample`` is who is taken for infiltrated since when, with "dates 12 months earlier" and its
    like after a comma. ``planted`` is what was planted in the very rows that the estimate is an
    average of (with other dates: in those of the true dates), ``estimate``, ``low``, ``high`` and
    ``p_value`` what was found. ``of_own`` and ``of_rivals`` are what the estimator makes of the
    planted effects alone, without any noise: where ``of_own`` is not ``planted``, the estimator
    weighs effects in another way or takes the wrong rows for treated; ``of_rivals`` comes of
    controls that lose to infiltrated rivals. ``estimate`` is missing where ``reason`` says why.
    """

    scenario: str
    seed: int
    sample: str
    estimator: str
    term: str
    planted: float
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    of_own: float
    of_rivals: float
    treated: int
    units: int
    clusters: int
    reason: str
    firms: int


COLUMNS = ImpactRow._fields
TEXT = ("scenario", "sample", "estimator", "term", "reason")
"""Columns of words."""


def judge_impact(variant: Variant, firms: int, seed: int, choices: ImpactChoices) -> pd.DataFrame:
    """Draw a country, estimate effects on revenue in several ways, and put the planted ones beside.

    Parameters
    ----------
    variant : Variant
        Card.
    firms : int
        Active firms of the country.
    seed : int
        Seed of the country and, in a stream of its own, of what estimators draw.
    choices : ImpactChoices
        As in the parameters of a study; who is treated since when is varied here.

    Returns
    -------
    pandas.DataFrame
        Rows of `ImpactRow`, for each sample one per estimator and one for the test of the years
        before. The sample is `KNOWN`; on the card `EVERY_SAMPLE`, where the seed is a multiple of
        4, there are also the others of `SAMPLES`, `NEARBY`, the true days moved back and replaced
        by false ones, and what rivals lose for the whole of a market held by infiltrated companies.
    """
    country = draw_impact_country(variant.scenario, firms, seed)
    panel = build_planted_panel(country, KNOWN)
    rows = [*_judge_sample(panel, KNOWN, choices, seed)]
    if variant.scenario == EVERY_SAMPLE and seed % _ONE_OF == 0:
        rows += _judge_dates(panel, choices, seed)
        rows += _judge_sample(match_nearby(panel, country), NEARBY, choices, seed)
        rows += _judge_sample(keep_infiltrated(panel), ALONE, choices, seed)
        rows += _judge_rivals(panel, country, choices)
        for knowledge in (STATED, LAGGED):
            found = build_planted_panel(country, knowledge)
            rows += _judge_sample(found, knowledge, choices, seed)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(scenario=variant.name, seed=seed, firms=firms)


def match_nearby(panel: PlantedPanel, country: ImpactCountry) -> PlantedPanel:
    """Return the panel with cells of sector, size and area, however few companies they hold."""
    areas = country.tables["companies"].set_index("company_id")["area_id"]
    # the name of a cell ends with the area, which may be the whole country
    cell = panel.rows["cell"].str.rsplit(", ", n=1).str[0]
    cell = cell + ", " + panel.rows["company_id"].map(areas).astype(str)
    return replace(panel, rows=panel.rows.assign(cell=cell))


def keep_infiltrated(panel: PlantedPanel) -> PlantedPanel:
    """Return companies that are infiltrated at some time, and years before the last are.

    Those infiltrated last are the only controls: they count as never treated, and the years from
    their first on are left out. All are in one cell, for there are too few to match.
    """
    ever = panel.rows[panel.rows["first_treated"].notna()]
    last = int(min(ever["first_treated"].max(), ever["year"].max()))
    kept = ever[ever["year"] < last]
    first = kept["first_treated"].where(kept["first_treated"] < last)
    rows = kept.assign(first_treated=first, cell="all").reset_index(drop=True)
    return replace(panel, rows=rows)


def _judge_sample(
    panel: PlantedPanel, sample: str, choices: ImpactChoices, seed: int
) -> Iterator[ImpactRow]:
    if panel.study.is_refused:
        reason = panel.study.findings[0].text
        yield from (_refuse(sample, name, reason) for name in ESTIMATORS)
        return
    known = _keep_filed(panel)
    study = _fit(known, choices, seed)
    if study.answer.is_refused:
        reason = _why(study.answer)
        yield from (_refuse(sample, name, reason) for name in ESTIMATORS)
        return
    planted, own = _planted_in(known, choices)
    _, rivals = _planted_in(known, choices, "rivals")
    for effect in _averages(study):
        yield _row(
            sample,
            effect,
            planted=planted,
            of_own=_apply(own, effect.estimator, choices),
            of_rivals=_apply(rivals, effect.estimator, choices),
        )
    before = examine_pretrends(estimate_curve(study.matched, MAIN, choices.leads), choices.interval)
    if before is not None:
        found = Effect("event_study", MAIN, _OUTCOME, LEADS, before.wald, p_value=before.p_value)
        yield _row(sample, found)


def _judge_dates(panel: PlantedPanel, choices: ImpactChoices, seed: int) -> Iterator[ImpactRow]:
    """Estimate with other dates; what is wanted remains the effect in the rows of the true ones."""
    known = _keep_filed(panel)
    planted, _ = _planted_in(known, choices)
    for words, changed in vary_dates(known.drop(columns="has_stated_date"), choices.shifts_months):
        wanted = 0.0 if words.startswith("false") else planted
        sample = f"{KNOWN}, {words}"
        study = _fit(changed, choices, seed, (MAIN, GARDNER))
        if study.answer.is_refused:
            yield _refuse(sample, MAIN, _why(study.answer))
            continue
        _, own = _planted_in(changed, choices)
        for effect in _averages(study):
            of_own = _apply(own, effect.estimator, choices)
            yield _row(sample, effect, planted=wanted, of_own=of_own)


def _judge_rivals(
    panel: PlantedPanel, country: ImpactCountry, choices: ImpactChoices
) -> Iterator[ImpactRow]:
    """Hold the coefficient of the share of the market against the planted one."""
    answer = fit_spillovers(panel.rows, _OUTCOME, choices)
    if answer.is_refused:
        yield _refuse(KNOWN, RIVALS, _why(answer), RIVALS)
        return
    exposure, effect = country.planted.exposure, country.planted.rivals
    slope = float((effect.sum() / exposure.sum()) if exposure.any() else 0.0)
    noiseless = fit_spillovers(panel.rows.assign(rivals_alone=panel.rows["rivals"]),
                               "rivals_alone", choices)  # fmt: skip
    of_rivals = {effect.term: effect.estimate for effect in noiseless.effects}
    for found in answer.effects:
        if found.term == _SHARE:
            named = replace(found, term=RIVALS)
            yield _row(
                KNOWN, named, planted=slope, of_own=0.0, of_rivals=of_rivals.get(_SHARE, np.nan)
            )


def _keep_filed(panel: PlantedPanel) -> pd.DataFrame:
    # planted effects are there in every year, and must be taken of the years that are studied
    return panel.rows[panel.rows[_OUTCOME].notna()]


def _fit(
    rows: pd.DataFrame,
    choices: ImpactChoices,
    seed: int,
    estimators: tuple[str, ...] = ESTIMATORS,
) -> EventStudy:
    design = EventStudyDesign(_OUTCOME, estimators, has_checks=False)
    return fit_event_study(rows, design, choices, np.random.default_rng([seed, 20]))


def _averages(study: EventStudy) -> Iterator[Effect]:
    return (effect for effect in study.answer.effects if effect.term == AVERAGE)


def _planted_in(
    rows: pd.DataFrame, choices: ImpactChoices, column: str = "own"
) -> tuple[float, MatchedPanel | None]:
    """Return the mean planted effect in treated rows, and the effects as if they were outcomes."""
    if not rows[column].any():
        return 0.0, None
    matched = match_controls(rows, column, lags=choices.lags, fewest_treated=choices.fewest_treated)
    treated = matched.rows[matched.rows["treated"]]
    return float(treated["outcome"].mean()), matched


def _apply(planted: MatchedPanel | None, estimator: str, choices: ImpactChoices) -> float:
    if planted is None:
        return 0.0
    return estimate_curve(planted, estimator, choices.leads).average


def _why(answer: ImpactAnswer) -> str:
    return find_refusals(answer.findings)[0].text


def _refuse(sample: str, estimator: str, reason: str, term: str = AVERAGE) -> ImpactRow:
    return _row(sample, Effect("", estimator, _OUTCOME, term, np.nan), reason=reason)


def _row(
    sample: str,
    effect: Effect,
    *,
    planted: float = np.nan,
    of_own: float = np.nan,
    of_rivals: float = np.nan,
    reason: str = "",
) -> ImpactRow:
    return ImpactRow(
        scenario="",
        seed=0,
        sample=sample,
        estimator=effect.estimator,
        term=effect.term,
        planted=planted,
        estimate=effect.estimate,
        std_error=effect.std_error,
        low=effect.low,
        high=effect.high,
        p_value=effect.p_value,
        of_own=of_own,
        of_rivals=of_rivals,
        treated=effect.treated or 0,
        units=effect.units or 0,
        clusters=effect.clusters or 0,
        reason=reason,
        firms=0,
    )
