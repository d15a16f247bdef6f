"""Which red flags run and with what settings, from a mapping such as a settings file gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from infiltrate.errors import ParamsError, Problem
from infiltrate.indicators.red_flags.catalogue import load_red_flags
from infiltrate.indicators.red_flags.setting import NotAllowed, RedFlagValue, join_words
from infiltrate.params.paths import nearest

COMPATIBILITIES = ("none", "cardinal")
_PREPARE = ("defaults", "redactions", "corrections", "modifications", "codelists")
_WORD_LISTS = ("no_price_comparison_procurement_methods", "price_comparison_procurement_methods")


@dataclass(frozen=True)
class RedFlagChoices:
    """What is computed, and how.

    Attributes
    ----------
    flags : mapping of str to mapping
        Settings of each red flag that runs, by code, defaults filled in.
    currency : str
        The only currency in which prices are compared; empty: each process in its own.
    no_price_methods, price_methods, excluded_methods : str
        Procedures in the publisher's words, joined by ``|``: whose prices are not compared, whose
        alone are, and which no red flag judges.
    like_cardinal : bool
        Whether Cardinal's answers are given where its rules and right ones differ.
    ignored : tuple of str
        Sections of the file that are about something else.
    """

    flags: Mapping[str, Mapping[str, RedFlagValue]]
    currency: str = ""
    no_price_methods: str = ""
    price_methods: str = ""
    excluded_methods: str = ""
    like_cardinal: bool = False
    ignored: tuple[str, ...] = ()

    def as_cardinal(self) -> RedFlagChoices:
        """Return the same choices with Cardinal's answers where rules differ."""
        return replace(self, like_cardinal=True)


def default_red_flag_choices() -> RedFlagChoices:
    """Return every red flag with its default settings."""
    return read_red_flag_choices({code: {} for code in load_red_flags()}, "settings")


def read_red_flag_choices(settings: Mapping[str, Any], where: str) -> RedFlagChoices:
    """Check settings in Cardinal's layout: a section per red flag that runs, and common ones.

    Parameters
    ----------
    settings : mapping
        ``{"currency": "EUR", "R003": {"threshold": 10}, ...}``; a red flag without its section
        does not run.
    where : str
        Name of the file, for messages.

    Returns
    -------
    RedFlagChoices
        With the defaults filled in.

    Raises
    ------
    ParamsError
        With every unknown name, wrong type and value out of bounds.
    """
    problems: list[Problem] = []
    flags: dict[str, dict[str, RedFlagValue]] = {}
    common: dict[str, str] = {}
    for name, value in settings.items():
        if name in load_red_flags():
            flags[name] = _read_flag(name, value or {}, where, problems)
        elif name in ("currency", "compatibility", *_WORD_LISTS):
            common[name] = _read_words(value, f"{where}: {name}", problems)
        elif name == "exclusions":
            common |= _read_exclusions(value or {}, f"{where}: {name}", problems)
        elif name.split(".")[0] not in _PREPARE:
            problems.append(_unknown(name, f"{where}: {name}"))
    compatibility = common.get("compatibility", "none")
    if compatibility not in COMPATIBILITIES:
        found = repr(compatibility)
        problems.append(Problem(f"{where}: compatibility", found, ", ".join(COMPATIBILITIES)))
    if not flags and not problems:
        problems.append(Problem(where, "turns on no red flag", ", ".join(load_red_flags())))
    if problems:
        raise ParamsError("The settings of the red flags cannot be used.", problems)
    return RedFlagChoices(
        flags={code: flags[code] for code in sorted(flags)},
        currency=common.get("currency", ""),
        no_price_methods=common.get(_WORD_LISTS[0], ""),
        price_methods=common.get(_WORD_LISTS[1], ""),
        excluded_methods=common.get("exclusions.procurement_method_details", ""),
        like_cardinal=compatibility == "cardinal",
        ignored=tuple(sorted(name for name in settings if name.split(".")[0] in _PREPARE)),
    )


def _read_flag(
    code: str, section: Any, where: str, problems: list[Problem]
) -> dict[str, RedFlagValue]:
    known = load_red_flags()[code].settings
    values = {name: setting.default for name, setting in known.items()}
    if not isinstance(section, Mapping):
        problems.append(Problem(f"{where}: {code}", repr(section), "a section with settings"))
        return values
    for name, value in section.items():
        place = f"{where}: {code}.{name}"
        if name not in known:
            meant = nearest(str(name), list(known))
            fix = f"Did you mean {meant}?" if meant else "Remove it."
            allowed = ", ".join(known) or "no setting"
            problems.append(Problem(place, "no such setting", allowed, fix))
            continue
        try:
            values[name] = known[name].read(value)
        except NotAllowed:
            problems.append(Problem(place, repr(value), known[name].allowed))
    return values


def _read_words(value: Any, place: str, problems: list[Problem]) -> str:
    try:
        return join_words(value)
    except NotAllowed:
        problems.append(Problem(place, repr(value), "words joined by |, or a list of words"))
        return ""


def _read_exclusions(value: Any, place: str, problems: list[Problem]) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(value) - {"procurement_method_details"}:
        problems.append(Problem(place, repr(value), "procurement_method_details"))
        return {}
    name = "procurement_method_details"
    words = _read_words(value.get(name), f"{place}.{name}", problems)
    return {f"exclusions.{name}": words}


def _unknown(name: str, place: str) -> Problem:
    known = [*load_red_flags(), "currency", "compatibility", "exclusions", *_WORD_LISTS]
    meant = nearest(name, known)
    fix = f"Did you mean {meant}?" if meant else "Remove it."
    return Problem(place, "no such red flag or setting", ", ".join(known), fix)
