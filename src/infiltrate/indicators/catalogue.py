"""The catalogue of indicators, read from the headers of the SQL files that compute them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from infiltrate.errors import Problem
from infiltrate.indicators.setting import Setting, read_setting
from infiltrate.params.choices import IndicatorChoice, SettingValue
from infiltrate.params.paths import nearest

LEVELS = ("lot", "contract", "relation", "buyer", "market", "company", "area")
CONTRACT_LEVELS = ("lot", "contract", "relation", "buyer", "market", "area")
"""Levels of the contract side of a report; ``company`` is the firm side."""


_STEP = re.compile(r"^/\* (at last )?(\w+): steps/\2\.sql \*/$", re.MULTILINE)


@dataclass(frozen=True)
class Indicator:
    """One red flag: its definition, its reasons, and the SQL that computes it.

    Attributes
    ----------
    code, name, title : str
        Stable code, name of the file, and a title of at most five words.
    level : str
        What one row is about: ``lot``, ``contract``, ``relation`` (buyer, supplier, year),
        ``buyer``, ``market`` (product division and year), ``company`` or ``area``.
    definition, formula, why, missing : str
        What is flagged, how the value is worked out, why that is a red flag, and what a missing
        input means.
    sources : tuple of str
        Papers, laws and practice it comes from.
    ocp : tuple of str
        Codes of the Open Contracting Partnership's red flags that it computes, if any.
    needs : tuple of str
        Columns ``table.column`` it is computed from.
    direction : str
        Sign expected of its relation to infiltration, as a prior only: ``+``, ``-``, ``±``, ``?``.
    unit : str
        Unit of the value.
    exclusions, assumptions : tuple of str
        What is left out, and what is taken for granted.
    settings : mapping of str to Setting
        What an analyst may change.
    sql : str
        The query, without its header; the relations of ``sql/steps`` that it names stand in it.
    on : bool
        Whether it is computed unless the parameters say otherwise; false for what describes
        persons.
    """

    code: str
    name: str
    title: str
    level: str
    definition: str
    formula: str
    why: str
    missing: str
    sources: tuple[str, ...]
    ocp: tuple[str, ...]
    needs: tuple[str, ...]
    direction: str
    unit: str
    exclusions: tuple[str, ...]
    assumptions: tuple[str, ...]
    settings: Mapping[str, Setting]
    sql: str
    on: bool = True

    def is_on(self, choice: IndicatorChoice) -> bool:
        """Whether a study computes it: as its choice says, else as the header does."""
        return choice.on if "on" in choice.model_fields_set else self.on

    def effective_settings(self, choice: IndicatorChoice) -> dict[str, SettingValue]:
        """Return every setting with the value that a study uses."""
        return {
            name: setting.normalise(choice.settings.get(name, setting.default))
            for name, setting in self.settings.items()
        }


@cache
def load_catalogue() -> Mapping[str, Indicator]:
    """Read every indicator of the package, by code in sorted order."""
    folder = resources.files("infiltrate.indicators") / "sql"
    indicators = [
        _read_indicator(file.name, file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return MappingProxyType(
        {item.code: item for item in sorted(indicators, key=lambda item: item.code)}
    )


def check_indicator_choices(choices: Mapping[str, IndicatorChoice], where: str) -> list[Problem]:
    """Find what is wrong with the choices about indicators.

    Parameters
    ----------
    choices : mapping of str to IndicatorChoice
        Choices by code of the indicator.
    where : str
        Where they stand, for example ``params/pe.yaml: choices.indicators``.

    Returns
    -------
    list of Problem
        Unknown codes and settings with the nearest valid name, wrong types, values out of bounds.
    """
    catalogue = load_catalogue()
    problems = []
    for code, choice in choices.items():
        if code in catalogue:
            problems += _check_settings(catalogue[code], choice, f"{where}.{code}.settings")
        else:
            names = {item.name: item.code for item in catalogue.values()}
            found = nearest(code, [*catalogue, *names]) or ""
            meant = names.get(found, found)
            problems.append(_unknown(f"{where}.{code}", "indicator", meant, catalogue))
    return problems


def step_sql(name: str) -> str:
    """Return the query of a step, a relation that several indicators work out alike.

    A step reads the relations of the indicator named in its comment, and the indicator's settings.
    """
    folder = resources.files("infiltrate.indicators") / "sql" / "steps"
    return (folder / f"{name}.sql").read_text(encoding="utf-8")


def _check_settings(indicator: Indicator, choice: IndicatorChoice, where: str) -> list[Problem]:
    problems = []
    for name, value in choice.settings.items():
        setting = indicator.settings.get(name)
        if setting is None:
            meant = nearest(name, list(indicator.settings))
            problems.append(_unknown(f"{where}.{name}", "setting", meant, indicator.settings))
        elif not setting.allows(value):
            fix = f"Leave it out to use {setting.default!r}."
            problems.append(Problem(f"{where}.{name}", repr(value), setting.allowed, fix))
    return problems


def _unknown(where: str, what: str, meant: str | None, known: Mapping[str, object]) -> Problem:
    fix = f"Did you mean {meant}?" if meant else "Remove it."
    return Problem(where, f"no such {what}", ", ".join(known) or f"no {what}", fix)


def _read_indicator(file_name: str, text: str) -> Indicator:
    header, sql = text.removeprefix("/*").split("*/", maxsplit=1)
    entry: dict[str, Any] = YAML(typ="safe", pure=True).load(header)
    settings = {name: read_setting(name, fields) for name, fields in entry.pop("settings").items()}
    is_on = bool(entry.pop("on", True))
    texts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else str(value).strip()
        for key, value in entry.items()
    }
    name = file_name.removesuffix(".sql").split("_", maxsplit=1)[1]
    return Indicator(
        name=name, settings=MappingProxyType(settings), sql=_fill_in(sql), on=is_on, **texts
    )


def _fill_in(sql: str) -> str:
    """Put the query of each step where an indicator names its file.

    A comment that begins with ``at last`` stands behind the last relation of the indicator's own,
    so that the file itself can be read as SQL.
    """

    def define(found: re.Match[str]) -> str:
        step = f"{found[2]} AS (\n{textwrap.indent(step_sql(found[2]).strip(), '    ')}\n)"
        return f", {step}" if found[1] else f"{step},"

    return _STEP.sub(define, sql.strip())
