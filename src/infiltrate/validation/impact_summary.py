"""Effects in many synthetic countries: how far off, how often held, how often found where none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from infiltrate.impact.event_study import ESTIMATORS
from infiltrate.synth.country.cards import CARDS
from infiltrate.validation.country_files import read_results
from infiltrate.validation.impact import AVERAGE, COLUMNS, LEADS, RIVALS, SAMPLES, TEXT
from infiltrate.validation.summary import find_reasons

SIZE = 0.05
"""Effects with a smaller p value count as found."""
_KEY = ["scenario", "sample", "term", "estimator"]
_ORDERS = {
    "scenario": list(CARDS),
    "term": [AVERAGE, LEADS, RIVALS],
    "estimator": list(ESTIMATORS),
}


def read_impact(path: Path | str) -> pd.DataFrame:
    """Return the rows of an impact.csv, see `impact.ImpactRow`.

    Raises
    ------
    StoreError
        When there is no such file or it is another one.
    """
    made_with = "infiltrate validate --what impact"
    return read_results(path, COLUMNS, TEXT, kind="impact", made_with=made_with)


def summarise_impact(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum up the countries of each scenario, sample, term and estimator.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `read_impact` gives it.

    Returns
    -------
    pandas.DataFrame
        One row each: ``countries``, those ``answered``; ``planted``, ``estimate`` and
        ``std_error``, means over the answered; ``bias`` (estimate less planted) and
        ``bias_error``, the standard error of its mean over countries; ``bias_expected``, the same
        without the noise of accounts (what the estimator makes of planted effects alone, less the
        planted); ``spread``, standard deviation of the bias over countries; ``held``, how many 95 %
        intervals hold the planted effect; ``found``, how many have p below 0.05; ``treated``, mean
        number of companies; ``reason``, the commonest where countries have no estimate.
    """
    answered = rows[rows["estimate"].notna()]
    answered = answered.assign(
        bias=answered["estimate"] - answered["planted"],
        expected=answered["of_own"] + answered["of_rivals"].fillna(0) - answered["planted"],
        held=answered["planted"].between(answered["low"], answered["high"]),
        found=answered["p_value"] < SIZE,
    )
    summary = rows.groupby(_KEY)["seed"].nunique().to_frame("countries")
    of_answered = answered.groupby(_KEY).agg(
        answered=("seed", "nunique"),
        planted=("planted", "mean"),
        estimate=("estimate", "mean"),
        std_error=("std_error", "mean"),
        bias=("bias", "mean"),
        bias_error=("bias", "sem"),
        bias_expected=("expected", "mean"),
        spread=("bias", "std"),
        held=("held", "sum"),
        found=("found", "sum"),
        treated=("treated", "mean"),
    )
    summary = summary.join(of_answered)
    counts = ["answered", "held", "found"]
    summary[counts] = summary[counts].fillna(0).astype(int)
    summary["reason"] = find_reasons(rows, _KEY)
    summary["reason"] = summary["reason"].fillna("")
    return summary.reset_index().sort_values(_KEY, key=_in_order, ignore_index=True)


def _in_order(values: pd.Series) -> pd.Series:
    if values.name == "sample":
        # what follows a sample's name after a comma is a variant of it
        return values.map(
            lambda name: next(
                (place, name) for place, sample in enumerate([*SAMPLES, ""])
                if name.startswith(sample)
            )
        )  # fmt: skip
    order = {name: place for place, name in enumerate(_ORDERS[str(values.name)])}
    return values.map(lambda name: (order.get(name, len(order)), name))
