"""What rankings of synthetic countries gave, in words and tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from infiltrate.validation.markdown import (
    count_reached,
    describe_run,
    insert_between,
    make_table,
    write_summary_files,
)
from infiltrate.validation.ranking_goals import PUBLISHED, hold_ranking_against_goals
from infiltrate.validation.ranking_select import select_types
from infiltrate.validation.ranking_summary import (
    compare_learners,
    read_ranking,
    summarise_ranking,
)
from infiltrate.validation.summary import describe_countries

BEGIN, END = "<!-- ranking: begin -->", "<!-- ranking: end -->"


def write_ranking_summary(folder: Path) -> Path:
    """Write ranking_summary.csv, ranking_goals.csv and ranking_summary.md of a ranking.csv.

    Returns
    -------
    Path
        Of ranking_summary.md.
    """
    rows = read_ranking(folder / "ranking.csv")
    tables = {"summary": summarise_ranking(rows), "goals": hold_ranking_against_goals(rows)}
    return write_summary_files(folder, "ranking_", "Rankings", tables, describe_rankings)


def describe_rankings(folder: Path, on: date | None = None) -> str:
    """Return the rankings of a folder as Markdown: what was run, goals, learners, types."""
    rows = read_ranking(folder / "ranking.csv")
    goals = hold_ranking_against_goals(rows)
    parts = [
        describe_run(folder / "ranking_run.json", describe_countries(rows), on),
        "### Goals of the ranking against results\n",
        f"{count_reached(goals)} Ranks of the learner "
        f"'{PUBLISHED}', out of fold, against the truth among companies on no list; plus or minus "
        "is twice the standard error over countries.\n",
        make_table(goals),
        "\n### Learners and designs\n",
        "Means over countries. What is learnt from the truth is an oracle: features of every "
        "role, companies split at random.\n",
        make_table(_show_learners(rows)),
        "\n### Who is found\n",
        f"Share of the infiltrated companies of each type, on no list, that the learner "
        f"'{PUBLISHED}' puts among the first tenth, companies split at random; 10 % is chance. On "
        "the card 'adversarial' half of the functional and competitive ones avoid the signs.\n",
        make_table(_show_types(rows)),
    ]
    return "\n".join(parts)


def insert_rankings(folder: Path, document: Path, on: date) -> None:
    """Put the rankings of a folder between the markers of a document.

    Raises
    ------
    StoreError
        When the document is absent or does not have both markers once, in order.
    """
    insert_between(document, BEGIN, END, describe_rankings(folder, on))


def _show_learners(rows: pd.DataFrame) -> pd.DataFrame:
    shown = compare_learners(rows)
    numbers = shown.select_dtypes("float").columns
    return shown.assign(
        **{name: shown[name].map(lambda v: "" if pd.isna(v) else f"{v:.3f}") for name in numbers}
    )


def _show_types(rows: pd.DataFrame) -> pd.DataFrame:
    summary = select_types(rows)
    shown = summary.assign(
        found=[
            f"{100 * mean:.0f} %" + ("" if pd.isna(error) else f" ± {200 * error:.0f}")
            for mean, error in zip(summary["mean"], summary["error"], strict=True)
        ]
    )
    wide = shown.pivot(index="scenario", columns="type", values="found").fillna("")
    order = shown["scenario"].drop_duplicates()
    return wide.reindex(order).rename_axis(columns=None).reset_index()
