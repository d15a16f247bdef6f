"""What a reader of a report would notice: red flags, ranks and estimates that moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infiltrate.runs.compare.results import Results
from infiltrate.tables.engine import DuckDBEngine, quote_name

_FLAG_COLUMNS = {"indicator", "entity_id", "state"}
_SCORES, _ESTIMATES = "risk_scores", "estimates"
_ESTIMATE_KEY = ("estimand", "list_id", "sector_id", "area_id", "estimator")
_ESTIMATE_VALUES = ("value", "low", "high", "status")
_TOP = 100


@dataclass(frozen=True)
class FlagChange:
    """One indicator in both runs.

    Attributes
    ----------
    table, indicator : str
        Where it stands, and its code.
    flagged_before, flagged_after : int
        Units flagged in each run.
    newly, no_longer : int
        Units in both runs that are flagged in one only.
    computable_before, computable_after : int
        Units for which it could be worked out.
    """

    table: str
    indicator: str
    flagged_before: int
    flagged_after: int
    newly: int
    no_longer: int
    computable_before: int
    computable_after: int


@dataclass(frozen=True)
class ScoreChange:
    """The ranking in both runs.

    Attributes
    ----------
    units_before, units_after, units_both : int
        Units ranked.
    moved : int
        Units in both runs whose score differs.
    largest_rank_change : int or None
        Places.
    rank_correlation : float or None
        Spearman's, over the units in both.
    left_top : int
        Units among the first hundred before and not after.
    """

    units_before: int
    units_after: int
    units_both: int
    moved: int
    largest_rank_change: int | None
    rank_correlation: float | None
    left_top: int


@dataclass(frozen=True)
class EstimateChange:
    """One estimate that moved.

    Attributes
    ----------
    key : tuple of str
        Estimand, list, sector, area and estimator, without those that are absent.
    before, after : dict
        ``value``, ``low``, ``high`` and ``status``; None where a run has no such estimate.
    """

    key: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def difference(self) -> float | None:
        """After minus before; None where one of them has no value."""
        values = [side and side.get("value") for side in (self.before, self.after)]
        if not all(isinstance(value, float | int) for value in values):
            return None
        return float(values[1]) - float(values[0])  # type: ignore[arg-type]


def find_flag_changes(
    before: Results, after: Results, moved: Sequence[str]
) -> tuple[FlagChange, ...]:
    """Return, for every indicator whose flags differ, how many units changed.

    Parameters
    ----------
    before, after : Results
        The runs.
    moved : sequence of str
        Tables in both runs that differ.
    """
    found: list[FlagChange] = []
    for table in sorted(moved):
        with _opened(before, after, table) as engine:
            if not _columns(engine) >= _FLAG_COLUMNS:
                continue
            rows = engine.query(
                "WITH b AS (SELECT indicator, entity_id, state FROM rows_before), "
                "a AS (SELECT indicator, entity_id, state FROM rows_after) "
                "SELECT coalesce(b.indicator, a.indicator) AS indicator, "
                "count(*) FILTER (b.state = 'flag') AS flagged_before, "
                "count(*) FILTER (a.state = 'flag') AS flagged_after, "
                "count(*) FILTER (a.state = 'flag' AND b.state <> 'flag') AS newly, "
                "count(*) FILTER (b.state = 'flag' AND a.state <> 'flag') AS no_longer, "
                "count(*) FILTER (b.state <> 'not_computable') AS computable_before, "
                "count(*) FILTER (a.state <> 'not_computable') AS computable_after, "
                "count(*) FILTER (a.state IS DISTINCT FROM b.state) AS changed "
                "FROM b FULL OUTER JOIN a ON b.indicator = a.indicator "
                "AND b.entity_id = a.entity_id GROUP BY 1 ORDER BY 1"
            ).to_pylist()
        found += [FlagChange(table, **row) for row in rows if row.pop("changed")]
    return tuple(found)


def find_score_change(before: Results, after: Results, moved: Sequence[str]) -> ScoreChange | None:
    """Return how the ranking moved; None where it did not or a run has none."""
    if _SCORES not in moved:
        return None
    with _opened(before, after, _SCORES) as engine:
        row = engine.query(
            "SELECT count(b.company_id) AS units_before, count(a.company_id) AS units_after, "
            "count(*) FILTER (b.company_id = a.company_id) AS units_both, "
            "count(*) FILTER (b.company_id = a.company_id AND "
            "a.risk_score IS DISTINCT FROM b.risk_score) AS moved, "
            "CAST(max(abs(a.rank - b.rank)) AS BIGINT) AS largest_rank_change, "
            "corr(a.rank, b.rank) AS rank_correlation, "
            f"count(*) FILTER (b.rank <= {_TOP} AND coalesce(a.rank > {_TOP}, true)) AS left_top "
            "FROM rows_before AS b FULL OUTER JOIN rows_after AS a USING (company_id)"
        ).to_pylist()[0]
    return ScoreChange(**row)


def find_estimate_changes(
    before: Results, after: Results, moved: Sequence[str]
) -> tuple[EstimateChange, ...]:
    """Return the estimates of which value, interval or status differ, the largest change first."""
    if _ESTIMATES not in moved:
        return ()
    old, new = _estimates(before), _estimates(after)
    changes = [
        EstimateChange(tuple(part for part in key if part), old.get(key), new.get(key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    return tuple(sorted(changes, key=_by_size))


def _by_size(change: EstimateChange) -> tuple[float, tuple[str, ...]]:
    difference = change.difference
    if difference is None:
        return -float("inf"), change.key
    start = abs(change.before["value"]) if change.before else 0.0
    return -abs(difference) / (start or abs(difference) or 1.0), change.key


def _estimates(results: Results) -> dict[tuple[str, ...], dict[str, Any]]:
    rows = results.store.read(_ESTIMATES).to_pylist()
    return {
        tuple(str(row.get(name) or "") for name in _ESTIMATE_KEY): {
            name: row[name] for name in _ESTIMATE_VALUES if name in row
        }
        for row in rows
    }


def _opened(before: Results, after: Results, table: str) -> DuckDBEngine:
    engine = DuckDBEngine(temp_dir=after.folder / ".run" / "spill")
    engine.register("rows_before", before.store.path(table))
    engine.register("rows_after", after.store.path(table))
    return engine


def _columns(engine: DuckDBEngine) -> set[str]:
    names = [
        set(engine.query(f"SELECT * FROM {quote_name(rows)} LIMIT 0").column_names)
        for rows in ("rows_before", "rows_after")
    ]
    return names[0] & names[1]
