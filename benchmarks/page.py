"""The page of results: ratios with minimum, median and maximum, memory, machine and command."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median

from benchmarks.awards import SUBSET, award_key
from benchmarks.kept import KeptRuns, Run
from benchmarks.matching import GOAL_SECONDS, matching_key
from benchmarks.matching import TOOLS as MATCHING_TOOLS
from benchmarks.ocds import Comparison, read_ocds_runs
from benchmarks.ownership import ownership_key

GOALS = {"cardinal": 0.5, "parquet": 1.0}
_WHAT = {
    "cardinal": "eleven red flags, Cardinal's layout",
    "parquet": "every unit in every state, long format",
}


def render_page(
    kept: KeptRuns,
    lines: Sequence[int],
    rows: Sequence[int],
    command: str,
    day: date,
    *,
    more: Sequence[str] = (),
) -> str:
    """Return the results that were kept as a Markdown page."""
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"`{command}`, {day.isoformat()}, {os.cpu_count()} cores, "
            f"{_memory_gib():.0f} GiB of memory, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}. Load of the machine at the end "
            f"{os.getloadavg()[0]:.1f}; above about 0.5 the machine was busy with something else "
            "too, and ratios of processor time say more than those of the clock.",
            "",
            "Every run is a process of its own, timed inside after its imports; tools take turns. "
            "Three numbers are minimum / median / maximum.",
            "",
            *_ocds_part(kept, lines),
            *_awards_part(kept, rows),
            *more,
        ]
    )


def _ocds_part(kept: KeptRuns, lines: Sequence[int]) -> list[str]:
    found = [one for number in lines for one in read_ocds_runs(number, kept)]
    if not found:
        return []
    return [
        "## Red flags of OCDS lines",
        "",
        "Reading the lines and computing all red flags (`infiltrate flags`) beside "
        "`ocdscardinal.coverage`, which reads the same lines and only counts fields. Goals: at "
        f"most {GOALS['cardinal']} of its time in Cardinal's layout, {GOALS['parquet']} for every "
        "unit; less than 1.5 GiB at 1,000,000 lines; time in proportion to lines.",
        "",
        "| lines | what | runs | ours, s | `coverage`, s | ratio | ratio of processor time "
        "| s per 100,000 lines | memory |",
        "|---:|---|---:|---|---|---|---|---:|---:|",
        *(_ocds_row(one) for one in found),
        "",
    ]


def _ocds_row(one: Comparison) -> str:
    ours = [run.seconds for run in one.ours.values()]
    peers = [run.seconds for run in one.peer.values()]
    per_lines = median(run.processor for run in one.ours.values()) / one.lines * 100_000
    return (
        f"| {one.lines:,} | {_WHAT[one.layout]} | {len(ours)} | {_span(ours)} | {_span(peers)} "
        f"| {_span(one.ratios('seconds'))} | {_span(one.ratios('processor'))} "
        f"| {per_lines:.2f} of a processor | {_peak(one.ours)} |"
    )


def _awards_part(kept: KeptRuns, rows: Sequence[int]) -> list[str]:
    parts: list[str] = []
    for number in rows:
        every = kept.of(award_key(number, "all"))
        if not every:
            continue
        seconds = kept.facts(award_key(number, "all")).get("seconds", {})
        assert isinstance(seconds, dict)
        run = every[0]
        parts += [
            f"## Indicators of {number:,} awards in Parquet",
            "",
            f"Every indicator of the levels contract and relation, each written to Parquet: "
            f"{run.seconds:.0f} s, {run.processor:.0f} s of processor, {run.memory_gib:.2f} GiB "
            "at most (goal: 4 GiB). "
            + ", ".join(f"{code} {spent:.0f} s" for code, spent in sorted(seconds.items()))
            + ".",
            "",
            f"{', '.join(SUBSET)} beside the same in pandas, which is fed only the columns it "
            "needs and writes unit, state and value; states and sums of values are checked to be "
            "equal in every turn.",
            "",
            *_subset_table(kept, number),
            "",
        ]
    return parts


def render_ownership(
    kept: KeptRuns, companies: Sequence[int], beside: Mapping[str, int]
) -> list[str]:
    """Return the part about owners: large registers alone, smaller ones beside other tools."""
    parts: list[str] = []
    for number in companies:
        told = kept.facts(ownership_key(number, "all"))
        if not told:
            continue
        facts, seconds = told["facts"], told["seconds"]
        assert isinstance(facts, dict) and isinstance(seconds, dict)
        run = kept.of(ownership_key(number, "all"))[0]
        parts += [
            f"## Owners of {number:,} companies",
            "",
            f"{facts['stakes']:,} stakes, {facts['circles']:,} circles (the largest of "
            f"{facts['largest']:,} companies), chains of up to {facts['levels']} levels: every "
            f"one of {facts['pairs']:,} integrated shares, {facts['ultimate owners']:,} ultimate "
            f"owners by share or control, circles and structures in {run.seconds:.0f} s, "
            f"{run.processor:.0f} s of processor, {run.memory_gib:.1f} GiB at most (goal: 600 s, "
            "8 GiB). "
            + ", ".join(f"{name} {spent:.0f} s" for name, spent in seconds.items())
            + ".",
            "",
        ]
    rows = [
        f"| {tool} | {size:,} | {len(theirs)} | {_span([run.seconds for run in ours.values()])} "
        f"| {_span([run.seconds for run in theirs.values()])} "
        f"| {_span([ours[turn].processor / theirs[turn].processor for turn in theirs])} "
        f"| {_peak(ours)} | {_peak(theirs)} |"
        for tool, size in beside.items()
        if (theirs := kept.of(ownership_key(size, tool)))
        and (ours := kept.of(ownership_key(size, f"beside {tool}")))
    ]
    if rows:
        parts += [
            "Integrated shares of owners whom nobody owns, in all companies; number and sum are "
            "checked to be equal. Ours also reads the stakes from Parquet and carries ranges "
            "(two ends for each share); networkx carries shares down its condensed graph in "
            "Python, scipy factorises I - A and solves for 256 companies at a time.",
            "",
            "| beside | companies | runs | ours, s | theirs, s | ratio of processor time | ours "
            "| theirs |",
            "|---|---:|---:|---|---|---|---:|---:|",
            *rows,
            "",
        ]
    return parts


def render_matching(kept: KeptRuns, suppliers: int, companies: int) -> list[str]:
    """Return the part on matching; empty where it was not run."""
    runs = {tool: kept.of(matching_key(suppliers, companies, tool)) for tool in MATCHING_TOOLS}
    if not all(runs.values()):
        return []
    rows = []
    for tool, words in (("ours", "ours"), ("splink", "splink as in its tutorial")):
        facts = kept.facts(matching_key(suppliers, companies, tool))
        rows.append(
            f"| {words} | {len(runs[tool])} | {_span([run.seconds for run in runs[tool].values()])}"
            f" | {_span([run.processor for run in runs[tool].values()])} | {_peak(runs[tool])} "
            f"| {facts['precision']:.3f} | {facts['recall']:.3f} |"
        )
    return [
        f"## {suppliers:,} supplier names, {companies:,} company names",
        "",
        "Reading both sides, taking names apart, finding candidates, weighing them and writing the "
        "company of each supplier with a probability of at least 0.9. One supplier in ten is no "
        "company of the register; none states a number. Ours with keys of at most 50 companies; "
        "splink with three blocking rules, Jaro-Winkler with term frequencies, area and activity, "
        f"trained by itself. Goal: {GOAL_SECONDS / 60:.0f} minutes.",
        "",
        "| what | runs | s | s of a processor | memory | precision | recall |",
        "|---|---:|---|---|---:|---:|---:|",
        *rows,
        "",
    ]


def _subset_table(kept: KeptRuns, number: int) -> list[str]:
    ours = kept.of(award_key(number, "subset"))
    theirs = kept.of(award_key(number, "pandas"))
    turns = sorted(ours.keys() & theirs.keys())
    if not turns:
        return ["Not run."]
    clock = [ours[turn].seconds / theirs[turn].seconds for turn in turns]
    processor = [ours[turn].processor / theirs[turn].processor for turn in turns]
    return [
        "| runs | ours, s | pandas, s | ratio | ratio of processor time | ours | pandas |",
        "|---:|---|---|---|---|---:|---:|",
        f"| {len(turns)} | {_span([run.seconds for run in ours.values()])} "
        f"| {_span([run.seconds for run in theirs.values()])} | {_span(clock)} "
        f"| {_span(processor)} | {_peak(ours)} | {_peak(theirs)} |",
    ]


def _peak(runs: dict[int, Run]) -> str:
    return f"{max(run.memory_gib for run in runs.values()):.2f} GiB"


def _span(values: Sequence[float]) -> str:
    if not values:
        return "not run"
    return f"{min(values):.2f} / {median(values):.2f} / {max(values):.2f}"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
