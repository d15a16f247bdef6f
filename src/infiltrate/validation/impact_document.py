"""What effects in synthetic countries came out as, in words and tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from infiltrate.validation.impact import AVERAGE, LEADS, RIVALS
from infiltrate.validation.impact_goals import hold_impact_against_goals
from infiltrate.validation.impact_summary import read_impact, summarise_impact
from infiltrate.validation.markdown import (
    count_reached,
    describe_run,
    insert_between,
    make_table,
    write_summary_files,
)
from infiltrate.validation.summary import describe_countries

BEGIN, END = "<!-- impact: begin -->", "<!-- impact: end -->"


def write_impact_summary(folder: Path) -> Path:
    """Write impact_summary.csv, impact_goals.csv and impact_summary.md of an impact.csv.

    Returns
    -------
    Path
        Of impact_summary.md.
    """
    rows = read_impact(folder / "impact.csv")
    tables = {"summary": summarise_impact(rows), "goals": hold_impact_against_goals(rows)}
    return write_summary_files(folder, "impact_", "Effects", tables, describe_impact)


def describe_impact(folder: Path, on: date | None = None) -> str:
    """Return the effects of a folder as Markdown: what was run, goals, planted and estimated."""
    rows = read_impact(folder / "impact.csv")
    goals, summary = hold_impact_against_goals(rows), summarise_impact(rows)
    parts = [
        describe_run(folder / "impact_run.json", describe_countries(rows), on),
        "### Goals of the effects against results\n",
        f"{count_reached(goals)} Bias is in per cent of "
        "the planted effect, plus or minus twice the standard error of its mean over countries; "
        "'without noise' is what the estimator makes of the planted effects alone.\n",
        make_table(goals),
        "\n### Planted and estimated\n",
        "Means over countries, in log points. Planted is the mean effect in the very rows that the "
        "estimate is an average of; with other dates it is that in the rows of the true ones. "
        "Spread is the standard deviation over countries, to be compared with the mean standard "
        "error; held are 95 % intervals with the planted effect inside, found are p values below "
        "0.05.\n",
        make_table(_show_effects(summary)),
        "\n### Years before treatment\n",
        "Share of countries in which the joint test of the years before rejects at 5 %.\n",
        make_table(_show_leads(summary)),
        "\n### Rivals\n",
        "Log points of revenue that rivals lose for the whole of a market's revenue in the hands "
        "of infiltrated companies. Shares are planted by size, of all companies, and measured by "
        "first revenues, of those that file: the coefficient of what is measured is closer to 0, "
        "also without noise.\n",
        make_table(_show_rivals(summary)),
    ]
    return "\n".join(parts)


def insert_impact(folder: Path, document: Path, on: date) -> None:
    """Put the effects of a folder between the markers of a document.

    Raises
    ------
    StoreError
        When the document is absent or does not have both markers once, in order.
    """
    insert_between(document, BEGIN, END, describe_impact(folder, on))


def _show_effects(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["term"] == AVERAGE]
    shown = rows[["scenario", "sample", "estimator"]].copy()
    shown["planted"] = rows["planted"].map(_number)
    shown["estimated"] = rows["estimate"].map(_number)
    shown["bias"] = [
        _share_of(bias, planted)
        for bias, planted in zip(rows["bias"], rows["planted"], strict=True)
    ]
    shown["without noise"] = [
        _share_of(bias, planted)
        for bias, planted in zip(rows["bias_expected"], rows["planted"], strict=True)
    ]
    shown["spread"] = rows["spread"].map(_number)
    shown["standard error"] = rows["std_error"].map(_number)
    shown["held"] = _count(rows["held"], rows)
    shown["found"] = _count(rows["found"], rows)
    shown["companies"] = rows["treated"].map(lambda value: "" if pd.isna(value) else f"{value:.0f}")
    return shown


def _show_leads(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["term"] == LEADS]
    shown = rows[["scenario", "sample", "estimator"]].copy()
    return shown.assign(rejected=_count(rows["found"], rows))


def _show_rivals(summary: pd.DataFrame) -> pd.DataFrame:
    rows = summary[summary["term"] == RIVALS]
    shown = rows[["scenario", "sample"]].copy()
    for name in ("planted", "estimate", "spread", "std_error"):
        shown[name.replace("_", " ")] = rows[name].map(_number)
    shown["without noise"] = (rows["planted"] + rows["bias_expected"]).map(_number)
    return shown.assign(held=_count(rows["held"], rows), found=_count(rows["found"], rows))


def _count(number: pd.Series, rows: pd.DataFrame) -> list[str]:
    return [f"{one} of {of}" for one, of in zip(number, rows["answered"], strict=True)]


def _share_of(bias: float, planted: float) -> str:
    return "" if pd.isna(bias) or not planted else f"{100 * bias / planted:+.0f} %"


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f}"
