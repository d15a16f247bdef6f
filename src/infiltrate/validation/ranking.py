"""How well each learner ranks the companies of one synthetic country, held against the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from infiltrate.params.choices import PrevalenceChoices, RiskChoices
from infiltrate.prevalence.estimators import estimate_country
from infiltrate.prevalence.firm_probabilities import estimate_firm_probabilities
from infiltrate.risk.calibration_quality import measure_calibration
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.designs import (
    COMBINED,
    CONNECTED,
    DESIGNS,
    FORWARD,
    LIST_OUT,
    RANDOM,
    REGION,
    Design,
)
from infiltrate.risk.metrics import measure_ranking
from infiltrate.risk.validation import Validation, validate_models
from infiltrate.synth import SyntheticCountry, simulate_tables
from infiltrate.synth.country.cards import TYPES
from infiltrate.validation.country import view_country
from infiltrate.validation.ranked_country import (
    describe_cohort,
    halve_time,
    permute_labels,
    reveal_truth,
)
from infiltrate.validation.variants import Variant

LISTS, TRUTH, PERMUTED = "lists", "the truth", "permuted"
"""What a ranking was learnt from."""
EVERY_DESIGN = "base"
"""The card on which every design is run; on the others companies are split at random alone."""
AREA, PRECISION, RECALL_TOP, RECALL_TENTH = (
    "area against truth",
    "average precision against truth",
    "recall at 1 % against truth",
    "recall at 10 % against truth",
)
AREA_LISTED = "area against lists"
SLOPE, ERROR = "calibration slope", "calibration error"
PROBABILITIES = "probability of infiltration"
"""What stands for a model on the rows of ``SLOPE`` and ``ERROR``."""

_ONE_DAY = (CONNECTED, REGION, LIST_OUT)
_TWO_DAYS = (FORWARD, COMBINED)
_ORACLES = ("logistic", "boosting")
_EVERY_ROLE = ("infiltration", "exposure", "detection")
# with a few hundred labels behind the others at random already, and the slowest
_AT_RANDOM_ALONE = "boosting"
_TOP, _TENTH = 0.01, 0.1


class RankingRow(NamedTuple):
    """One number about one ranking of one country.

    ``labels`` is what was learnt from: lists, truth (an oracle) or permuted lists. Measures against
    truth count companies on no list alone; "recall at 10 %, functional" and its like those of one
    type. ``low`` and ``high`` end the 95 % interval of measures against lists. ``positives`` of
    the ``units`` ranked are infiltrated, or listed. ``value`` is missing where ``reason`` says why.
    ``firms`` is the size of the country.
    """

    scenario: str
    seed: int
    design: str
    model: str
    labels: str
    measure: str
    value: float
    low: float
    high: float
    units: int
    positives: int
    reason: str
    firms: int


COLUMNS = RankingRow._fields
TEXT = ("scenario", "design", "model", "labels", "measure", "reason")
"""Columns of words."""


def rank_country(
    variant: Variant,
    firms: int,
    seed: int,
    risk: RiskChoices,
    prevalence: PrevalenceChoices,
) -> pd.DataFrame:
    """Draw a country, rank its companies as an analyst would, and hold ranks against the truth.

    Parameters
    ----------
    variant : Variant
        Card; what is stated wrongly of its lists concerns the probabilities alone.
    firms : int
        Active firms of the country.
    seed : int
        Seed of the country and, in streams of their own, of all that is learnt.
    risk : RiskChoices
        Learners, folds and roles.
    prevalence : PrevalenceChoices
        Behind the probabilities of infiltration.

    Returns
    -------
    pandas.DataFrame
        Rows of `RankingRow`, in the order of designs, models and measures. Oracles learn from the
        truth of other companies than those they rank, with features of every role. Forward in
        time, companies are ranked as of the day by which half of the entries had been made.
    """
    country = simulate_tables(variant.scenario, firms, seed)
    cohort = describe_cohort(country)
    every = variant.scenario == EVERY_DESIGN
    rows = list(_judge(country, [cohort], risk, stream=10))
    if every:
        learners = [name for name in risk.learners if name != _AT_RANDOM_ALONE]
        fewer = risk.model_copy(update={"learners": learners})
        plain = risk.model_copy(update={"learners": ["logistic"]})
        rows += _judge(country, [cohort], fewer, wanted=_ONE_DAY, stream=11)
        rows += _judge(country, halve_time(country), fewer, wanted=_TWO_DAYS, stream=12)
        shuffled = permute_labels(cohort, np.random.default_rng([seed, 13]))
        rows += _judge(country, [shuffled], plain, labels=PERMUTED, wanted=DESIGNS, stream=14)
    if country.infiltrated.any():
        seeing = risk.model_copy(update={"learners": list(_ORACLES), "roles": list(_EVERY_ROLE)})
        known = [reveal_truth(cohort, country)]
        rows += _judge(country, known, seeing, labels=TRUTH, stream=15)
    rows += _judge_probabilities(country, variant, prevalence, seed)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(scenario=variant.name, seed=seed, firms=firms)


def _judge(
    country: SyntheticCountry,
    cohorts: Sequence[Cohort],
    choices: RiskChoices,
    *,
    labels: str = LISTS,
    wanted: Collection[str] = (RANDOM,),
    stream: int,
) -> Iterator[RankingRow]:
    rng = np.random.default_rng([country.seed, stream])
    validation = validate_models(cohorts, choices, rng, wanted=wanted)
    truth = _know(country)
    for design in validation.designs:
        for model in choices.learners:
            reason = design.reason or validation.refused.get((design.name, model), "")
            about = {"design": design.name, "model": model, "labels": labels}
            if reason:
                yield _row(about, AREA, reason=reason)
                continue
            ranked = _select(validation, design, model)
            if labels != PERMUTED:
                found = truth.loc[ranked["company_id"]].reset_index(drop=True)
                yield from _against_truth(about, ranked["percentile"].to_numpy(), found)
            if labels != TRUTH:
                yield _against_lists(about, ranked, design, choices, rng)


def _know(country: SyntheticCountry) -> pd.DataFrame:
    """Return one row per company: whether it is infiltrated, of which type, and on no list."""
    about_crime = np.array([definition.organised_crime for definition in country.lists])
    return pd.DataFrame(
        {
            "infiltrated": country.infiltrated,
            "kind": country.kind,
            "unlisted": ~country.listed[:, about_crime].any(axis=1),
        },
        country.firms["company_id"],
    )


def _select(validation: Validation, design: Design, model: str) -> pd.DataFrame:
    rankings = validation.rankings
    chosen = (rankings["design"] == design.name) & (rankings["model"] == model)
    return rankings[chosen].reset_index(drop=True)


def _against_truth(
    about: dict[str, str], places: np.ndarray, truth: pd.DataFrame
) -> Iterator[RankingRow]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    unlisted = truth["unlisted"].to_numpy(bool)
    infiltrated = truth["infiltrated"].to_numpy(bool)[unlisted]
    kind, places = truth["kind"].to_numpy()[unlisted], places[unlisted]
    counts = (len(places), int(infiltrated.sum()))
    if not 0 < counts[1] < counts[0]:
        yield _row(about, AREA, counts=counts, reason="nobody off the lists is infiltrated")
        return
    first = np.argsort(-places, kind="stable")
    top = first[: max(1, round(_TOP * len(places)))]
    tenth = first[: max(1, round(_TENTH * len(places)))]
    yield _row(about, AREA, roc_auc_score(infiltrated, places), counts=counts)
    yield _row(about, PRECISION, average_precision_score(infiltrated, places), counts=counts)
    yield _row(about, RECALL_TOP, infiltrated[top].sum() / counts[1], counts=counts)
    yield _row(about, RECALL_TENTH, infiltrated[tenth].sum() / counts[1], counts=counts)
    for name in TYPES:
        of_kind = kind == name
        if of_kind.any():
            share = of_kind[tenth].sum() / of_kind.sum()
            number = (len(places), int(of_kind.sum()))
            yield _row(about, f"{RECALL_TENTH}, {name}", share, counts=number)


def _against_lists(
    about: dict[str, str],
    ranked: pd.DataFrame,
    design: Design,
    choices: RiskChoices,
    rng: np.random.Generator,
) -> RankingRow:
    area = measure_ranking(
        ranked["percentile"].to_numpy(),
        ranked["is_listed"].to_numpy(bool),
        ranked["cluster"].to_numpy(),
        design=design.name,
        model=about["model"],
        top_shares=[_TOP],
        draws=choices.bootstrap_draws,
        few_labels=choices.few_labels,
        rng=rng,
        overlap=design.overlap,
    )[0]
    counts = (area.n_units, area.n_listed)
    if area.value is None:
        return _row(about, AREA_LISTED, counts=counts, reason=area.reason)
    interval = (float(area.low or 0.0), float(area.high or 1.0))
    return _row(about, AREA_LISTED, area.value, interval=interval, counts=counts)


def _judge_probabilities(
    country: SyntheticCountry, variant: Variant, choices: PrevalenceChoices, seed: int
) -> list[RankingRow]:
    view = view_country(country, variant.change)
    rng = np.random.default_rng([seed, 1])
    estimate = estimate_country(view.lists, view.evidence, choices, rng)
    stated = estimate_firm_probabilities(estimate, view.lists, rng)
    about = {"design": "", "model": PROBABILITIES, "labels": LISTS}
    if stated.refusal:
        return [_row(about, SLOPE, reason=stated.refusal)]
    truth = _know(country)
    probability = stated.table.set_index("company_id")["probability"].loc[truth.index].to_numpy()
    quality = measure_calibration(probability, truth["infiltrated"].to_numpy())
    counts = (quality.n_units, quality.n_events)
    slope = np.nan if quality.slope is None else quality.slope
    why = "" if quality.slope is not None else "nobody, or everybody, is infiltrated"
    return [
        _row(about, SLOPE, slope, counts=counts, reason=why),
        _row(about, ERROR, quality.expected_error, counts=counts),
        *_against_truth(about, probability, truth),
    ]


def _row(
    about: dict[str, str],
    measure: str,
    value: float = np.nan,
    *,
    interval: tuple[float, float] = (np.nan, np.nan),
    counts: tuple[int, int] = (0, 0),
    reason: str = "",
) -> RankingRow:
    return RankingRow(
        scenario="",
        seed=0,
        **about,
        measure=measure,
        value=float(value),
        low=interval[0],
        high=interval[1],
        units=counts[0],
        positives=counts[1],
        reason=reason,
        firms=0,
    )
