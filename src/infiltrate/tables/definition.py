"""What a table definition is: columns, types, units, key, and when each fact became known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

ColumnType = Literal["string", "date", "integer", "number", "money", "share", "boolean"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "date": pa.date32(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.decimal128(20, 2),
    "share": pa.float64(),
    "boolean": pa.bool_(),
}

SQL_TYPES: dict[str, str] = {
    "string": "VARCHAR",
    "date": "DATE",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(20, 2)",
    "share": "DOUBLE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes
    ----------
    name : str
        Canonical name; the unit is in the description or in the ending of the name.
    type : str
        ``money`` is an exact decimal with two places, in the currency of the row; ``share``
        is a fraction from 0 to 1.
    description : str
        One sentence.
    required : bool
        Whether a row without it is no row; key columns always are.
    values : tuple of str
        The allowed values of a coded column; empty when free.
    known_on : str
        The column that dates this value: of the same table, or ``parent.column`` of the table
        named in ``Table.dated_by``. Empty: known from the row's own date. As of an earlier day,
        or when that date is missing, the value is missing.
    references : str
        ``table.column`` that the value points to; a dangling reference is reported.
    """

    name: str
    type: ColumnType
    description: str
    required: bool = False
    values: tuple[str, ...] = ()
    known_on: str = ""
    references: str = ""


@dataclass(frozen=True)
class Table:
    """A canonical table: the one place that says what a row is.

    Attributes
    ----------
    name : str
        Plural noun, also the name of its Parquet file.
    row : str
        "One row per ..." sentence.
    key : tuple of str
        Columns that identify a row; unique and never missing.
    known_on : tuple of str
        Columns whose first non-missing value dates the row; empty when a row has always been
        known (places, codes). A row dated after the as-of day, or not dated at all, does not
        exist on that day.
    begins_on : str
        Column with the day on which the thing itself began. A row that begins after the as-of
        day does not exist on it; one whose beginning is not known does.
    dated_by : str
        Parent table whose date counts when the row has none.
    parent_key : tuple of str
        The columns shared with that parent.
    order : tuple of tuple of str
        Pairs (earlier, later) of dates that must not be reversed.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    known_on: tuple[str, ...] = ()
    begins_on: str = ""
    dated_by: str = ""
    parent_key: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        """Return the definition of one column."""
        return next(column for column in self.columns if column.name == name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the order in which they are stored."""
        return tuple(column.name for column in self.columns)

    def is_required(self, name: str) -> bool:
        """Whether a row without this value is rejected."""
        return name in self.key or self.column(name).required

    @property
    def arrow_schema(self) -> pa.Schema:
        """Types as they are stored."""
        return pa.schema(
            [
                pa.field(column.name, ARROW_TYPES[column.type], not self.is_required(column.name))
                for column in self.columns
            ]
        )


SOURCE_ID = Column(
    "source_id", "string", "Id of the source in the parameters that the row was read from.", True
)
