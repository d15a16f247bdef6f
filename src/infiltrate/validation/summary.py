"""How often intervals hold the truth, how far off they are, and whether effort shows in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from infiltrate.risk.exact_interval import clopper_pearson
from infiltrate.synth.country.cards import CARDS
from infiltrate.validation.country_files import read_results
from infiltrate.validation.recovery import ALL, COLUMNS, TEXT

COVERAGES = (50, 90, 95)
"""Nominal coverage of the intervals, in per cent."""

_KEY = ["scenario", "estimand", "estimator"]


def read_recovery(path: Path | str) -> pd.DataFrame:
    """Return the rows of a recovery.csv, see `recovery.RecoveryRow`.

    Raises
    ------
    StoreError
        When there is no such file or it is another one.
    """
    return read_results(path, COLUMNS, TEXT, kind="recovery", made_with="infiltrate validate")


def summarise_recovery(recovery: pd.DataFrame) -> pd.DataFrame:
    """Sum up the countries of each scenario, estimand and estimator.

    Parameters
    ----------
    recovery : pandas.DataFrame
        As `read_recovery` gives it.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, estimand of the country as a whole and estimator, scenarios in the
        order of their cards. ``countries``, and the shares of them with status ``use``, ``caution``
        and ``reject``; the rest refers to those ``answered``, with an interval.

        - ``ratio``: median over truth, the median over countries;
        - per nominal coverage c, ``covered_c``: share of intervals that hold the truth, with its
          exact 95 % interval ``covered_c_low`` to ``covered_c_high`` (Clopper and Pearson, 1934);
        - ``width``: upper over lower end of 95 % intervals, the median over countries;
        - ``interval_score``: of 95 % intervals, over the truth, the mean over countries (Gneiting
          and Raftery, 2007, https://doi.org/10.1198/016214506000001437, equation 43);
        - ``areas`` and ``cells``: their number; ``areas_covered`` and ``cells_covered``: share held
          by their 95 % intervals, the mean over countries;
        - ``area_effort`` and ``cell_effort``: correlation of the log error with the effort of the
          region, the mean over countries; ``area_effort_listed`` and ``cell_effort_listed``: that
          of the raw listed share.

        Ends named ``_low`` and ``_high`` of the ratio, the width and shares of places are those
        between which eight in ten countries lie.
    """
    is_country = (recovery["sector_id"] == ALL) & (recovery["area_id"] == ALL)
    rows = [
        dict(zip(_KEY, key, strict=True)) | _summarise_countries(group)
        for key, group in recovery[is_country].groupby(_KEY)
    ]
    summary = pd.DataFrame(rows, columns=[*_KEY, *_COUNTRY_COLUMNS])
    parts = recovery[~is_country]
    places = pd.DataFrame(
        [
            {"scenario": scenario, "estimator": estimator, "estimand": "infiltrated_firms"}
            | _summarise_places(group[group["sector_id"] == ALL], "area")
            | _summarise_places(group[group["sector_id"] != ALL], "cell")
            for (scenario, estimator), group in parts.groupby(["scenario", "estimator"])
        ],
        columns=[*_KEY, *_PLACE_COLUMNS],
    )
    summary = summary.merge(places, how="left", on=_KEY)
    return summary.sort_values(_KEY, key=_in_order, ignore_index=True)


def describe_countries(recovery: pd.DataFrame) -> str:
    """Say how many countries of how many firms there are, and which seeds they have."""
    countries = recovery.groupby("scenario")["seed"].nunique()
    each = f"{countries.min()}" if countries.nunique() == 1 else f"up to {countries.max()}"
    return (
        f"{countries.sum():,} synthetic countries of {recovery['firms'].max():,} firms, {each} of "
        f"each scenario, seeds {recovery['seed'].min()} to {recovery['seed'].max()}."
    )


def coverage_interval(held: int, of: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share; missing when nothing was counted."""
    if not of:
        return float("nan"), float("nan")
    low, high = clopper_pearson(held, of, 0.025)
    return float(low), float(high)


def say_share(number: int, of: int) -> str:
    """Return so many of so many, with the exact 95 % interval of the share."""
    low, high = coverage_interval(number, of)
    return f"{number} of {of} ({100 * low:.0f} to {100 * high:.0f} %)"


def find_reasons(rows: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """Return the commonest ``reason`` of the rows of each key, where any is given."""
    given = rows[rows["reason"] != ""]
    return given.groupby(list(key))["reason"].agg(lambda said: said.mode().iloc[0])


def covers(rows: pd.DataFrame, coverage: int) -> pd.Series:
    """Say for each row whether its interval holds the truth."""
    return (rows[f"lo{coverage}"] <= rows.truth) & (rows.truth <= rows[f"hi{coverage}"])


_COUNTRY_COLUMNS = [
    *("countries", "use", "caution", "reject", "answered", "ratio", "ratio_low", "ratio_high"),
    *(f"covered_{c}{end}" for c in COVERAGES for end in ("", "_low", "_high")),
    *("width", "width_low", "width_high", "interval_score"),
]
_PLACE_COLUMNS = [
    name
    for what in ("area", "cell")
    for name in (
        f"{what}s",
        *(f"{what}s_covered{end}" for end in ("", "_low", "_high")),
        f"{what}_effort",
        f"{what}_effort_listed",
    )
]


def _in_order(values: pd.Series) -> pd.Series:
    if values.name != "scenario":
        return values
    cards = list(CARDS)
    return values.map(lambda name: (cards.index(name.partition(":")[0]), name))


def _summarise_countries(rows: pd.DataFrame) -> dict[str, float]:
    given = rows[rows["median"].notna() & rows.truth.notna()]
    some = given[given.truth > 0]
    summary: dict[str, float] = {"countries": len(rows)}
    for status in ("use", "caution", "reject"):
        summary[status] = float((rows["status"] == status).mean())
    summary["answered"] = len(given)
    summary |= _spread("ratio", some["median"] / some.truth)
    for coverage in COVERAGES:
        held = int(covers(given, coverage).sum())
        low, high = coverage_interval(held, len(given))
        name = f"covered_{coverage}"
        share = held / len(given) if len(given) else float("nan")
        summary |= {name: share, f"{name}_low": low, f"{name}_high": high}
    positive = given[given["lo95"] > 0]
    summary |= _spread("width", positive["hi95"] / positive["lo95"])
    summary["interval_score"] = float((_interval_score(some) / some.truth).mean())
    return summary


def _interval_score(rows: pd.DataFrame) -> pd.Series:
    below = (rows["lo95"] - rows.truth).clip(lower=0)
    above = (rows.truth - rows["hi95"]).clip(lower=0)
    return rows["hi95"] - rows["lo95"] + 2 / 0.05 * (below + above)


def _summarise_places(rows: pd.DataFrame, what: str) -> dict[str, float]:
    given = rows[rows["median"].notna()]
    errors = given.assign(
        held=covers(given, 95),
        error=_log_error(given["median"], given.truth),
        listed_error=_log_error(given["listed"], given.truth),
    )
    countries = [country for _, country in errors.groupby("seed")]
    held = pd.Series([country["held"].mean() for country in countries], dtype=float)
    return {
        f"{what}s": len(given),
        **_spread(f"{what}s_covered", held),
        f"{what}s_covered": float(held.mean()),
        f"{what}_effort": _mean([_correlate(country, "error") for country in countries]),
        f"{what}_effort_listed": _mean(
            [_correlate(country, "listed_error") for country in countries]
        ),
    }


def _spread(name: str, values: pd.Series) -> dict[str, float]:
    """Return the median over countries, and the ends between which eight in ten of them lie."""
    ends = {"": 0.5, "_low": 0.1, "_high": 0.9}
    return {f"{name}{end}": float(values.quantile(level)) for end, level in ends.items()}


def _log_error(number: pd.Series, truth: pd.Series) -> pd.Series:
    """Return the log of a number over the truth; firms of the cell cancel out of a share."""
    return np.log((number + 0.5) / (truth + 0.5))


def _correlate(country: pd.DataFrame, error: str) -> float:
    if len(country) < 3 or country[error].nunique() < 2 or country["effort"].nunique() < 2:
        return float("nan")
    return float(country[error].corr(country["effort"]))


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
