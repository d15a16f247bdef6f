"""What must agree across blocks, checked even when other fields are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeVar

from pydantic import ValidationError

from infiltrate.params.dated import overlap
from infiltrate.params.facts import (
    ExchangeRate,
    Fact,
    Jurisdiction,
    RiskLevels,
    Threshold,
    Universe,
)
from infiltrate.params.paths import Issue, Parts, nearest, value_at

FactType = TypeVar("FactType", bound=Fact)
_DATED: dict[str, type[Fact]] = {
    "thresholds": Threshold,
    "universe": Universe,
    "exchange_rates": ExchangeRate,
    "jurisdictions": Jurisdiction,
    "risk_levels": RiskLevels,
}


def find_disagreements(data: Any) -> list[Issue]:
    """Return what is wrong between blocks of the raw values of one file.

    Ids must be unique, names of lists must exist, facts about the same thing may not overlap in
    time, and no exchange rate may be given for the study's own currency.
    """
    return [
        *_repeated_ids("sources", data),
        *_repeated_ids("lists", data),
        *_unknown_lists(data),
        *_overlapping_facts(data),
        *_own_currency(data),
    ]


def _repeated_ids(block: str, data: Any) -> Iterator[Issue]:
    seen: dict[str, int] = {}
    for index, item in _items((block,), data):
        name = item.get("id")
        if not isinstance(name, str):
            continue
        if name in seen:
            found = f"'{name}' is already the id of {block}[{seen[name]}]"
            yield Issue((block, index, "id"), found, "an id used once", "Rename one of the two.")
        seen.setdefault(name, index)


def _unknown_lists(data: Any) -> Iterator[Issue]:
    ids = [item["id"] for _, item in _items(("lists",), data) if isinstance(item.get("id"), str)]
    for parts, name in [*_chosen_lists(data), *_fed_lists(data)]:
        if name not in ids:
            meant = nearest(name, ids)
            fix = f"Did you mean {meant}?" if meant else "Define it under lists."
            yield Issue(parts, f"there is no list '{name}'", ", ".join(ids) or "(no list)", fix)


def _chosen_lists(data: Any) -> Iterator[tuple[Parts, str]]:
    places: tuple[Parts, ...] = (
        ("choices", "risk", "lists"),
        ("choices", "network", "contagion", "case_linked_lists"),
    )
    for place in places:
        names = value_at(place, data)
        for index, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str):
                yield (*place, index), name


def _fed_lists(data: Any) -> Iterator[tuple[Parts, str]]:
    """Yield the lists that a source names while it feeds the table of list entries."""
    for index, _ in _items(("sources",), data):
        place: Parts = ("sources", index, "tables", "list_entries", "columns", "list_id")
        transform = value_at(place, data)
        if not isinstance(transform, Mapping):
            continue
        for key in ("constant", "otherwise"):
            if isinstance(transform.get(key), str):
                yield (*place, key), transform[key]
        mapped = transform.get("map")
        for key, name in (mapped if isinstance(mapped, Mapping) else {}).items():
            if isinstance(name, str):
                yield (*place, "map", key), name


def _overlapping_facts(data: Any) -> Iterator[Issue]:
    for block, kind in _DATED.items():
        for (first, fact), (second, other) in combinations(_sound(kind, block, data), 2):
            if overlap(fact, other):
                about = ", ".join(str(getattr(other, name) or "all") for name in kind.identity)
                held = f"{fact.valid_from} to {fact.valid_to or 'today'}"
                yield Issue(
                    ("facts", block, second),
                    f"holds at the same time as facts.{block}[{first}] ({about}: {held})",
                    "one fact about the same thing on any day",
                    "Give the earlier one a valid_to.",
                )


def _own_currency(data: Any) -> Iterator[Issue]:
    own = value_at(("currency",), data)
    for index, item in _items(("facts", "exchange_rates"), data):
        if isinstance(own, str) and item.get("currency") == own:
            parts: Parts = ("facts", "exchange_rates", index, "currency")
            found = f"'{own}' is the study's own currency"
            yield Issue(parts, found, "a foreign currency", "Delete this exchange rate.")


def _items(place: Parts, data: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    items = value_at(place, data)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield index, item


def _sound(kind: type[FactType], block: str, data: Any) -> Iterator[tuple[int, FactType]]:
    for index, item in _items(("facts", block), data):
        try:
            yield index, kind.model_validate(item)
        except ValidationError:
            continue
