"""One setting of a red flag: what may be set, and how text and numbers become it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RedFlagValue = bool | int | float | str | dict[str, int] | None

_IN_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "methods": "words joined by |, or a list of words",
    "days_by_method": "whole days by procedure",
}


class NotAllowed(ValueError):
    """A value that a setting cannot take."""


@dataclass(frozen=True)
class RedFlagSetting:
    """One number or word that may be changed in a red flag.

    Attributes
    ----------
    name : str
        Name in the settings; ``$name`` in the SQL.
    type : str
        ``integer``, ``number``, ``boolean``, ``methods`` (words joined by ``|``) or
        ``days_by_method``.
    default : bool, int, float, str, dict or None
        Value unless set; None: taken from the data.
    description, unit : str
        One sentence, and the unit of the value.
    minimum, maximum : float, optional
        Bounds, both allowed.
    """

    name: str
    type: str
    default: RedFlagValue
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        if self.minimum is None or self.maximum is None:
            return _IN_WORDS[self.type]
        return f"{_IN_WORDS[self.type]} from {self.minimum:g} to {self.maximum:g}"

    def read(self, value: Any) -> RedFlagValue:
        """Return a value of the setting's type, from YAML or from the text of an INI file.

        Raises
        ------
        NotAllowed
            When the value has another type or lies out of bounds.
        """
        if value is None and self.default is None:
            return None
        if self.type == "methods":
            return join_words(value)
        if self.type == "days_by_method":
            return self._read_days(value)
        if self.type == "boolean":
            return _read_boolean(value)
        return self._read_number(value)

    def _read_number(self, value: Any) -> int | float:
        is_text = isinstance(value, str)
        if isinstance(value, bool) or not (is_text or isinstance(value, int | float)):
            raise NotAllowed
        try:
            number = float(value)
        except ValueError as error:
            raise NotAllowed from error
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if not (math.isfinite(number) and low <= number <= high):
            raise NotAllowed
        if self.type == "integer":
            if not number.is_integer():
                raise NotAllowed
            return int(number)
        return number

    def _read_days(self, value: Any) -> dict[str, int]:
        if not isinstance(value, Mapping):
            raise NotAllowed
        days = RedFlagSetting(self.name, "integer", 0, "", "", 0, 3650)
        return {str(method): int(days._read_number(number)) for method, number in value.items()}


def join_words(value: Any) -> str:
    """Return words joined by ``|`` without empty ones, from such a text or a list of words."""
    words = value.split("|") if isinstance(value, str) else value
    if value is None:
        return ""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise NotAllowed
    return "|".join(word for word in words if word)


def read_red_flag_setting(name: str, header: Mapping[str, Any]) -> RedFlagSetting:
    """Build a setting from its entry in a header."""
    return RedFlagSetting(name=name, **header)


def _read_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise NotAllowed
