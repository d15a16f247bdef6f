"""Invented frames for the figures about trust in a ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from infiltrate.report import figures
from infiltrate.report.figure import Figure

NAN = float("nan")


def reliability() -> pd.DataFrame:
    rows = [
        (0.004, 0.005, 0.002, 0.011, 900, 5),
        (0.02, 0.018, 0.010, 0.03, 800, 14),
        (0.09, 0.14, 0.10, 0.19, 210, 30),
    ]
    columns = ["probability", "share", "low", "high", "n_units", "n_events"]
    return pd.DataFrame(rows, columns=columns)


def importance() -> pd.DataFrame:
    rows = [
        ("Single bid, share flagged", "C01_flagged_share, C01_mean", 0.061, 0.03, 0.09),
        ("age in years", "age_years", 0.02, -0.01, 0.05),
        ("legal form", "legal_form", -0.002, -0.01, 0.008),
    ]
    return pd.DataFrame(rows, columns=["term", "features", "drop", "low", "high"])


def places() -> pd.DataFrame:
    rank = np.arange(1, 201)
    share = 1 / (1 + np.exp((rank - 10) / 4))
    return pd.DataFrame(
        {
            "rank": rank,
            "head_share": share,
            "is_unstable": pd.array((share > 0.25) & (share < 0.75), dtype="boolean"),
        }
    )


def flagged() -> pd.DataFrame:
    changes = [1] * 5 + [2] * 3 + [4] + [None]
    return pd.DataFrame({"changes": pd.array(changes, dtype="Int64")})


def signs() -> pd.DataFrame:
    return pd.DataFrame({"term": ["Single bid", "Unusual cash"], "alone": [0.4, 0.1]})


def errors() -> pd.DataFrame:
    rows = [
        ("size", "micro", "flagged_unlisted", 900, 20, 0.03, 0.02, 0.05, 0.06, 0.2, False, ""),
        ("size", "large", "flagged_unlisted", 300, 30, 0.12, 0.09, 0.16, 0.04, 0.01, True, ""),
        ("size", "large", "recall", 300, 30, 0.4, 0.25, 0.6, 0.5, 0.4, False, ""),
        ("size", "micro", "recall", 900, 20, 0.5, 0.3, 0.7, 0.4, 0.4, False, ""),
        ("region", "A1", "recall", None, None, NAN, NAN, NAN, NAN, NAN, False, "closed: few"),
        ("region", "A2", "listed_per_expected", 90, 9, 1.4, 0.7, 2.9, 0.9, 0.6, False, ""),
    ]
    columns = ["trait", "group", "measure", "n_units", "n_listed", "value", "low", "high"]
    frame = pd.DataFrame(rows, columns=[*columns, "elsewhere", "q_value", "differs", "reason"])
    return frame.astype({"n_units": "Int64", "n_listed": "Int64"})


FIGURES: dict[str, Callable[[], Figure]] = {
    "reliability_curve": lambda: figures.reliability_curve(reliability()),
    "feature_importance": lambda: figures.feature_importance(importance()),
    "head_stability": lambda: figures.head_stability(places(), share=0.05),
    "removable_flags": lambda: figures.removable_flags(flagged(), signs()),
    "error_rates": lambda: figures.error_rates(errors(), {"A2": "Piura"}, share=0.05),
}
EMPTY: dict[str, Callable[[], Figure]] = {
    "reliability_curve": lambda: figures.reliability_curve(reliability().head(0)),
    "feature_importance": lambda: figures.feature_importance(importance().head(0)),
    "head_stability": lambda: figures.head_stability(places().assign(head_share=NAN), share=0.05),
    "removable_flags": lambda: figures.removable_flags(flagged().head(0), signs().head(0)),
    "error_rates": lambda: figures.error_rates(errors().head(0), share=0.05),
}
