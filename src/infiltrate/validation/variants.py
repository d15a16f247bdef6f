"""Scenarios by name, with what an analyst may get wrong: ``base:wrong-entries-x3``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.lists import FalsePositivePrior, ListDefinition
from infiltrate.synth.country.cards import VALIDATED

AS_STATED = ""
CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "wrong-entries-x0": "the analyst believes that hardly an entry is wrong",
        "wrong-entries-x3": "the analyst believes that three times as many entries are wrong",
        "flipped-exposure": "the list of public suppliers is taken as one of all companies, and "
        "the first list of all companies as one of public suppliers",
    }
)
"""What may be stated wrongly of the lists of a country, by name."""
ALL = "all"
"""Every card as stated."""

# the first parameter of a Beta must be positive; at this one its mean is as good as nothing
_NO_WRONG_ENTRIES = 1e-3
_FLIPPED = {"public_suppliers": "all_companies", "all_companies": "public_suppliers"}


@dataclass(frozen=True, order=True)
class Variant:
    """A card of the generator and what is stated wrongly of its lists, if anything."""

    scenario: str
    change: str = AS_STATED

    @property
    def name(self) -> str:
        """Return the name as given on the command line."""
        return f"{self.scenario}:{self.change}" if self.change else self.scenario


def parse_variants(text: str, cards: Sequence[str] = VALIDATED) -> tuple[Variant, ...]:
    """Read names between commas, each once, in the order given; ``all`` is every one of ``cards``.

    Raises
    ------
    ParamsError
        With every name that is not known.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    every = [known for name in names for known in (cards if name == ALL else [name])]
    variants, problems = [], []
    for name in dict.fromkeys(every):
        scenario, colon, change = name.partition(":")
        if scenario not in cards:
            problems.append(_problem(f"scenario '{scenario}' is unknown", [ALL, *cards]))
        elif colon and change not in CHANGES:
            problems.append(_problem(f"change '{change}' of '{name}' is unknown", CHANGES))
        else:
            variants.append(Variant(scenario, change))
    if not names:
        problems.append(_problem("no scenario is named", [ALL, *cards]))
    if problems:
        raise ParamsError("The scenarios to validate cannot be read.", problems)
    return tuple(variants)


def state_lists(lists: Iterable[ListDefinition], change: str) -> tuple[ListDefinition, ...]:
    """Return what an analyst states of the lists who makes one of the mistakes of `CHANGES`."""
    stated = tuple(lists)
    if change == "wrong-entries-x0":
        return tuple(_with_wrong_entries(one, 0.0) for one in stated)
    if change == "wrong-entries-x3":
        return tuple(_with_wrong_entries(one, 3.0) for one in stated)
    if change == "flipped-exposure":
        first = {
            rule: next((d.id for d in stated if d.exposure == rule), None) for rule in _FLIPPED
        }
        return tuple(
            one.model_copy(update={"exposure": _FLIPPED[one.exposure]})
            if one.id in first.values()
            else one
            for one in stated
        )
    return stated


def _with_wrong_entries(definition: ListDefinition, factor: float) -> ListDefinition:
    prior = definition.false_positives
    changed = FalsePositivePrior(a=max(factor * prior.a, _NO_WRONG_ENTRIES), b=prior.b)
    return definition.model_copy(update={"false_positives": changed})


def _problem(found: str, allowed: Iterable[str]) -> Problem:
    return Problem("validate: --scenarios", found, ", ".join(allowed))
