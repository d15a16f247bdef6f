"""How alike two names, places, activities and dates are: splink's comparisons, in levels."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from splink.internals.comparison_creator import ComparisonCreator

NAME_DIFFERS = 0
"""Level of a name that has nothing in common with the other."""

_DAYS_EARLY = 31
# where no name is borne twice, one company in a hundred is thought to have a namesake after all
_LEAST_NAMESAKES = 0.01
_PAIRS_AT_ONCE = 5_000_000


@dataclass(frozen=True)
class Level:
    """One level of a comparison: how likely among matches (m) and among other pairs (u)."""

    label: str
    condition: str
    m: float
    u: float
    frequencies: str = ""


COMPARISONS: Mapping[str, tuple[Level, ...]] = MappingProxyType(
    {
        "name": (
            Level("same words", "key_l = key_r", 0.70, 1e-5, "key"),
            Level("same but for spaces", "compact_l = compact_r", 0.03, 1e-7),
            Level("same but for word endings", "stems_l = stems_r", 0.08, 2e-6),
            Level(
                "one or two letters differ",
                "abs(length(compact_l) - length(compact_r)) <= 2 AND "
                "least(damerau_levenshtein(key_l, key_r), "
                "damerau_levenshtein(written_l, written_r)) <= "
                "CASE WHEN least(length(key_l), length(key_r)) >= 10 THEN 2 ELSE 1 END",
                0.10,
                2e-6,
            ),
            Level(
                "one has all words of the other",
                "least(len(words_l), len(words_r)) >= 2 AND "
                "(list_has_all(words_l, words_r) OR list_has_all(words_r, words_l))",
                0.04,
                5e-6,
            ),
            Level(
                "similar",
                "greatest(jaro_winkler_similarity(key_l, key_r), "
                "jaro_winkler_similarity(written_l, written_r)) >= 0.9",
                0.04,
                1e-4,
            ),
            Level("differs", "ELSE", 0.01, 0.9998),
        ),
        "place": (
            Level("same area", "area_id_l = area_id_r", 0.88, 0.05, "area_id"),
            Level("same region", "region_id_l = region_id_r", 0.05, 0.05),
            Level("elsewhere", "ELSE", 0.07, 0.90),
        ),
        "activity": (
            Level("same", "sector_id_l = sector_id_r", 0.85, 0.05),
            Level("another", "ELSE", 0.15, 0.95),
        ),
        "form": (
            Level("same", "form_l = form_r", 0.92, 0.55),
            Level("another", "ELSE", 0.08, 0.45),
        ),
        "age": (
            Level("founded before", f"founded_l - {_DAYS_EARLY} <= seen_r", 0.995, 0.85),
            Level("founded after", "ELSE", 0.005, 0.15),
        ),
    }
)
"""What is compared, and the parameters that are used as they are when there is little to learn
from. They are judgements: three names in four are written as in the register but for the order of
words, legal form, accents and case; seven places and fifteen activities of a hundred are others."""

_NULL = {
    "name": "key_l IS NULL OR key_r IS NULL",
    "place": "area_id_l IS NULL OR area_id_r IS NULL",
    "activity": "sector_id_l IS NULL OR sector_id_r IS NULL",
    "form": "form_l IS NULL OR form_r IS NULL",
    "age": "founded_l IS NULL OR seen_r IS NULL",
}
_COLUMNS = ("key", "compact", "stems", "written", "area_id", "region_id", "sector_id", "form")


def compare_pairs(
    connection: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    companies: pd.DataFrame,
    pairs: pd.DataFrame,
) -> pd.DataFrame:
    """Compare pairs with splink, on its DuckDB backend.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where tables are made.
    records, companies : pandas.DataFrame
        Both sides (`infiltrate.linkage.records.Sides`).
    pairs : pandas.DataFrame
        ``record`` and ``company``, positions, and ``is_stated``: whether the record states the
        company's number.

    Returns
    -------
    pandas.DataFrame
        One row per pair whose names have something in common, or whose number is stated, sorted:
        ``record``, ``company``, one column per comparison with its level (0 the least alike, -1
        where a side has no value), and ``rarity``: logarithm of how much rarer than the nominal u
        the name and the area they share are in the register.
    """
    if pairs.empty:
        names = ["record", "company", *COMPARISONS]
        return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in names}).assign(
            rarity=np.zeros(0)
        )
    frequencies = {
        "key": _chance_of_namesake(companies["key"]),
        "area_id": _frequencies(companies["area_id"]),
    }
    # the side that splink calls left is the one whose name comes first
    for name, frame in (("companies", companies), ("records", records)):
        connection.register("linkage_side", _to_arrow(frame, frequencies))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE linkage_{name} AS SELECT * FROM linkage_side"
        )
        connection.unregister("linkage_side")
    with _quiet():
        parts = [
            _compare(connection, pairs.iloc[start : start + _PAIRS_AT_ONCE])
            for start in range(0, len(pairs), _PAIRS_AT_ONCE)
        ]
    for name in ("companies", "records"):
        connection.execute(f"DROP TABLE linkage_{name}")
    return pd.concat(parts, ignore_index=True)


def _compare(connection: duckdb.DuckDBPyConnection, pairs: pd.DataFrame) -> pd.DataFrame:
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=connection)
    sides = [
        api.register(f"linkage_{name}", dataset_display_name=name)
        for name in ("companies", "records")
    ]
    linker = Linker(sides, _settings())
    given = pa.table(
        {
            "match_key": pa.array(np.zeros(len(pairs), dtype=np.int8)).cast(pa.string()),
            "join_key_l": _join_keys("companies", pairs["company"]),
            "join_key_r": _join_keys("records", pairs["record"]),
            "is_stated": pa.array(pairs["is_stated"]),
        }
    )
    connection.register("linkage_pairs", given)
    linker.table_management.register_blocked_pairs_for_predict(
        api.register("linkage_pairs", dataset_display_name="pairs")
    )
    scored = linker.inference.predict(warning_mode="never")
    gammas = ", ".join(f"CAST(gamma_{name} AS BIGINT) AS {name}" for name in COMPARISONS)
    compared = connection.execute(
        "SELECT CAST(unique_id_r AS BIGINT) AS record, CAST(unique_id_l AS BIGINT) AS company, "
        f"{gammas}, ln(2) * (mw_tf_adj_name + mw_tf_adj_place) AS rarity "
        f"FROM {scored.physical_name} AS s SEMI JOIN linkage_pairs AS p "
        "ON p.join_key_l = 'companies-__-' || s.unique_id_l "
        "AND p.join_key_r = 'records-__-' || s.unique_id_r "
        "AND (p.is_stated OR s.gamma_name <> 0) ORDER BY record, company"
    ).df()
    linker.table_management.delete_tables_created_by_splink_from_db()
    connection.unregister("linkage_pairs")
    return compared


def rates_of_chance(records: pd.DataFrame, companies: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return how often places, activities, forms and dates agree by chance, over all pairs.

    Returns
    -------
    dict of str to numpy.ndarray
        By comparison, one rate by level from the least alike. A comparison that no record or no
        company has a value for is absent, and so is a level with term frequencies, whose own
        rate cancels.
    """
    rates: dict[str, np.ndarray] = {}
    for name, column in (("activity", "sector_id"), ("form", "form")):
        same = _meeting_rate(records[column], companies[column])
        if same is not None:
            rates[name] = _bounded(1 - same, same)
    area = _meeting_rate(records["area_id"], companies["area_id"])
    region = _meeting_rate(records["region_id"], companies["region_id"])
    if area is not None and region is not None:
        nominal = COMPARISONS["place"][0].u
        near, far = _bounded(max(0.0, region - area), 1 - max(region, area)).tolist()
        rates["place"] = np.array([far, near, nominal])
    seen = np.sort(_days(records, "seen_on"))
    founded = _days(companies, "incorporated_on") - np.timedelta64(_DAYS_EARLY, "D")
    if len(seen) and len(founded):
        before = np.searchsorted(seen, founded, side="left").mean() / len(seen)
        rates["age"] = _bounded(before, 1 - before)
    return rates


def _meeting_rate(one: pd.Series, other: pd.Series) -> float | None:
    first, second = _frequencies(one), _frequencies(other)
    if first.empty or second.empty:
        return None
    both = first.sort_index() * second.reindex(first.sort_index().index).fillna(0)
    return float(both.sum())


def _bounded(*rates: float) -> np.ndarray:
    return np.maximum(np.array(rates), 1e-6)


def _days(frame: pd.DataFrame, column: str) -> np.ndarray:
    return pd.to_datetime(frame[column]).dropna().to_numpy().astype("datetime64[D]")


def _frequencies(values: pd.Series) -> pd.Series:
    return values.value_counts(normalize=True, sort=False)


def _chance_of_namesake(names: pd.Series) -> pd.Series:
    """Return how likely another company bears each name.

    A name that one company bears is not borne by one in N of the others: after Good (1953), the
    next company bears a name seen c times with chance ``(c + 1) n[c + 1] / (n[c] N)``, where n[c]
    names were seen c times. From c on where no such count is seen, it is c / N.
    """
    counts = names.value_counts(sort=False)
    seen = np.bincount(counts.to_numpy())
    expected = np.arange(len(seen), dtype=float)
    for times in range(1, len(seen) - 1):
        if not seen[times] or not seen[times + 1]:
            break
        expected[times] = min(times, (times + 1) * seen[times + 1] / seen[times])
    if len(seen) == 2:
        expected[1] = _LEAST_NAMESAKES
    expected = np.maximum(expected, _LEAST_NAMESAKES)
    return pd.Series(expected[counts.to_numpy()] / max(1, counts.sum()), index=counts.index)


def _settings() -> Any:
    from splink import SettingsCreator, block_on

    comparisons: list[ComparisonCreator | dict[str, Any]] = []
    for name, levels in COMPARISONS.items():
        described: list[dict[str, Any]] = [
            {"sql_condition": _NULL[name], "label_for_charts": "missing", "is_null_level": True}
        ]
        for level in levels:
            one: dict[str, Any] = {
                "sql_condition": level.condition,
                "label_for_charts": level.label,
                "m_probability": level.m,
                "u_probability": level.u,
            }
            if level.frequencies:
                one["tf_adjustment_column"] = level.frequencies
            described.append(one)
        comparisons.append({"output_column_name": name, "comparison_levels": described})
    return SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("key")],
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
    )


def _to_arrow(frame: pd.DataFrame, frequencies: Mapping[str, pd.Series]) -> pa.Table:
    columns = {name: pa.array(frame[name], type=pa.string(), from_pandas=True) for name in _COLUMNS}
    for name, shares in frequencies.items():
        columns[f"tf_{name}"] = pa.array(frame[name].map(shares), from_pandas=True)
    for name, column in (("founded", "incorporated_on"), ("seen", "seen_on")):
        days = frame[column] if column in frame else pd.Series(None, index=frame.index)
        columns[name] = pa.array(pd.to_datetime(days).dt.date, type=pa.date32(), from_pandas=True)
    words = pa.array([list(words) for words in frame["words"]], type=pa.list_(pa.string()))
    number = pa.array(range(len(frame)), type=pa.int64()).cast(pa.string())
    return pa.table({"unique_id": number, **columns, "words": words})


def _join_keys(name: str, positions: pd.Series) -> pa.Array:
    import pyarrow.compute as pc

    numbers = pa.array(positions.to_numpy(), type=pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(f"{name}-__-", numbers, "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep splink from writing what it does; its warnings of untrained models are not meant."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
