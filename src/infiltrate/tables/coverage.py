"""How complete the canonical tables are."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import Engine, quote_name


def summarise_tables(engine: Engine, names: Iterable[str]) -> pd.DataFrame:
    """Count rows, say from when to when, and how complete the columns are.

    Parameters
    ----------
    engine : Engine
        With the tables registered under their names.
    names : iterable of str
        Canonical tables.

    Returns
    -------
    pandas.DataFrame
        One row per table: ``what``, ``rows``, ``first`` and ``last`` (day of the rows, missing
        for undated tables), ``complete_share`` (filled cells among all, source columns aside) and
        ``note`` (columns that no source fills).
    """
    return pd.DataFrame([_summary(engine, TABLES[name]) for name in names])


def missing_by_year(engine: Engine, names: Iterable[str]) -> pd.DataFrame:
    """Measure the share of rows in which each column is missing, by year of the row.

    Returns
    -------
    pandas.DataFrame
        One row per column and year: ``field`` (``table.column``), ``year`` and
        ``missing_share``. Undated tables and columns that a row cannot lack are left out.
    """
    frames = [_missing(engine, TABLES[name]) for name in names if TABLES[name].known_on]
    return pd.concat(frames, ignore_index=True)


def _summary(engine: Engine, table: Table) -> dict[str, object]:
    columns = [name for name in table.column_names if name != "source_id"]
    filled = ", ".join(f"count({quote_name(name)}) AS {quote_name(name)}" for name in columns)
    day = f"coalesce({', '.join(table.known_on)})" if table.known_on else "CAST(NULL AS DATE)"
    row = engine.query(
        f"SELECT count(*) AS n_rows, min({day}) AS first_day, max({day}) AS last_day, {filled} "
        f"FROM {table.name}"
    ).to_pylist()[0]
    empty = [name for name in columns if row["n_rows"] and not row[name]]
    return {
        "what": table.name,
        "rows": row["n_rows"],
        "first": row["first_day"],
        "last": row["last_day"],
        "complete_share": sum(row[name] for name in columns) / (row["n_rows"] * len(columns))
        if row["n_rows"]
        else None,
        "note": f"never filled: {', '.join(empty)}" if empty else "",
    }


def _missing(engine: Engine, table: Table) -> pd.DataFrame:
    optional = [name for name in table.column_names if not table.is_required(name)]
    shares = ", ".join(
        f"CAST(count(*) - count({quote_name(name)}) AS DOUBLE) / count(*) AS {quote_name(name)}"
        for name in optional
    )
    wide = engine.frame(
        f"SELECT year(coalesce({', '.join(table.known_on)})) AS year, {shares} FROM {table.name} "
        "GROUP BY 1 ORDER BY 1"
    ).dropna(subset=["year"])
    long = wide.melt("year", var_name="field", value_name="missing_share")
    return long.assign(field=table.name + "." + long["field"], year=long["year"].astype(int))[
        ["field", "year", "missing_share"]
    ]
