"""Facts that changed over time, asked for at a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from infiltrate.errors import NotEnoughData, Problem
from infiltrate.params.facts import Fact

FactType = TypeVar("FactType", bound=Fact)


def fact_at(facts: Sequence[FactType], day: date, **match: object) -> FactType | None:
    """Return the fact in force on a day, or None when none is known.

    Parameters
    ----------
    facts : sequence of Fact
        For example ``params.facts.thresholds``.
    day : date
        Both ends of a fact's validity count as inside.
    **match
        Fields and the value wanted, for example ``regime="direct_award", category="works"``. A
        fact whose field is ``any`` serves when none names the value itself.

    Raises
    ------
    NotEnoughData
        When several facts serve equally, so that more fields must be given.
    """
    serving = [fact for fact in facts if _holds(fact, day) and _serves(fact, match)]
    if not serving:
        return None
    most = max(_exactness(fact, match) for fact in serving)
    best = [fact for fact in serving if _exactness(fact, match) == most]
    if len(best) > 1:
        raise NotEnoughData(
            f"{len(best)} facts serve on {day} for {_wish(match)}.",
            [Problem("facts", _about(fact), fix=f"Ask with {_names(fact)}.") for fact in best],
        )
    return best[0]


def require_fact_at(facts: Sequence[FactType], day: date, **match: object) -> FactType:
    """Return the fact in force on a day.

    Raises
    ------
    NotEnoughData
        When none is known, with the periods that are.
    """
    fact = fact_at(facts, day, **match)
    if fact is None:
        others = [other for other in facts if _serves(other, match)]
        known = [
            Problem("facts", _about(other), fix=f"It does not cover {day}.") for other in others
        ]
        none = Problem("facts", "there is no such fact at any date", fix="Add it, with a source.")
        raise NotEnoughData(f"No fact is known on {day} for {_wish(match)}.", known or [none])
    return fact


def overlap(first: Fact, second: Fact) -> bool:
    """Whether two facts of one kind are about the same thing on a common day."""
    same = all(getattr(first, name) == getattr(second, name) for name in first.identity)
    starts = max(first.valid_from, second.valid_from)
    return same and starts <= min(first.valid_to or date.max, second.valid_to or date.max)


def _holds(fact: Fact, day: date) -> bool:
    return fact.valid_from <= day <= (fact.valid_to or date.max)


def _serves(fact: Fact, match: dict[str, object]) -> bool:
    return all(getattr(fact, name) in (wanted, "any") for name, wanted in match.items())


def _exactness(fact: Fact, match: dict[str, object]) -> int:
    return sum(getattr(fact, name) == wanted for name, wanted in match.items())


def _wish(match: dict[str, object]) -> str:
    return ", ".join(f"{name} = {wanted}" for name, wanted in match.items()) or "any subject"


def _names(fact: Fact) -> str:
    return ", ".join(fact.identity)


def _about(fact: Fact) -> str:
    subject = ", ".join(f"{name} {getattr(fact, name)}" for name in fact.identity)
    return f"{subject}: {fact.valid_from} to {fact.valid_to or 'today'} ({fact.source})"
