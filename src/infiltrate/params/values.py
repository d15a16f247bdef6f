"""Kinds of values that parameters take: days, codes, shares, patterns, paths."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from infiltrate.params.codes import COUNTRIES, CURRENCIES
from infiltrate.params.section import refuse

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WRONG_COUNTRY = {"UK": "GB", "EL": "GR", "EU": "the code of one member state"}
_STRPTIME = re.compile(r"%[aAbBdHIjmMpSfyYzZGuVUWwcxX]")


def _as_day(value: Any) -> Any:
    """Read the text of an ISO date, which is what JSON and the command line can write."""
    if isinstance(value, datetime):
        refuse(
            f"{value.isoformat()} has a time of day",
            "a date (YYYY-MM-DD)",
            fix="Leave the time out.",
        )
    if not isinstance(value, str):
        return value
    if not _ISO_DAY.fullmatch(value):
        refuse(f"'{value}' is not a date", "a date (YYYY-MM-DD)")
    try:
        return date.fromisoformat(value)
    except ValueError:
        refuse(f"{value} is not a day of the calendar", "a date (YYYY-MM-DD)")


def _as_day_if_it_is_one(value: Any) -> Any:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _is_country(value: str) -> str:
    if value not in COUNTRIES:
        meant = _WRONG_COUNTRY.get(value) or (value.upper() if value.upper() in COUNTRIES else "")
        refuse(
            f"'{value}' is no country code",
            "two capital letters of ISO 3166-1, or XX for an invented country",
            f"Did you mean {meant}?" if meant else "Look the code up in ISO 3166-1.",
        )
    return value


def _is_currency(value: str) -> str:
    if value not in CURRENCIES:
        meant = value.upper() if value.upper() in CURRENCIES else ""
        refuse(
            f"'{value}' is no currency code",
            "three capital letters of ISO 4217, or XXX for an invented currency",
            f"Did you mean {meant}?" if meant else "Look the code up in ISO 4217.",
        )
    return value


def _compiles(groups: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            pattern = re.compile(value)
        except re.error as error:
            refuse(
                f"'{value}' is not a regular expression: {error}",
                "a Python regular expression",
                r"Write it in single quotes, and a literal ( . * + ? with a \ before it.",
            )
        if pattern.groups < groups:
            refuse(
                f"'{value}' has no group",
                "a regular expression with one group in ( )",
                "Put ( ) around the part to be kept.",
            )
        return value

    return check


def _is_codec(value: str) -> str:
    try:
        codecs.lookup(value)
    except (LookupError, ValueError):
        refuse(
            f"'{value}' is no known encoding",
            "a Python encoding such as utf-8, utf-8-sig, latin-1, cp1252 or cp1250",
        )
    return value


def _is_date_format(value: str) -> str:
    if not _STRPTIME.search(value):
        refuse(
            f"'{value}' is not a date format",
            "directives of strptime such as %d/%m/%Y",
            "Write %d for the day, %m for the month, %Y for the year.",
        )
    return value


def _is_below_data(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", value) or "\\" in value:
        refuse(
            f"'{value}' leaves the data folder",
            "a path below the data folder, with forward slashes",
            "Say where the data folder is when you run (--data), and write the rest here.",
        )
    return value


def _is_id(value: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9_]*", value):
        refuse(
            f"'{value}' is no short name",
            "small letters, digits and underscores, starting with a letter",
        )
    return value


def _is_section_letter(value: str) -> str:
    if not re.fullmatch("[A-V]", value):
        refuse(f"'{value}' is no section of NACE or ISIC", "one capital letter from A to V")
    return value


Day = Annotated[date, BeforeValidator(_as_day)]
Country = Annotated[
    str,
    AfterValidator(_is_country),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"}),
]
Currency = Annotated[
    str,
    AfterValidator(_is_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
Id = Annotated[
    str,
    AfterValidator(_is_id),
    WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}),
]
SectionLetter = Annotated[str, AfterValidator(_is_section_letter)]
Pattern = Annotated[str, AfterValidator(_compiles(0))]
PatternWithGroup = Annotated[str, AfterValidator(_compiles(1))]
Encoding = Annotated[str, AfterValidator(_is_codec)]
DateFormat = Annotated[str, AfterValidator(_is_date_format)]
RelativePath = Annotated[str, AfterValidator(_is_below_data), Field(min_length=1)]
Name = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(gt=0, le=1)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1)]
PositiveNumber = Annotated[float, Field(gt=0)]
Scalar = Annotated[str | int | float | bool | Day, BeforeValidator(_as_day_if_it_is_one)]
SettingValue = bool | int | float | str
