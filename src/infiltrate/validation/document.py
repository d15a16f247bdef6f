"""The results of a validation in words and tables, for its folder and for docs/validation.md.

``python -m infiltrate.validation.document RESULTS DOCUMENT --date YYYY-MM-DD`` puts the tables of a
results folder between the markers of a document: of estimators, rankings, effects and drivers, of
which there are.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import pandas as pd

from infiltrate.errors import InfiltrateError
from infiltrate.validation.drivers_document import insert_drivers
from infiltrate.validation.goals import hold_against_goals
from infiltrate.validation.impact_document import insert_impact
from infiltrate.validation.markdown import (
    count_reached,
    describe_run,
    insert_between,
    make_table,
    write_summary_files,
)
from infiltrate.validation.ranking_document import insert_rankings
from infiltrate.validation.recovery import FLOOR, POOL
from infiltrate.validation.summary import (
    COVERAGES,
    describe_countries,
    read_recovery,
    summarise_recovery,
)

BEGIN, END = "<!-- validation: begin -->", "<!-- validation: end -->"


def write_summary(folder: Path) -> Path:
    """Write summary.csv, goals.csv and summary.md from the recovery.csv of a folder.

    Returns
    -------
    Path
        Of summary.md.
    """
    recovery = read_recovery(folder / "recovery.csv")
    tables = {"summary": summarise_recovery(recovery), "goals": hold_against_goals(recovery)}
    return write_summary_files(folder, "", "Validation", tables, describe_results)


def describe_results(folder: Path, on: date | None = None) -> str:
    """Return the results of a folder as Markdown: what was run, goals, then every estimator."""
    recovery = read_recovery(folder / "recovery.csv")
    goals, summary = hold_against_goals(recovery), summarise_recovery(recovery)
    parts = [
        describe_run(folder / "run.json", describe_countries(recovery), on),
        "## Goals against results\n",
        f"{count_reached(goals)} Each "
        "concerns the pool of estimators; shares of countries come with their exact 95 % "
        "interval.\n",
        make_table(goals),
        "\n## The pool\n",
        "Of countries with an interval: median over truth, share of intervals that hold the truth, "
        "median upper over lower end, mean interval score over truth. The floor, firms rightly "
        "listed, and the share of infiltrated firms on any list are held against theirs.\n",
        make_table(_shown_pool(summary)),
        "\n## Every estimator\n",
        "Median over truth and, in brackets, share of 95 % intervals that hold it, of countries in "
        "which the estimator was not refused. The comparators (chao equal lists, scar) assume what "
        "is false here and are never pooled.\n",
        make_table(_shown_estimators(summary)),
        "\n## Sectors and regions\n",
        "Share of 95 % intervals that hold the truth, and the mean correlation of the log error "
        "with the effort of the region, beside that of the raw listed share.\n",
        make_table(_shown_places(summary)),
    ]
    return "\n".join(part for part in parts if part)


def insert_results(folder: Path, document: Path, on: date) -> None:
    """Put the results of a folder between the markers of a document.

    Raises
    ------
    StoreError
        When the document is absent or does not have both markers once, in order.
    """
    insert_between(document, BEGIN, END, describe_results(folder, on))


def _shown_pool(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["estimator"].isin([POOL, FLOOR])].set_index(["estimand", "scenario"])
    pool = rows.loc["infiltrated_firms"] if "infiltrated_firms" in rows.index else rows.head(0)
    shown = pd.DataFrame({"countries": pool["countries"]})
    shown["refused"] = pool["reject"].map(_percent)
    shown["with caution"] = pool["caution"].map(_percent)
    shown["ratio"] = pool["ratio"].map(_number)
    for coverage in COVERAGES:
        shown[f"{coverage} %"] = pool[f"covered_{coverage}"].map(_percent)
    shown["upper/lower"] = pool["width"].map(_number)
    shown["score"] = pool["interval_score"].map(_number)
    for estimand, words in (("floor", "floor"), ("detection_any_list", "share on a list")):
        if estimand in rows.index:
            held = rows.loc[estimand, "covered_95"].map(_percent)
            shown[f"{words}, 95 %"] = held.reindex(shown.index).fillna("")
    return shown.reset_index()


def _shown_estimators(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["estimand"] == "infiltrated_firms"]
    words = [
        f"{_number(ratio)} ({_percent(held)})" if answered else "refused"
        for ratio, held, answered in zip(
            rows["ratio"], rows["covered_95"], rows["answered"], strict=True
        )
    ]
    order = rows["scenario"].drop_duplicates()
    wide = rows.assign(words=words).pivot(index="scenario", columns="estimator", values="words")
    wide = wide.reindex(order).fillna("").rename(columns=lambda name: name.replace("_", " "))
    return wide.rename_axis(columns=None).reset_index()


def _shown_places(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["cells"] > 0]
    shown = rows[["scenario", "estimator"]].copy()
    for what in ("area", "cell"):
        shown[f"{what}s held"] = rows[f"{what}s_covered"].map(_percent)
        shown[f"{what} error and effort"] = rows[f"{what}_effort"].map(_number)
        shown[f"{what}, raw share"] = rows[f"{what}_effort_listed"].map(_number)
    return shown


def _percent(share: float) -> str:
    return "" if pd.isna(share) else f"{100 * share:.0f} %"


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infiltrate.validation.document")
    parser.add_argument("results", type=Path)
    parser.add_argument("document", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    given = parser.parse_args()
    try:
        found = {
            name: insert
            for name, insert in (
                ("recovery", insert_results),
                ("ranking", insert_rankings),
                ("impact", insert_impact),
                ("drivers", insert_drivers),
            )
            if (given.results / f"{name}.csv").is_file()
        }
        # without any results, the first says what is missing
        for insert in found.values() or (insert_results,):
            insert(given.results, given.document, given.date)
    except InfiltrateError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main())
