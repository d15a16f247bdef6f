"""Invented frames for the figures about effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from infiltrate.report import figures
from infiltrate.report.figure import Figure

NAN = float("nan")
ABOUT = "Revenue of listed companies"


def event_times() -> pd.DataFrame:
    rows = []
    for estimator, size in (
        ("Sun and Abraham", 0.08),
        ("Gardner two-stage", 0.085),
        ("Callaway and Sant'Anna", 0.075),
        ("two-way fixed effects", 0.02),
    ):
        rows.append((estimator, NAN, size, size - 0.03, size + 0.03))
        for time in range(-3, 5):
            centre = 0.0 if time < 0 else size + 0.01 * time
            half = 0.0 if time == -1 else 0.05
            rows.append((estimator, time, centre, centre - half, centre + half))
    return pd.DataFrame(rows, columns=["estimator", "event_time", "estimate", "low", "high"])


def drivers() -> pd.DataFrame:
    rows = [
        ("unemployment", "with effort", 0.31, 0.12, 0.50),
        ("unemployment", "without effort", 0.45, 0.30, 0.60),
        ("output per head", "with effort", -0.1, -0.3, 0.1),
        ("output per head", "without effort", -0.2, -0.35, -0.05),
    ]
    return pd.DataFrame(rows, columns=["label", "variant", "estimate", "low", "high"])


def ladder() -> pd.DataFrame:
    rows = [
        ("own revenue", "revenue of listed companies", 0.08, 0.05, 0.11, "rises", "x", True),
        ("own revenue", "revenue of firms", NAN, NAN, NAN, "rises", "Invented 2022", False),
        ("area output", "output per head", -0.16, NAN, NAN, "falls", "Invented 2015", False),
        ("procurement prices", "prices", NAN, 0.18, 0.28, "rises", "Invented 2019", False),
    ]
    columns = ["subject", "about", "estimate", "low", "high", "direction", "source", "is_ours"]
    return pd.DataFrame(rows, columns=columns)


def path() -> pd.DataFrame:
    year = np.arange(2000, 2020)
    synthetic = 100 + 2.0 * (year - 2000)
    observed = synthetic - np.where(year >= 2010, 1.5 * (year - 2009), 0) + 0.4 * np.sin(year)
    after = np.where(year >= 2010, 6.0, NAN)
    return pd.DataFrame(
        {
            "year": year,
            "observed": observed,
            "synthetic": synthetic,
            "low": synthetic - after,
            "high": synthetic + after,
        }
    )


def bins() -> pd.DataFrame:
    middle = np.arange(20_000, 60_000, 1_000) + 500.0
    expected = 200 * np.exp(-(middle - 20_000) / 30_000)
    near = (middle > 37_000) & (middle < 40_000)
    above = (middle > 40_000) & (middle < 44_000)
    count = np.round(expected * np.where(near, 1.6, np.where(above, 0.6, 1.0)))
    return pd.DataFrame(
        {"value": middle, "observed": count, "expected": expected, "is_bunching": near | above}
    )


FIGURES: dict[str, Callable[[], Figure]] = {
    "event_study_curve": lambda: figures.event_study_curve(
        event_times(), about=ABOUT, contrasts=["two-way fixed effects"]
    ),
    "effect_forest": lambda: figures.effect_forest(
        drivers(), about="Measures of areas", unit="log-odds per standard deviation"
    ),
    "effects_ladder": lambda: figures.effects_ladder(ladder()),
    "synthetic_path": lambda: figures.synthetic_path(
        path(), about="Output per head", unit="index", treated_from=2010
    ),
    "bunching_counterfactual": lambda: figures.bunching_counterfactual(
        bins(), about="Contracts for goods", unit="EUR", limit=40_000, excess=(195, 120, 260)
    ),
}

EMPTY: dict[str, Callable[[], Figure]] = {
    "event_study_curve": lambda: figures.event_study_curve(event_times().head(0), about=ABOUT),
    "effect_forest": lambda: figures.effect_forest(drivers().head(0), about="It", unit="share"),
    "effects_ladder": lambda: figures.effects_ladder(ladder().head(0)),
    "synthetic_path": lambda: figures.synthetic_path(
        path().head(0), about="Output", unit="index", treated_from=2010
    ),
    "bunching_counterfactual": lambda: figures.bunching_counterfactual(
        bins().head(0), about="Contracts", unit="EUR", limit=1.0, excess=(NAN, NAN, NAN)
    ),
}
