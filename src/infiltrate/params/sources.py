"""Which files feed a study, and how a publisher's columns become canonical ones."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Tag, model_validator

from infiltrate.params.derived import DerivedColumn
from infiltrate.params.readers import (
    BodsSettings,
    FtmSettings,
    GleifSettings,
    OcdsSettings,
    PscSettings,
    Pseudonyms,
    TedSettings,
)
from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import (
    DateFormat,
    Day,
    Encoding,
    Id,
    Name,
    Pattern,
    PatternWithGroup,
    RelativePath,
    Scalar,
)


class Transform(Section):
    """How one canonical column is filled from raw columns."""

    column: Name | None = parameter(
        None, "Raw column the value is read from.", examples=["RAW COLUMN"]
    )
    first_of: list[Name] = parameter(
        [], "Raw columns tried in order; the first non-missing value is taken."
    )
    combine: str | None = parameter(
        None, "Template over raw columns, for example '{process}-{item}'; missing if any part is."
    )
    constant: Scalar | None = parameter(None, "The same value for every row.")
    from_path: PatternWithGroup | None = parameter(
        None, "Regular expression over the file's path; its first group is the value."
    )
    extract: PatternWithGroup | None = parameter(
        None, "Regular expression over the raw value; its first group is kept, no match is missing."
    )
    split: Name | None = parameter(None, "Separator; the raw value is split and `part` kept.")
    part: int = parameter(
        1, "Which part of a split value is kept; negative counts from the end.", unit="1"
    )
    patterns: dict[Pattern, str] = parameter(
        {},
        "Regular expression over the whole value to canonical value, tried in order; \\1 stands "
        "for its first group.",
        key="PATTERN",
    )
    map: dict[str, str] = parameter(
        {},
        "National value to canonical value, compared without case, accents or extra spaces.",
        key="NATIONAL VALUE",
    )
    otherwise: str | None = parameter(
        None,
        "Canonical value for what map or patterns do not name; without it such a row is rejected.",
    )
    equals: Name | None = parameter(
        None, "Raw column compared with `column`; the value is whether the two are the same."
    )
    present: bool = parameter(
        False, "The value is whether the raw value is there: true or false, never missing."
    )
    plus: list[Name] = parameter([], "Raw columns added to the number; missing if any is.")
    minus: list[Name] = parameter([], "Raw columns taken from the number; missing if any is.")
    formats: list[DateFormat] = parameter([], "Date formats tried in order, as in strptime.")
    decimal: Literal[".", ","] | None = parameter(
        None, "Decimal mark, when it differs from the source's."
    )
    thousands: Literal["", ",", ".", " ", "'"] | None = parameter(
        None, "Thousands mark, when it differs from the source's."
    )
    scale: float | None = parameter(
        None, "Factor applied to a number, for example 1000 or 0.01.", unit="1", gt=0
    )
    range_end: Literal["low", "high"] | None = parameter(
        None,
        "Which end is taken of a share written in percent as a number or a range, with or without "
        "its sign: '75.5 %', '25-50', '>25%', 'up to 10'.",
    )
    scheme: str | None = parameter(
        None,
        "Identifier scheme by org-id.guide, for example PE-RUC: checked, padded and prefixed.",
        min_length=2,
    )
    persons: Pseudonyms | None = parameter(
        None, "Identifiers of natural persons in this column, replaced by keyed pseudonyms."
    )
    else_scheme: str | None = parameter(
        None,
        "Scheme for values that do not fit `scheme`, for example a register of consortia.",
        min_length=2,
    )
    schemes: dict[Name, str] = parameter(
        {},
        "For values written SCHEME:LOCALID, the publisher's scheme to its code by org-id.guide; "
        "the value of `scheme` is for those that name none.",
        key="PUBLISHER'S SCHEME",
    )
    scheme_first: bool = parameter(False, "Whether values name their scheme first: SCHEME:LOCALID.")
    person_schemes: list[Name] = parameter(
        [], "Schemes written first whose every identifier is a natural person's."
    )
    missing: list[str] = parameter([], "Raw values that mean missing, besides the source's own.")
    invalid: Literal["reject", "missing"] = parameter(
        "reject",
        "What to do with a value that cannot be read: reject the row or take it as missing.",
    )

    @model_validator(mode="after")
    def _filled_in_one_way(self) -> Self:
        ways = ("column", "first_of", "combine", "constant", "from_path")
        used = [way for way in ways if getattr(self, way) not in (None, [])]
        allowed = f"exactly one of {', '.join(ways)}"
        if not used:
            refuse("is filled from nothing", allowed, "Name the raw column in `column`.")
        if len(used) > 1:
            found = f"is filled in {len(used)} ways ({', '.join(used)})"
            refuse(found, allowed, "Keep the one that is meant.")
        return self

    @model_validator(mode="after")
    def _settings_have_their_subject(self) -> Self:
        self._needs("part", "split", self.part != 1)
        if not self.patterns:
            self._needs("otherwise", "map", self.otherwise is not None)
        self._needs("equals", "column", self.equals is not None)
        if self.range_end and self.scheme:
            refuse("range_end and scheme are both set", fix="Keep the one that is meant.")
        self._needs("else_scheme", "scheme", self.else_scheme is not None)
        self._needs("scheme_first", "scheme", self.scheme_first)
        if (self.schemes or self.person_schemes) and not self.scheme_first:
            refuse("schemes is set without scheme_first", fix="Set scheme_first: true as well.")
        if self.part == 0:
            refuse("part is 0", "1 for the first part, 2 for the second, -1 for the last")
        if self.combine is not None and not _template_columns(self.combine):
            refuse(
                f"combine '{self.combine}' names no raw column",
                "a template with raw columns in braces, such as '{process}-{item}'",
            )
        return self

    def _needs(self, name: str, other: str, is_set: bool) -> None:
        if is_set and getattr(self, other) in (None, {}):
            refuse(f"{name} is set without {other}", fix=f"Set {other} as well, or drop {name}.")


def _template_columns(template: str) -> list[str]:
    try:
        return [name for _, name, _, _ in Formatter().parse(template) if name]
    except ValueError as error:
        refuse(f"combine '{template}' has unbalanced braces: {error}", fix="Close each brace.")


def _mapping_kind(value: Any) -> str:
    return "<text>" if isinstance(value, str) else "<block>"


RawColumn = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[Transform, Tag("<block>")],
    Discriminator(_mapping_kind),
]


class Guard(Section):
    """What a raw column must look like for the row to be in its place at all."""

    pattern: Pattern | None = parameter(None, "Regular expression the whole value must match.")
    one_of: list[str] = parameter([], "The only values allowed.")
    formats: list[DateFormat] = parameter([], "Date formats, one of which must fit.")
    number: bool = parameter(False, "Whether the value must be a number.")
    may_be_missing: bool = parameter(True, "Whether the value may be missing.")


class Filter(Section):
    """A condition on a raw column for a row to feed a table."""

    column: Name = required("Raw column the condition is about.", examples=["RAW COLUMN"])
    keep: list[str] = parameter(
        [], "Only rows with one of these values are used.", examples=[["VALUE"]]
    )
    drop: list[str] = parameter([], "Rows with one of these values are left out.")
    present: bool | None = parameter(
        None, "Only rows where the value is present (true) or missing (false)."
    )
    pattern: Pattern | None = parameter(None, "Only rows whose whole value matches are used.")
    equals: Name | None = parameter(None, "Only rows where this raw column has the same value.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        conditions = (self.keep, self.drop, self.present, self.pattern, self.equals)
        if all(condition in (None, []) for condition in conditions):
            refuse(
                f"states no condition on '{self.column}'",
                "one or more of keep, drop, present, pattern, equals",
                "Add the condition, or delete the filter.",
            )
        return self


class TableMapping(Section):
    """How one canonical table is fed from a source."""

    columns: dict[str, RawColumn] = required(
        "Canonical column to raw column (a name), or to a transformation.",
        key="contract_id",
        min_length=1,
    )
    where: list[Filter] = parameter([], "Conditions that a raw row must meet; the rest is counted.")
    duplicates: Literal["reject", "first", "last", "merge"] = parameter(
        "reject",
        "What to do with rows of one key whose values differ: reject the later ones, keep the "
        "first or last, or merge (first non-missing value of each column).",
    )


class Source(Section):
    """One set of files with one layout."""

    id: Id = required("Short name, unique in the study.", examples=["awards"])
    title: Name = required(
        "What the data set is called by its publisher.", examples=["Contracts awarded"]
    )
    publisher: Name = required("Who publishes it.", examples=["Procurement authority"])
    licence: Name = required(
        "Terms of use, in words or as an SPDX identifier.", examples=["CC-BY-4.0"]
    )
    address: str | None = parameter(None, "Where it can be had.")
    data_sets: list[Id] = parameter(
        [], "Entries of the registry of data sets by which `infiltrate fetch` has its files."
    )
    retrieved_on: Day | None = parameter(None, "Day on which it was fetched.")
    reader: Literal[
        "delimited", "ocds", "ted", "ftm", "bods", "companies_house", "psc", "gleif"
    ] = parameter(
        "delimited",
        "Format of the files: delimited text, or one that is known: contracts (ocds, ted), owners "
        "(bods, psc), registers (companies_house, gleif), both (ftm).",
    )
    ocds: OcdsSettings | None = parameter(None, "Settings of the reader ocds.")
    ted: TedSettings | None = parameter(None, "Settings of the reader ted.")
    ftm: FtmSettings | None = parameter(None, "Settings of the reader ftm.")
    bods: BodsSettings | None = parameter(None, "Settings of the reader bods.")
    psc: PscSettings | None = parameter(None, "Settings of the reader psc.")
    gleif: GleifSettings | None = parameter(None, "Settings of the reader gleif.")
    path: RelativePath = required(
        "Path or glob below the data folder.", examples=["xx/awards_*.csv"]
    )
    encoding: Encoding = parameter("utf-8", "Character encoding of the files.")
    delimiter: str = parameter(",", "Character between fields.", min_length=1, max_length=1)
    quote: str = parameter('"', "Character around fields.", min_length=1, max_length=1)
    title_lines: int = parameter(0, "Lines before the header.", unit="lines", ge=0)
    header: list[str] = parameter([], "Column names, when the files have no header line.")
    decimal: Literal[".", ","] = parameter(".", "Decimal mark.")
    thousands: Literal["", ",", ".", " ", "'"] = parameter("", "Thousands mark.")
    formats: list[DateFormat] = parameter(
        ["%Y-%m-%d"], "Date formats tried in order, as in strptime.", min_length=1
    )
    missing: list[str] = parameter([""], "Raw values that mean missing, everywhere in the source.")
    guards: dict[str, Guard] = parameter(
        {},
        "Raw column to what it must look like, so that shifted or cut rows are found.",
        key="RAW COLUMN",
    )
    derived: dict[Name, DerivedColumn] = parameter(
        {},
        "Columns added to the raw ones, in this order, for example the buyer from the path of its "
        "file or the bidding group from its members; used like raw columns after that.",
        key="NEW COLUMN",
    )
    tables: dict[str, TableMapping] = parameter(
        {},
        "Canonical tables that the source feeds; 'table/part' when several parts of a row feed "
        "one. Readers that know their format fill them; this then changes single columns.",
        key="contracts",
    )
    leave_out: list[Name] = parameter(
        [],
        "Tables, parts of tables, or columns (`tenders.estimated_value`) that a reader which knows "
        "its format shall not fill.",
    )

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal == self.thousands:
            refuse(
                f"decimal and thousands are both '{self.decimal}'",
                fix="Set the one that is wrong; thousands: '' when there is no such mark.",
            )
        if self.delimiter == self.quote:
            refuse(f"delimiter and quote are both '{self.delimiter}'", fix="Correct one of them.")
        return self

    @model_validator(mode="after")
    def _reader_has_what_it_needs(self) -> Self:
        if self.reader == "delimited" and not self.tables:
            refuse("feeds no table", fix="Name in `tables` what it feeds.")
        if self.reader == "ted" and self.ted is None:
            refuse("has no settings of ted", "ted: {country: RO}", "Say whose notices are read.")
        return self


Sources = list[Source]

__all__ = [
    "Filter",
    "Guard",
    "Pseudonyms",
    "RawColumn",
    "Source",
    "Sources",
    "TableMapping",
    "Transform",
]
