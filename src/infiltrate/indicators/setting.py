"""One setting of an indicator: its type, bounds and default, as its header declares them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infiltrate.params.choices import SettingValue
from infiltrate.tables.catalogue import TABLES

_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "names": (str,),
}


@dataclass(frozen=True)
class Setting:
    """One number or word that an analyst may change in an indicator.

    Attributes
    ----------
    name : str
        Name in the parameters; ``$name`` in the SQL.
    type : str
        ``integer``, ``number``, ``boolean``, ``string``, or ``names`` (words joined by commas).
    default : bool, int, float or str
        Value used unless the parameters say otherwise.
    description : str
        One sentence.
    unit : str
        Unit of the value; empty when it has none.
    minimum, maximum : float, optional
        Bounds, both allowed.
    values : tuple of str
        The allowed words; empty when free.
    """

    name: str
    type: str
    default: SettingValue
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        if self.values:
            words = ", ".join(self.values)
            return f"names joined by commas out of {words}" if self.type == "names" else words
        kind = {"names": "names joined by commas", "integer": "a whole number"}.get(
            self.type, f"a {self.type}"
        )
        low = "" if self.minimum is None else f" from {self.minimum:g}"
        high = "" if self.maximum is None else f" to {self.maximum:g}"
        return f"{kind}{low}{high}"

    def allows(self, value: SettingValue) -> bool:
        """Whether a value has the right type and lies within the bounds."""
        if not isinstance(value, _TYPES[self.type]):
            return False
        if isinstance(value, bool):
            return self.type == "boolean"
        if isinstance(value, str):
            words = _split_names(value) if self.type == "names" else (value,)
            return not self.values or all(word in self.values for word in words)
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return math.isfinite(value) and low <= value <= high

    def normalise(self, value: SettingValue) -> SettingValue:
        """Return the value as it goes into the SQL: names without spaces, numbers as float."""
        if self.type == "names":
            return ",".join(_split_names(str(value)))
        return float(value) if self.type == "number" else value


def read_setting(name: str, header: Mapping[str, Any]) -> Setting:
    """Build a setting from its entry in a header; ``values_of`` takes a column's coded values."""
    fields = dict(header)
    values = tuple(fields.pop("values", ()))
    column = fields.pop("values_of", "")
    if column:
        table, column_name = column.split(".")
        values = TABLES[table].column(column_name).values
    return Setting(name=name, values=values, **fields)


def _split_names(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
