"""What goes with infiltration in synthetic countries, planted and found, in words and tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from infiltrate.impact.drivers import KNOWN, LISTED, MAIN, RUBIN
from infiltrate.validation.country_files import read_results
from infiltrate.validation.drivers import (
    COLUMNS,
    OF_TRUE_SHARES,
    TEXT,
    find_planted,
    summarise_drivers,
)
from infiltrate.validation.markdown import (
    count_reached,
    describe_run,
    insert_between,
    make_table,
    write_summary_files,
)
from infiltrate.validation.summary import describe_countries, say_share

BEGIN, END = "<!-- drivers: begin -->", "<!-- drivers: end -->"
GOAL_COLUMNS = ("goal", "scenario", "term", "estimator", "wanted", "result", "reached")
_LEAST_HELD = 0.92
# other countries than those that are estimated
_FIRST_PLANTED, _PLANTED = 500_000, 160


def read_drivers(path: Path | str) -> pd.DataFrame:
    """Return the rows of a drivers.csv, see `drivers.recover_drivers`.

    Raises
    ------
    StoreError
        When there is no such file or it is another one.
    """
    made_with = "infiltrate validate --what drivers"
    return read_results(path, COLUMNS, TEXT, kind="drivers", made_with=made_with)


def write_drivers_summary(folder: Path) -> Path:
    """Write drivers_summary.csv, drivers_goals.csv and drivers_summary.md of a drivers.csv.

    The planted association is what the regression of true shares finds on average in 160 other
    countries of the card.

    Returns
    -------
    Path
        Of drivers_summary.md.
    """
    rows = read_drivers(folder / "drivers.csv")
    seeds = range(_FIRST_PLANTED, _FIRST_PLANTED + _PLANTED)
    parts = []
    for card, of_card in rows.groupby("scenario", sort=False):
        planted = find_planted(str(card), int(of_card["firms"].max()), seeds)
        parts.append(summarise_drivers(of_card, planted).assign(scenario=card))
    summary = pd.concat(parts, ignore_index=True)
    tables = {"summary": summary, "goals": hold_drivers_against_goals(summary)}
    return write_summary_files(folder, "drivers_", "Drivers", tables, describe_drivers)


def hold_drivers_against_goals(summary: pd.DataFrame) -> pd.DataFrame:
    """Hold the coverage of intervals against the goals.

    Parameters
    ----------
    summary : pandas.DataFrame
        As `summarise_drivers` gives it, with ``scenario``.

    Returns
    -------
    pandas.DataFrame
        One row per goal, card and driver: intervals over draws must hold the planted association,
        those that take estimates or lists for the truth must not.
    """
    share = f"{100 * _LEAST_HELD:.0f} %"
    table = []
    for one in summary[summary["sample"] == MAIN].itertuples():
        if one.estimator not in (RUBIN, KNOWN, LISTED):
            continue
        held, countries = round(one.coverage * one.countries), int(one.countries)
        is_ours = one.estimator == RUBIN
        reached = one.coverage >= _LEAST_HELD if is_ours else one.coverage < _LEAST_HELD
        table.append(
            {
                "goal": "held by the interval" if is_ours else "not held by the naive one",
                "scenario": one.scenario,
                "term": one.term,
                "estimator": one.estimator,
                "wanted": f"{share} or more" if is_ours else f"less than {share}",
                "result": say_share(held, countries),
                "reached": "yes" if reached else "no",
            }
        )
    return pd.DataFrame(table, columns=list(GOAL_COLUMNS))


def describe_drivers(folder: Path, on: date | None = None) -> str:
    """Return the drivers of a folder as Markdown: what was run, goals, planted and found."""
    rows = read_drivers(folder / "drivers.csv")
    summary = pd.read_csv(folder / "drivers_summary.csv")
    goals = hold_drivers_against_goals(summary)
    parts = [
        describe_run(folder / "drivers_run.json", describe_countries(rows), on),
        "### Goals of the drivers against results\n",
        f"{count_reached(goals)} Shares come with their exact 95 % interval.\n",
        make_table(goals),
        "\n### Planted and found\n",
        "In log-odds of infiltration per unit of the logarithm of the measure. Planted is the mean "
        f"of '{OF_TRUE_SHARES}' over {_PLANTED} other countries of the card; bias is that of the "
        "mean over countries, in per cent of it; width is the median.\n",
        make_table(_show(summary)),
    ]
    return "\n".join(parts)


def insert_drivers(folder: Path, document: Path, on: date) -> None:
    """Put the drivers of a folder between the markers of a document.

    Raises
    ------
    StoreError
        When the document is absent or does not have both markers once, in order.
    """
    insert_between(document, BEGIN, END, describe_drivers(folder, on))


def _show(summary: pd.DataFrame) -> pd.DataFrame:
    shown = summary[["scenario", "term", "sample", "estimator"]].copy()
    for name in ("planted", "estimate", "width"):
        shown[name] = summary[name].map("{:.2f}".format)
    shown["bias"] = summary["bias"].map(lambda value: f"{100 * value:+.0f} %")
    held = (summary["coverage"] * summary["countries"]).round().astype(int)
    shown["held"] = [f"{one} of {of}" for one, of in zip(held, summary["countries"], strict=True)]
    return shown
