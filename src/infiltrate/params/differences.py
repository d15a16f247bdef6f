"""What a study sets differently from the defaults, for its run card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from infiltrate.params.choices import Choices
from infiltrate.params.section import Section
from infiltrate.params.study import StudyParams


class Difference(NamedTuple):
    """One parameter that is not at its default; None is the default of a key of one's own."""

    path: str
    value: Any
    default: Any


def differences_from_defaults(params: StudyParams) -> list[Difference]:
    """Return the choices, and the question and universe, that differ from the defaults.

    Sources, facts and lists are a country's own and have no defaults to differ from.
    """
    found = [
        Difference(name, getattr(params, name), field.default)
        for name, field in StudyParams.model_fields.items()
        if name in ("question", "universe") and getattr(params, name) != field.default
    ]
    return [*found, *_between(params.choices, Choices(), "choices")]


def _between(section: Section, default: Section, path: str) -> Iterator[Difference]:
    for name in type(section).model_fields:
        yield from _of(getattr(section, name), getattr(default, name), f"{path}.{name}")


def _of(value: Any, default: Any, path: str) -> Iterator[Difference]:
    if isinstance(value, Section):
        yield from _between(value, default if default is not None else type(value)(), path)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _of(value[key], default.get(key), f"{path}.{key}")
    elif value != default:
        yield Difference(path, value, default)
