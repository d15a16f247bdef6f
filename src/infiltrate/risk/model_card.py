"""The model card of a ranking: what it is, for what, how well it does, for whom it errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.risk.designs import COMBINED, CONNECTED, RANDOM
from infiltrate.risk.examine import Examination
from infiltrate.risk.harm import say_differences
from infiltrate.risk.labels import choose_lists
from infiltrate.risk.score import RiskResult
from infiltrate.risk.study_box import FLAGGED_SHARE, RANKS

_LEARNERS = {
    "logistic": "L2 logistic regression on ranks of the features, learnt from who is listed",
    "boosting": "histogram gradient boosting, learnt from who is listed",
    "latent": "the joint detection model: the chance of infiltration told apart from the chance "
    "of being found by each list",
}


@dataclass(frozen=True)
class CardSection:
    """One heading of Mitchell et al. (2019) and what stands under it, one sentence or more each."""

    heading: str
    points: tuple[str, ...]


def write_model_card(
    params: StudyParams,
    result: RiskResult,
    examined: Examination,
    names: Mapping[str, str] = MappingProxyType({}),
) -> tuple[CardSection, ...]:
    """Write the card of this run's ranking under the headings of Mitchell et al. (2019).

    Every number is of this run; what was refused is said with its reason.

    Parameters
    ----------
    params : StudyParams
        ``lists``, ``choices.risk`` and ``choices.disclosure``.
    result : RiskResult
    examined : Examination
    names : mapping of str to str
        Features in words.
    """
    if result.learner is None or result.learning is None:
        return (CardSection("Model details", ("There is no ranking.", *result.refusals)),)
    return (
        CardSection("Model details", _details(params, result)),
        CardSection("Intended use", _USE),
        CardSection("Factors", _factors(examined)),
        CardSection("Metrics", _METRICS),
        CardSection("Training data", _training(params, result)),
        CardSection("Evaluation data", _evaluation(result)),
        CardSection("Quantitative analyses", _results(result, examined, names)),
        CardSection("Ethical considerations", _ethics(params, examined)),
        CardSection("Caveats and recommendations", _caveats(result, examined)),
    )


def card_text(sections: Sequence[CardSection], title: str) -> str:
    """Return the card as Markdown."""
    lines = [f"# Model card: {title}"]
    for section in sections:
        lines += ["", f"## {section.heading}", ""]
        lines += [f"- {point}" for point in section.points]
    return "\n".join(lines) + "\n"


_USE = (
    "A screening aid: it orders companies for people to check, and decides nothing.",
    "Not for: decisions about one company, statements about any natural person, counts of "
    "infiltrated companies, another country, or a ranking of firms that no list could name.",
    "Users: analysts who know the lists, check each case by other means, and answer for it.",
)
_METRICS = (
    "Against listed companies, held out: the area under the ROC curve (0.5 is a random order), "
    "average precision, and recall and precision in the first shares of the ranking, each with a "
    "95% interval clustered by connected firms.",
    "An unlisted company counts as unlisted, not as clean: precision is a lower end of what is "
    "true, recall is about what lists see.",
)


def _details(params: StudyParams, result: RiskResult) -> tuple[str, ...]:
    learner = result.learner
    assert learner is not None
    settings = [f"{name} {value}" for name, value in sorted(learner.settings.items())]
    return (
        f"Learner: {learner.name}, {_LEARNERS.get(learner.name, learner.name)}.",
        f"Settings chosen by tuning: {', '.join(settings)}." if settings else "Nothing was tuned.",
        f"Features of {result.learnt_on}, scores of companies as of {result.as_of}.",
        f"Roles of features that rank: {', '.join(params.choices.risk.roles)}.",
    )


def _factors(examined: Examination) -> tuple[str, ...]:
    rates = examined.error_rates
    traits = sorted(set(rates["trait"])) if len(rates) else []
    if not traits:
        return ("No trait of companies is known by which errors could be compared.",)
    named = ", ".join(trait.replace("_", " ") for trait in traits)
    return (f"Errors are compared by {named}.", "Groups too small to show are closed.")


def _training(params: StudyParams, result: RiskResult) -> tuple[str, ...]:
    assert result.learning is not None
    fewest = params.choices.disclosure.minimum_listed
    listed = result.learning.n_listed
    number = f"{listed:,}" if listed >= fewest else f"fewer than {fewest}"
    return (
        f"{len(result.learning.features):,} companies as of {result.learnt_on}, {number} of them "
        f"listed up to {result.learning.window_closes}; entries of the first "
        f"{params.choices.risk.quarantine_months} month(s) after that day do not count.",
        *(
            f"List {d.title} of {d.authority} ({d.nature.replace('_', ' ')}), "
            f"{'about' if d.organised_crime else 'not about'} organised crime."
            for d in choose_lists(params)
        ),
    )


def _evaluation(result: RiskResult) -> tuple[str, ...]:
    return tuple(
        f"{str(row.design).capitalize()}: not run, {row.reason}."
        if row.reason
        else f"{str(row.design).capitalize()}: {row.n_units:,} companies in {row.folds} part(s)."
        for row in result.designs.itertuples()
    )


def _results(
    result: RiskResult, examined: Examination, names: Mapping[str, str]
) -> tuple[str, ...]:
    own = result.metrics[result.metrics[RANKS].astype(bool)]
    areas = own[own["name"] == "roc_auc"].set_index("design")
    points = [
        f"ROC-AUC, {design}: {_write(areas.loc[design])}."
        for design in (COMBINED, CONNECTED, RANDOM)
        if design in areas.index
    ]
    if len(examined.importance.groups):
        first = examined.importance.groups.iloc[0]
        opening = "It rests most on"
        if first["low"] <= 0:
            opening = "No group of features clearly matters by itself; most is lost with"
        points.append(
            f"{opening} {names.get(first['group'], first['group'])}: shuffled, the area "
            f"falls by {first['drop']:.3f} ({first['low']:.3f} to {first['high']:.3f})."
        )
    head = result.scores[result.scores["rank"] <= max(1, round(FLAGGED_SHARE * len(result.scores)))]
    known = head["is_unstable"].dropna()
    if len(known):
        points.append(
            f"{known.astype(bool).mean():.0%} of the companies among the first "
            f"{FLAGGED_SHARE:.0%} are unstable: had other firms been known, they could as well "
            "stand below the cut."
        )
    if examined.reliability_reason:
        points.append(f"No probability of being listed: {examined.reliability_reason}.")
    return tuple(points)


def _ethics(params: StudyParams, examined: Examination) -> tuple[str, ...]:
    protected = params.choices.risk.protected
    used = [
        f"{use.attribute.replace('_', ' ')}, signed by {use.signed_by} on {use.signed_on}"
        for use in protected
    ]
    differences = say_differences(examined.error_rates)
    return (
        "Risk is not guilt. Natural persons are never scored, named or shown.",
        f"Protected attributes used: {'; '.join(used)}."
        if used
        else "Protected attributes are not used.",
        *(differences or ("No group was found to differ; that is no proof that none does.",)),
        *examined.feedback.warnings,
    )


def _caveats(result: RiskResult, examined: Examination) -> tuple[str, ...]:
    found = [*result.warnings, *result.refusals]
    flags = examined.counterfactuals
    if len(flags.companies):
        found.append(
            f"{flags.avoided_by(1):.0%} of the flagged companies would not be flagged without one "
            f"of their signs, {flags.avoided_by(2):.0%} without two: a company that knows the "
            "signs can avoid them."
        )
    return (*found, "Lists see what authorities look for: what none of them sees is not learnt.")


def _write(row: pd.Series) -> str:
    if pd.isna(row["value"]):
        return "not tested, see the table of designs"
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
