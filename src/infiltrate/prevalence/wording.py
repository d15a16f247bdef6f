"""The answer in a headline and points, and what was left out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.bounds import Bounds
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.floor import PublishedFloor
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, ListsData
from infiltrate.prevalence.pool_wording import per_thousand, word_pool
from infiltrate.prevalence.refusal import WHAT_A_LIST_NAMES
from infiltrate.protection.rounding import round_count


@dataclass(frozen=True)
class Answer:
    """The answer to the question of a study, in the parts a reader takes it in.

    Attributes
    ----------
    status : str
        ``use`` or ``caution`` as the pool of estimators says; ``caution`` too when a floor of
        infiltrated firms is stated and no number of all of them; ``reject`` when nothing can be
        said of infiltrated firms.
    verdict : str
        The same in a few words.
    headline : str
        The answer in one sentence.
    findings : tuple of str
        What can be said, one point each; for lists about something else, what they do show.
    """

    status: str
    verdict: str
    headline: str
    findings: tuple[str, ...]


def word_answer(
    data: ListsData,
    floors: Mapping[str, PublishedFloor],
    bounds: Mapping[str, Bounds],
    params: StudyParams,
    country: CountryEstimate | None = None,
) -> Answer:
    """Answer the question of the study as far as the lists allow.

    Parameters
    ----------
    data : ListsData
        The lists.
    floors : mapping
        Published floor by list id, and of all organised-crime lists where there are any.
    bounds : mapping
        Bounds on the infiltrated share by the name of their estimator.
    params : StudyParams
        ``choices.prevalence`` and ``choices.disclosure`` are read.
    country : CountryEstimate, optional
        What the estimators say; None when no estimate is given.
    """
    firms = data.denominator.published(params.choices.disclosure.round_to)
    together = floors.get(ALL_ORGANISED_CRIME)
    if together is None:
        return Answer(
            "reject",
            "Not answered, and why",
            "This study cannot say how far organised crime has infiltrated these firms.",
            tuple(_word_lists(data, floors, params)),
        )
    findings = [
        _word_floor(data, together, firms, params),
        _word_bounds(bounds, params),
        _word_dark_share(params.choices.prevalence.dark_shares),
    ]
    if country is not None:
        number, interval = len(data.organised_crime.lists), params.choices.prevalence.interval
        words = word_pool(country.pool, firms, number, interval)
        return Answer(
            country.pool.status,
            words.verdict,
            words.headline,
            tuple(finding for finding in [findings[0], *words.findings, findings[2]] if finding),
        )
    return Answer(
        "caution",
        "Answered in part: a floor, no estimate of all",
        _word_headline(together, firms, params.choices.disclosure.minimum_listed),
        tuple(finding for finding in findings if finding),
    )


def word_notes(data: ListsData, rules: DisclosureChoices) -> tuple[str, ...]:
    """Say, one sentence each, what was left out of the counts or taken for granted."""

    def say(number: int, words: str) -> list[str]:
        about = round_count(number, rules.round_to)
        return [f"{f'About {about:,}' if about else 'A few'} {words}"] if number else []

    left_out = data.out_of_scope
    entries = data.entries
    notes = [
        *data.notes,
        *say(
            left_out.get("natural_person", 0),
            "economic operators are natural persons; they are neither counted nor scored.",
        ),
        *say(
            left_out.get("other_kind", 0),
            "economic operators are consortia, public bodies or of unknown kind and are not "
            "counted as firms.",
        ),
        *say(
            left_out.get("dissolved", 0),
            "companies were dissolved by the day of the study and are left out, because the "
            "official count is of active firms.",
        ),
        *say(
            int((entries["subject"] == "unknown_company").sum()),
            "entries name somebody who is not among the economic operators of the sources.",
        ),
        *say(
            int((~entries["stands"]).sum()),
            "entries were annulled or ended in the firm's favour; they make no firm listed.",
        ),
        *say(
            int((~entries["has_match_probability"].astype(bool)).sum()),
            "entries have no match probability; they are taken as certain matches.",
        ),
    ]
    for k, definition in enumerate(data.lists):
        notes += say(
            int((data.listed[:, k] & ~data.exposed[:, k]).sum()),
            f"firms are on '{definition.title}' although its exposure rule says they could not "
            "be: the rule, or the matching, is not right.",
        )
        if not definition.organised_crime:
            notes.append(
                f"'{definition.title}' is not about organised crime: it names "
                f"{WHAT_A_LIST_NAMES[definition.nature]}, and counts for listed shares only."
            )
        elif not data.listed[:, k].any():
            notes.append(f"'{definition.title}' names no company of this study.")
    return tuple(notes)


def _word_lists(
    data: ListsData, floors: Mapping[str, PublishedFloor], params: StudyParams
) -> list[str]:
    """Say what lists about something else do show, and what that means."""
    base = params.choices.disclosure.round_to
    firms = data.denominator.published(base)
    if not firms:
        return []
    sentences = []
    for k, definition in enumerate(data.lists):
        floor = floors[definition.id]
        could_be = round_count(int(data.exposed[:, k].sum()), base)
        number = "Some firms, too few to be shown,"
        if not floor.is_closed:
            number = f"{floor.listed:,.0f} firms ({per_thousand(floor.listed / firms)} per 1,000)"
        limits = "" if could_be == firms else f", which could have named {could_be:,} of them"
        sentences.append(f"{number} are on '{definition.title}'{limits}.")
    if not sentences:
        return []
    kinds = sorted({WHAT_A_LIST_NAMES[d.nature] for d in data.lists if not d.organised_crime})
    if kinds:
        sentences.append(
            f"These are shares of {' and of '.join(kinds)}: such a firm need have no tie to "
            "organised crime, and an infiltrated firm may never be on such a list."
        )
    counted = f"Counted on {data.study_day} among {firms:,} {data.denominator.definition}."
    return [*sentences, counted]


def _word_headline(floor: PublishedFloor, firms: int, minimum: int) -> str:
    if floor.is_closed:
        return (
            f"Fewer than {minimum} firms are on a list about organised crime; how many are "
            "infiltrated is not estimated."
        )
    low, high = (f"{end:,.0f}" for end in (floor.low, floor.high))
    number = high if low == high else f"{low} to {high}"
    share = _range_per_thousand(floor.low / firms, floor.high / firms)
    return (
        f"By the lists, at least {number} of {firms:,} firms ({share}) are infiltrated; how many "
        "there are in all is not estimated."
    )


def _word_floor(data: ListsData, floor: PublishedFloor, firms: int, params: StudyParams) -> str:
    number = len(data.organised_crime.lists)
    lists = (
        "the one list about organised crime that names any"
        if number == 1
        else f"at least one of {number} lists about organised crime"
    )
    if floor.is_closed:
        return (
            f"By {data.study_day}, fewer than {params.choices.disclosure.minimum_listed} firms "
            f"were on {lists}; so small a number is not shown."
        )
    share = _range_per_thousand(floor.low / firms, floor.high / firms)
    return (
        f"By {data.study_day}, between {floor.low:,.0f} and {floor.high:,.0f} firms were rightly "
        f"on {lists} ({params.choices.prevalence.interval:.0%} interval, less doubtful matches and "
        f"wrong entries, if these are as common as the parameters say): {share} of "
        f"{firms:,} {data.denominator.definition}. This is a floor: infiltrated firms that no list "
        "names come on top."
    )


def _word_bounds(bounds: Mapping[str, Bounds], params: StudyParams) -> str:
    if "detection" not in bounds:
        return "Without further assumptions the infiltrated share can be anything above the floor."
    choices = params.choices.prevalence
    bound = bounds["detection"]
    return (
        "If the chance that an infiltrated firm is on any of them lies between "
        f"{choices.detection_low:.0%} and {choices.detection_high:.0%}, which is an assumption, "
        f"{_range_per_thousand(bound.low, bound.high)} are infiltrated."
    )


def _word_dark_share(dark_shares: list[float]) -> str:
    steps = [f"{1 / (1 - dark):.3g} for {dark:.0%}" for dark in sorted(dark_shares) if dark > 0]
    if not steps:
        return ""
    return (
        "If a further share δ of infiltrations is of a kind no list can see, multiply by "
        f"1/(1 − δ): {', '.join(steps)}."
    )


def _range_per_thousand(low: float, high: float) -> str:
    return f"{per_thousand(low)} to {per_thousand(high)} per 1,000"
