"""A comparison in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from infiltrate.runs.compare.attribution import Route
from infiltrate.runs.compare.compare import CauseEffect, Comparison, FileChange
from infiltrate.runs.compare.movements import EstimateChange, FlagChange, ScoreChange
from infiltrate.runs.compare.table_changes import ColumnChange, TableChange

TOGETHER = (
    "Several differences reach what moved. Two runs cannot tell how much each of them did: change "
    "one at a time and compare again."
)
CLOSED = (
    "This comparison is for those who may see both results. Do not publish it: two versions of a "
    "table held side by side can give away what each of them hides."
)
NOT_EXPLAINED = (
    "Neither data, parameters, code, environment nor key differ where these are made, so they are "
    "not reproducible as they stand: look for chance that the seed does not reach."
)
_MOST = 25
_MOST_COLUMNS = 4


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison in plain words, the verdict first.

    Long lists are cut and say so; `comparison_json` has everything.
    """
    parts = [[verdict_sentence(comparison)], list(_causes(comparison)), list(_tables(comparison))]
    parts += [list(_estimates(comparison)), list(_flags(comparison)), list(_scores(comparison))]
    parts += [list(_files(comparison))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def comparison_json(comparison: Comparison) -> str:
    """Return everything that a comparison holds, as JSON sorted by key."""
    written = {**asdict(comparison), "verdict": comparison.verdict}
    written["unexplained"] = list(comparison.unexplained)
    for table, change in zip(written["tables"], comparison.tables, strict=True):
        table["rounding_only"] = change.rounding_only
    return json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"


def verdict_sentence(comparison: Comparison) -> str:
    """Say in one or two sentences whether the runs agree."""
    names = f"{comparison.before.label} and {comparison.after.label}"
    counted = f"{comparison.n_tables} table{'s' * (comparison.n_tables != 1)}"
    if comparison.verdict == "identical":
        return f"{names} are identical: {counted} and every page agree to the last byte or value."
    if comparison.verdict == "identical but for pseudonyms":
        return (
            f"{names} are identical but for pseudonyms: {counted} agree once the pseudonyms of "
            "persons, which another key made, are taken for one. Pages show tags of the key."
        )
    if comparison.verdict == "same up to rounding":
        return (
            f"{names} are the same up to rounding: {len(comparison.tables)} of {counted} differ, "
            "in the last digits of numbers only."
        )
    files = len(comparison.files)
    pages = f"{files} of the pages, notebooks and texts" if files else "no page"
    return f"{names} differ: {len(comparison.tables)} of {counted} and {pages} moved."


def cause_sentence(effect: CauseEffect) -> str:
    """Say what one difference entered and what it may have moved."""
    where = f"enters {', '.join(effect.enters)}" if effect.enters else "enters pages only"
    if effect.moved:
        what = f"reaches {_some(effect.moved)}"
    elif not effect.cause.can_move:
        what = "changes no number"
    else:
        what = "moved no table"
    return f"{effect.cause}: {where}; {what}"


def table_sentence(change: TableChange) -> str:
    """Say how one table moved."""
    if change.is_new or change.is_gone:
        side = "second" if change.is_new else "first"
        rows = change.rows_after if change.is_new else change.rows_before
        return f"{change.table}: only the {side} run has it ({rows:,} rows)"
    counts = (
        (change.rows_changed, "changed"),
        (change.rows_added, "added"),
        (change.rows_removed, "removed"),
    )
    said = [f"{count:,} {word}" for count, word in counts if count]
    said += [f"column {name} new" for name in change.columns_added]
    said += [f"column {name} gone" for name in change.columns_removed]
    rounding = ", by rounding only" if change.rounding_only else ""
    total = f"{change.rows_before:,} row{'s' * (change.rows_before != 1)}"
    return f"{change.table}: of {total} {', '.join(said)}{rounding}"


def column_sentence(change: ColumnChange) -> str:
    """Say how one column moved."""
    size = change.largest_difference
    largest = f", by {_signed(size)} at most" if size else ""
    return f"{change.column} in {change.cells:,} row{'s' * (change.cells != 1)}{largest}"


def estimate_words(change: EstimateChange) -> tuple[str, str, str, str]:
    """Return name, value before, value after and difference of an estimate, as text."""
    difference = change.difference
    return (
        " · ".join(change.key),
        _estimate(change.before),
        _estimate(change.after),
        "" if difference is None else _signed(difference),
    )


def flag_sentence(change: FlagChange) -> str:
    """Say how the flags of one indicator moved."""
    sentence = (
        f"{change.indicator}: {change.flagged_before:,} flagged, now {change.flagged_after:,} "
        f"({change.newly:,} newly, {change.no_longer:,} no longer)"
    )
    if change.computable_before != change.computable_after:
        sentence += (
            f"; computable for {change.computable_before:,}, now {change.computable_after:,}"
        )
    return sentence


def score_sentence(change: ScoreChange) -> str:
    """Say how the ranking moved."""
    parts = [f"{change.moved:,} of {change.units_both:,} ranked units have another score"]
    if change.units_before != change.units_after:
        parts.append(f"{change.units_before:,} units ranked, now {change.units_after:,}")
    if change.rank_correlation is not None:
        parts.append(f"rank correlation {change.rank_correlation:.4f}")
    if change.largest_rank_change is not None:
        parts.append(f"largest move {change.largest_rank_change:,} places")
    parts.append(f"{change.left_top} of the first hundred left it")
    return "; ".join(parts)


def file_sentence(change: FileChange) -> str:
    """Say which page or text differs and why."""
    only = f" (only {change.only_in})" if change.only_in else ""
    causes = sorted({str(route.cause) for route in change.routes})
    return f"{change.name}{only}: {_some(causes) if causes else 'nothing recorded explains it'}"


def _causes(comparison: Comparison) -> Iterator[str]:
    if not comparison.causes:
        yield "No difference in data, parameters, code, environment or key."
        return
    yield "What differs between the runs"
    lines = [f"  {effect.cause.kind:11} {cause_sentence(effect)}" for effect in comparison.causes]
    yield from _cut(lines)


def _tables(comparison: Comparison) -> Iterator[str]:
    if not comparison.tables:
        return
    yield "Tables that moved, and why"
    for change in comparison.tables[:_MOST]:
        yield f"  {table_sentence(change)}"
        shown = change.columns[:_MOST_COLUMNS]
        if shown:
            more = len(change.columns) - len(shown)
            also = f"; and {more} more columns" if more else ""
            yield f"      {'; '.join(column_sentence(column) for column in shown)}{also}"
        for route in comparison.routes[change.table]:
            yield f"      because {route}"
        if not comparison.routes[change.table]:
            yield "      because of nothing that is recorded"
    if len(comparison.tables) > _MOST:
        yield f"  and {len(comparison.tables) - _MOST} more; --format json lists all"
    if several_causes(comparison):
        yield TOGETHER
    if comparison.unexplained:
        yield f"Not explained: {', '.join(comparison.unexplained)}. {NOT_EXPLAINED}"


def several_causes(comparison: Comparison) -> bool:
    """Whether more than one difference reaches a table that moved."""
    routes: Sequence[tuple[Route, ...]] = list(comparison.routes.values())
    return any(len(found) > 1 for found in routes)


def _estimates(comparison: Comparison) -> Iterator[str]:
    if comparison.estimates:
        yield "Estimates that moved"
        lines = []
        for change in comparison.estimates:
            name, before, after, difference = estimate_words(change)
            lines.append(f"  {name}: {before}, now {after}{f' ({difference})' * bool(difference)}")
        yield from _cut(lines)


def _flags(comparison: Comparison) -> Iterator[str]:
    if comparison.flags:
        yield "Red flags that moved"
        yield from _cut([f"  {flag_sentence(change)}" for change in comparison.flags])


def _scores(comparison: Comparison) -> Iterator[str]:
    if comparison.scores:
        yield "The ranking"
        yield f"  {score_sentence(comparison.scores)}"


def _files(comparison: Comparison) -> Iterator[str]:
    if comparison.files:
        yield "Pages, notebooks and texts that differ"
        yield from _cut([f"  {file_sentence(change)}" for change in comparison.files])


def _estimate(side: dict[str, object] | None) -> str:
    if side is None:
        return "absent"
    value = _number(side.get("value"))
    low, high = side.get("low"), side.get("high")
    interval = "" if low is None or high is None else f" [{_number(low)}, {_number(high)}]"
    status = f" {side['status']}" if side.get("status") else ""
    return f"{value}{interval}{status}"


def _number(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:,.6g}" if isinstance(value, float | int) else str(value)


def _signed(value: float) -> str:
    return f"{value:+,.4g}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_COLUMNS])
    more = len(names) - _MOST_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST} more; --format json lists all"
