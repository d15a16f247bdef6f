"""Compare two runs: what moved, by how much, and what made it move."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from infiltrate.errors import StoreError
from infiltrate.runs.compare.attribution import Attribution, Route, attribute_changes
from infiltrate.runs.compare.causes import Cause, find_causes, find_page_causes
from infiltrate.runs.compare.movements import (
    EstimateChange,
    FlagChange,
    ScoreChange,
    find_estimate_changes,
    find_flag_changes,
    find_score_change,
)
from infiltrate.runs.compare.results import Results, read_results
from infiltrate.runs.compare.table_changes import TableChange, compare_tables, digest_rows
from infiltrate.runs.manifest import read_withheld

Verdict = Literal["identical", "identical but for pseudonyms", "same up to rounding", "moved"]

_TAG = re.compile(r"\b([A-Z][a-z]+) [0-9A-Z]{5}-[0-9A-Z]{5}\b")
_INPUTS = {"run.json", "params.json", "code.json", "workflow.json"}
"""Files that tell of a run's inputs; how they differ is told by the causes."""


@dataclass(frozen=True)
class FileChange:
    """A page, an executed notebook or a text that differs.

    Attributes
    ----------
    name : str
        Its path in the results folder.
    stage : str
        The stage it belongs to; empty when it belongs to none.
    only_in : str
        ``before`` or ``after`` where only one run has it.
    routes : tuple of Route
        What reached it.
    """

    name: str
    stage: str
    only_in: str
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class CauseEffect:
    """One difference between the inputs, and what it may have moved.

    Attributes
    ----------
    cause : Cause
        What differs.
    enters : tuple of str
        Stages that depend on it directly; empty when it only reaches pages.
    moved : tuple of str
        Tables that moved and that it reaches; empty when it moved nothing.
    """

    cause: Cause
    enters: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class RunFacts:
    """Which run is compared.

    Attributes
    ----------
    label : str
        Name of its folder.
    country, title : str
        Of the study.
    finished_at : str
        When its manifest was written.
    version : str
        Of infiltrate, with the commit where it is known.
    """

    label: str
    country: str
    title: str
    finished_at: str
    version: str


@dataclass(frozen=True)
class Comparison:
    """How the second run differs from the first.

    Attributes
    ----------
    before, after : RunFacts
        The runs.
    n_tables : int
        Tables that either run has.
    causes : tuple of CauseEffect
        Everything that differs in the inputs.
    tables : tuple of TableChange
        Those that moved.
    routes : mapping of str to tuple of Route
        Table that moved to what reached it.
    flags, scores, estimates
        What moved in the tables that a reader looks at first.
    files : tuple of FileChange
        Pages, executed notebooks and texts that differ.
    other_key : bool
        Whether the runs had different pseudonym keys; pseudonyms and tags were then taken for one.
    """

    before: RunFacts
    after: RunFacts
    n_tables: int
    causes: tuple[CauseEffect, ...]
    tables: tuple[TableChange, ...]
    routes: Mapping[str, tuple[Route, ...]]
    flags: tuple[FlagChange, ...]
    scores: ScoreChange | None
    estimates: tuple[EstimateChange, ...]
    files: tuple[FileChange, ...]
    other_key: bool

    @property
    def verdict(self) -> Verdict:
        """The comparison in a few words."""
        if any(not table.rounding_only for table in self.tables):
            return "moved"
        if self.tables:
            return "same up to rounding"
        if self.other_key:
            return "identical but for pseudonyms"
        return "moved" if self.files else "identical"

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Tables that moved although nothing that is recorded reaches them."""
        return tuple(table.table for table in self.tables if not self.routes[table.table])


def compare_results(before: Path, after: Path, *, labels: tuple[str, str] = ("", "")) -> Comparison:
    """Compare two results folders.

    Parameters
    ----------
    before, after : Path
        Folders of finished runs. They are only read.
    labels : (str, str)
        What to call them; the names of the folders by default.

    Raises
    ------
    StoreError
        When a folder has no finished run or was changed since.
    """
    names = [label or name for label, name in zip(labels, _names(before, after), strict=True)]
    old, new = read_results(before, names[0]), read_results(after, names[1])
    with TemporaryDirectory(prefix="infiltrate-") as spill:
        return _Comparing(old, new, Path(spill)).compare()


def _names(before: Path, after: Path) -> tuple[str, str]:
    """Return the names of two folders, with those above where they are called the same."""
    one, other = before.resolve().parts, after.resolve().parts
    length = 1
    while one[-length:] == other[-length:] and length < min(len(one), len(other)):
        length += 1
    return "/".join(one[-length:]), "/".join(other[-length:])


@dataclass(frozen=True, eq=False)
class _Comparing:
    old: Results
    new: Results
    spill: Path

    def compare(self) -> Comparison:
        moved = {change.table for change in self.tables}
        in_both = sorted(moved & self.old.table_names & self.new.table_names)
        return Comparison(
            before=_facts(self.old),
            after=_facts(self.new),
            n_tables=len(self.old.table_names | self.new.table_names),
            causes=tuple(self.effects()),
            tables=self.tables,
            routes={table: self.attribution.tables[table] for table in sorted(moved)},
            flags=find_flag_changes(self.old, self.new, in_both),
            scores=find_score_change(self.old, self.new, in_both),
            estimates=find_estimate_changes(self.old, self.new, in_both),
            files=tuple(self.files()),
            other_key=self.other_key,
        )

    @property
    def other_key(self) -> bool:
        return bool(self.old.manifest["pseudonym_key"] != self.new.manifest["pseudonym_key"])

    @cached_property
    def causes(self) -> dict[str, tuple[Cause, ...]]:
        return find_causes(self.old, self.new)

    @cached_property
    def page_causes(self) -> tuple[Cause, ...]:
        return find_page_causes(self.old, self.new)

    @cached_property
    def attribution(self) -> Attribution:
        moved = {change.table for change in self.tables}
        return attribute_changes(self.old, self.new, self.causes, moved)

    @cached_property
    def tables(self) -> tuple[TableChange, ...]:
        names = sorted(self.old.table_names | self.new.table_names)
        return tuple(change for name in names if (change := self.table(name)).moved)

    def table(self, name: str) -> TableChange:
        rows = [run.manifest["tables"].get(name, 0) for run in (self.old, self.new)]
        is_new, is_gone = name not in self.old.table_names, name not in self.new.table_names
        file = f"tables/{name}.parquet"
        if is_new or is_gone or self.old.files[file] == self.new.files[file]:
            return TableChange(name, rows[0], rows[1], is_new=is_new, is_gone=is_gone)
        paths = self.old.store.path(name), self.new.store.path(name)
        if not all(path.exists() for path in paths):
            return self.table_held_back(name, rows)
        return compare_tables(name, *paths, self.spill, without_pseudonyms=self.other_key)

    def table_held_back(self, name: str, rows: Sequence[int]) -> TableChange:
        if self.other_key and self.digest(self.old, name) == self.digest(self.new, name):
            return TableChange(name, rows[0], rows[1])
        raise StoreError(
            f"{name}: this table came out different, and a replication package holds it back, so "
            "how much moved cannot be said. Ask the authors for a package made with --with-tables."
        )

    def digest(self, run: Results, name: str) -> str:
        if (path := run.store.path(name)).exists():
            return digest_rows(path, self.spill)
        return read_withheld(run.folder)[f"tables/{name}.parquet"]

    def effects(self) -> Iterator[CauseEffect]:
        entered: dict[Cause, list[str]] = {cause: [] for cause in self.page_causes}
        for stage, causes in self.causes.items():
            for cause in causes:
                entered.setdefault(cause, []).append(stage)
        for cause, stages in sorted(entered.items()):
            moved = [
                table
                for table, routes in sorted(self.attribution.tables.items())
                if any(route.cause == cause for route in routes)
            ]
            yield CauseEffect(cause, tuple(stages), tuple(moved))

    def files(self) -> Iterator[FileChange]:
        old, new = self.old.files, self.new.files
        for name in sorted({*old, *new} - _INPUTS):
            if name.startswith(("tables/", "stages/")) or old.get(name) == new.get(name):
                continue
            if self.other_key and self._same_but_for_tags(name):
                continue
            stage = self._stage_of(name)
            only_in = "after" if name not in old else "before" if name not in new else ""
            routes = self.attribution.stages.get(stage, ())
            pages = tuple(Route(cause, ()) for cause in (*self.page_causes, *self._words(stage)))
            yield FileChange(name, stage, only_in, (*routes, *pages))

    def _words(self, stage: str) -> tuple[Cause, ...]:
        return tuple(cause for cause in self.causes.get(stage, ()) if not cause.can_move)

    def _stage_of(self, name: str) -> str:
        stem = Path(name).stem
        stages = {**self.old.stages, **self.new.stages}
        if stem == "index":
            return next((key for key, stage in stages.items() if stage["sums_up"]), "")
        if stem == "estimates":
            return next((k for k, stage in stages.items() if stem in stage["writes"]), "")
        return stem if stem in stages else ""

    def _same_but_for_tags(self, name: str) -> bool:
        if not {name} <= self.old.files.keys() & self.new.files.keys():
            return False
        try:
            texts = [(run.folder / name).read_text("utf-8") for run in (self.old, self.new)]
        except UnicodeDecodeError:
            return False
        one, other = (_TAG.sub(r"\1 *", text) for text in texts)
        return one == other


def _facts(results: Results) -> RunFacts:
    manifest = results.manifest
    code = manifest["code"]
    commit = f", commit {code['commit'][:10]}" if code["commit"] else ""
    changed = " with uncommitted changes" if code["has_changes"] else ""
    return RunFacts(
        results.label,
        manifest["country"],
        manifest["title"],
        manifest["finished_at"],
        f"{code['version']}{commit}{changed}",
    )
