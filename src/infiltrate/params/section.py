"""The base of every block of parameters: strict, closed, documented."""

from __future__ import annotations

from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A closed block: unknown keys are errors, values are not coerced, nothing changes later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


def parameter(default: Any, description: str, unit: str = "", key: str = "", **bounds: Any) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default : object
        ``...`` when there is none.
    description : str
        One sentence.
    unit : str
        Unit of a number; 1 when it has none.
    key : str
        An example of a key, when the keys are the analyst's own.
    **bounds
        What pydantic's ``Field`` takes: ge, gt, le, lt, min_length, examples.
    """
    words = {"unit": unit, "key": key}
    extra: JsonDict = {name: word for name, word in words.items() if word}
    return Field(default, description=description, json_schema_extra=extra or None, **bounds)


def required(description: str, unit: str = "", key: str = "", **bounds: Any) -> Any:
    """Declare one parameter that has no default."""
    return parameter(..., description, unit, key, **bounds)


def refuse(found: str, allowed: str = "", fix: str = "") -> NoReturn:
    """Reject a value from inside a validator, in the words of `infiltrate.errors.Problem`."""
    raise PydanticCustomError(
        "refused", "{found}", {"found": found, "allowed": allowed, "fix": fix}
    )
