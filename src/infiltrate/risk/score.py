"""The ranking of a country's companies, what it rests on, and how far it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.params.study import StudyParams
from infiltrate.risk.cohorts import Cohort, build_cohort
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.explain import explain_scores
from infiltrate.risk.labels import choose_as_of, choose_lists
from infiltrate.risk.leaks import leave_out_leaks
from infiltrate.risk.learners import FittedLearner
from infiltrate.risk.metrics import MINIMUM_LISTED, metrics_frame
from infiltrate.risk.roles import describe_protected_use
from infiltrate.risk.study_box import RANKS
from infiltrate.risk.validation import Validation, validate_models
from infiltrate.risk.validation_metrics import describe_designs, measure_validation
from infiltrate.tables.store import TableStore


@dataclass(frozen=True)
class RiskResult:
    """A ranking of companies; not a count, and not a finding about any of them.

    Attributes
    ----------
    as_of : date or None
        Day of the features behind the scores.
    learnt_on : date or None
        Day of the features the models learnt from.
    scores : DataFrame
        One row per company, best rank first: ``company_id``, ``risk_score`` (log-odds of the
        learner; orders companies, its level means nothing), ``rank`` (1 is highest,
        ties share the lowest), ``percentile`` (share of companies below, ties half),
        ``rank_low`` and ``rank_high`` (95 % interval, for the head of the ranking only; see
        ``explain.explain_scores``), ``head_share`` (share of refits in which it is among the
        flagged) and ``is_unstable`` (the middle half of its ranks over refits lies on both sides
        of the cut), ``held_out_percentile`` (place when neither the company nor its connections
        were learnt from; missing if not ranked).
    contributions : DataFrame
        One row per company and feature, the five that move its score most away from the
        average company's: ``company_id``, ``place``, ``feature``, ``value`` (text),
        ``contribution`` (log-odds; all contributions of a company add up to its score less the
        average score). None where the learner does not add features up.
    coefficients : DataFrame
        One row per term where the learner is logistic: ``term``, ``feature``, ``coefficient``,
        ``low``, ``high`` and ``same_sign_share`` over refits, ``reason`` where there is no
        interval.
    metrics : DataFrame
        One row per design, model and metric; see ``validation_metrics``; ``ranks`` says whether
        the model is the learner behind the scores.
    designs : DataFrame
        One row per design: ``design``, ``folds``, ``n_units``, ``n_listed``, ``reason`` (why it
        was not run), ``note``.
    cohorts : DataFrame
        One row per day: ``as_of``, ``window_closes``, ``n_companies``, ``n_listed``,
        ``n_censored``.
    warnings, refusals : tuple of str
        What limits the ranking; what was refused and why.
    learner : FittedLearner or None
        Behind the scores; None where nothing was ranked.
    learning, scored : Cohort or None
        The companies it learnt from and those it scored, in an order made of what is known of
        them.
    rankings : DataFrame
        Places of companies held out; see ``validation.Validation``.
    """

    as_of: date | None
    learnt_on: date | None
    scores: pd.DataFrame
    contributions: pd.DataFrame
    coefficients: pd.DataFrame
    metrics: pd.DataFrame
    designs: pd.DataFrame
    cohorts: pd.DataFrame
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    learner: FittedLearner | None = None
    learning: Cohort | None = None
    scored: Cohort | None = None
    rankings: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def published_rankings(self) -> pd.DataFrame:
        """Rankings by the learner behind the scores; no rows where nothing was ranked."""
        if self.learner is None:
            return _empty("design model company_id percentile is_listed")
        return self.rankings[self.rankings["model"] == self.learner.name]


def fit_and_score(store: TableStore, params: StudyParams, rng: np.random.Generator) -> RiskResult:
    """Rank the companies of a study by how likely its lists are to name them next.

    Parameters
    ----------
    store : TableStore
        Canonical tables.
    params : StudyParams
        ``choices.risk`` and ``lists``.
    rng : numpy.random.Generator
        Of the step.
    """
    days = choose_as_of(store, params)
    cohorts = [build_cohort(store, params, day) for day in days]
    about = tuple(
        f"List '{d.id}' is not about organised crime ({d.nature}): the ranking is of companies it "
        "may name next, for whatever it names them."
        for d in choose_lists(params)
        if not d.organised_crime
    )
    return rank_companies(cohorts, params.choices.risk, rng, warnings=about)


def rank_companies(
    cohorts: Sequence[Cohort],
    choices: RiskChoices,
    rng: np.random.Generator,
    *,
    warnings: Sequence[str] = (),
) -> RiskResult:
    """Validate the models, fit them on the last day with labels, score the last day.

    Parameters
    ----------
    cohorts : sequence of Cohort
        In any order.
    choices : RiskChoices
        Folds, draws, shares of the ranking, and how many labels are few.
    rng : numpy.random.Generator
        Row order and names of companies do not matter to what it gives.
    warnings : sequence of str
        Passed on before those found here.
    """
    cohorts, leaks = leave_out_leaks(cohorts, choices)
    columns = {name: None for cohort in cohorts for name in cohort.features}
    warnings = (*warnings, *describe_protected_use(columns, choices), *leaks)
    ordered = [_in_content_order(c) for c in sorted(cohorts, key=lambda c: c.as_of)]
    overview = _overview(ordered)
    labelled = [number for number, cohort in enumerate(ordered) if _can_learn(cohort)]
    if not labelled:
        return _refused(ordered, overview, choices, warnings)
    learning, scored = ordered[labelled[-1]], ordered[-1]
    validation = validate_models(ordered[: labelled[-1] + 1], choices, rng, comparators=True)
    metrics = measure_validation(validation, choices, rng)
    explained = explain_scores(learning, scored, choices, rng)
    name = explained.learner.name
    held_out = _held_out_percentile(validation, name, explained.scores, learning is scored)
    chosen = (explained.note,) if explained.note else ()
    return RiskResult(
        as_of=scored.as_of,
        learnt_on=learning.as_of,
        scores=explained.scores.assign(held_out_percentile=held_out),
        contributions=explained.contributions,
        coefficients=explained.coefficients,
        metrics=metrics.pipe(_mark, name),
        designs=describe_designs(validation),
        cohorts=overview,
        warnings=(*warnings, *chosen, *_warnings(learning, scored, choices)),
        refusals=tuple(
            f"Validation '{design.name}' was not run: {design.reason}."
            for design in validation.designs
            if design.reason
        ),
        learner=explained.learner,
        learning=learning,
        scored=scored,
        rankings=validation.rankings,
    )


def _in_content_order(cohort: Cohort) -> Cohort:
    """Order companies by what is known of them, so that their names decide nothing."""
    content = cohort.describe().assign(
        is_listed=cohort.labels["is_listed"],
        region=cohort.groups["buyer_region"].astype(object).fillna("missing"),
        seen=cohort.groups["first_active_on"],
        group_size=cohort.groups.groupby("connected_group")["connected_group"].transform("size"),
    )
    content = content[sorted(content)]
    order = np.argsort(pd.util.hash_pandas_object(content, index=False).to_numpy(), kind="stable")
    return cohort.take(order)


def _can_learn(cohort: Cohort) -> bool:
    return MINIMUM_LISTED <= cohort.n_listed < len(cohort.features)


def _mark(metrics: pd.DataFrame, model: str) -> pd.DataFrame:
    return metrics.assign(**{RANKS: metrics["model"] == model})


def _held_out_percentile(
    validation: Validation, model: str, scores: pd.DataFrame, same_day: bool
) -> pd.Series:
    rankings = validation.rankings
    chosen = (rankings["design"] == CONNECTED) & (rankings["model"] == model) & same_day
    held_out = rankings[chosen].set_index("company_id")["percentile"]
    return scores["company_id"].map(held_out).astype(float)


def _overview(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "as_of": cohort.as_of,
                "window_closes": cohort.window_closes,
                "n_companies": len(cohort.features),
                "n_listed": cohort.n_listed,
                "n_censored": int(cohort.labels["censored"].sum()),
            }
            for cohort in cohorts
        ],
        columns=["as_of", "window_closes", "n_companies", "n_listed", "n_censored"],
    )


def _warnings(learning: Cohort, scored: Cohort, choices: RiskChoices) -> list[str]:
    found = []
    if learning.n_listed < choices.few_labels:
        found.append(
            f"Indicative only: {learning.n_listed} listed companies to learn from, fewer than "
            f"{choices.few_labels}."
        )
    if learning.labels["censored"].any():
        found.append(
            f"The lists' data do not span the window up to {learning.window_closes}: companies "
            "listed later than the data reach count as unlisted."
        )
    if scored is not learning:
        found.append(
            f"Models learnt from companies as of {learning.as_of}, the last day with at least "
            f"{MINIMUM_LISTED} listed companies after it, and score those of {scored.as_of}."
        )
    return found


def _refused(
    cohorts: Sequence[Cohort],
    overview: pd.DataFrame,
    choices: RiskChoices,
    warnings: tuple[str, ...],
) -> RiskResult:
    most = max((cohort.n_listed for cohort in cohorts), default=0)
    entered = "none enters" if not most else f"at most {most} enter"
    if 0 < most < MINIMUM_LISTED:
        entered = f"fewer than {MINIMUM_LISTED} enter"
    reason = (
        f"Companies were not ranked: {entered} a list in the window after any of the days on which "
        f"features were taken ({len(cohorts)}); {MINIMUM_LISTED} listed companies and one unlisted "
        "are the least from which a ranking can be learnt and checked."
    )
    return RiskResult(
        as_of=None,
        learnt_on=None,
        scores=_empty(
            "company_id risk_score rank percentile rank_low rank_high head_share is_unstable "
            "held_out_percentile"
        ),
        contributions=_empty("company_id place feature value contribution"),
        coefficients=_empty("term feature coefficient low high same_sign_share reason"),
        metrics=metrics_frame(()).pipe(_mark, ""),
        designs=_empty("design folds n_units n_listed reason note"),
        cohorts=overview,
        warnings=warnings,
        refusals=(reason,),
    )


def _empty(columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=columns.split())
