"""Raw columns that a file does not have, worked out before any table is filled."""

from __future__ import annotations

from string import Formatter
from typing import Self

from pydantic import model_validator

from infiltrate.params.section import Section, parameter, refuse
from infiltrate.params.values import Id, Name, PatternWithGroup

_WAYS = ("from_path", "first_of", "combine", "members", "count", "lookup")


class DerivedColumn(Section):
    """A column added to the raw ones of a source; the columns above it may be used in it."""

    from_path: PatternWithGroup | None = parameter(
        None,
        "Regular expression over the file's path; its first group is the value.",
        examples=["^([^/]+)/"],
    )
    first_of: list[Name] = parameter(
        [], "Columns tried in order; the first non-missing value is taken."
    )
    combine: str | None = parameter(
        None, "Template over columns, for example '{buyer}-{lot}'; missing if any part is."
    )
    members: list[Name] = parameter(
        [],
        "Columns that name a member, tried in order. Rows with the same `by` form a group, and "
        "groups of the same members have the same value, in every source of the study.",
    )
    count: Name | None = parameter(
        None,
        "Column whose distinct non-missing values are counted over the rows with the same "
        "`by`; missing when there is none.",
    )
    by: list[Name] = parameter([], "Columns that tell groups apart, for members and count.")
    lookup: Name | None = parameter(
        None, "Column of another source, taken from its first row that agrees in `on` and has it."
    )
    source: Id | None = parameter(
        None, "Source that `lookup` reads; it stands earlier in the file."
    )
    on: dict[Name, Name] = parameter(
        {}, "Column of this source to the column of the other that it must equal.", key="COLUMN"
    )

    @model_validator(mode="after")
    def _filled_in_one_way(self) -> Self:
        used = [way for way in _WAYS if getattr(self, way) not in (None, [])]
        if len(used) != 1:
            found = "is filled from nothing" if not used else f"is filled by {' and '.join(used)}"
            refuse(found, f"exactly one of {', '.join(_WAYS)}", "Keep the one that is meant.")
        way = used[0]
        self._goes_with("by", self.by, way in ("members", "count"), "members or count")
        self._goes_with("source", self.source, way == "lookup", "lookup")
        self._goes_with("on", self.on, way == "lookup", "lookup")
        if self.combine is not None and not _template_columns(self.combine):
            refuse(
                f"combine '{self.combine}' names no column",
                "a template with columns in braces, such as '{buyer}-{lot}'",
            )
        return self

    def _goes_with(self, name: str, value: object, wanted: bool, other: str) -> None:
        if bool(value) != wanted:
            is_set = "is set without" if value else "is missing beside"
            refuse(f"{name} {is_set} {other}", fix=f"{name} goes with {other}, and only with it.")

    @property
    def inputs(self) -> list[str]:
        """Columns of its own source that it is worked out from."""
        combined = _template_columns(self.combine) if self.combine else []
        counted = [self.count] if self.count else []
        return [*self.first_of, *combined, *self.members, *counted, *self.by, *self.on]


def _template_columns(template: str) -> list[str]:
    try:
        return [name for _, name, _, _ in Formatter().parse(template) if name]
    except ValueError as error:
        refuse(f"combine '{template}' has unbalanced braces: {error}", fix="Close each brace.")


__all__ = ["DerivedColumn"]
