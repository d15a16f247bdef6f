"""Invented frames behind the figures of flags, cut points, bids and thresholds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd

from infiltrate.report import figures
from infiltrate.report.figure import Figure

NAN = float("nan")
TITLES = {f"C{number:02}": f"Flag number {number}" for number in range(1, 41)}


def rates(codes: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for code in list(TITLES)[:codes]:
        for year in ("2020", "2021", "missing"):
            for market in ("goods", "works", "missing"):
                rate = float(rng.uniform(0, 0.5))
                ends = (max(rate - 0.05, 0), rate + 0.06)
                rows.append((code, year, market, 80, rate, *ends))
    names = ["indicator", "year", "market", "computable", "base_rate", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def verdicts(codes: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for number, code in enumerate(list(TITLES)[:codes]):
        lift = float(np.exp(rng.normal(0, 0.7)))
        verdict = ("informative", "wrong way", "uninformative", "not testable")[number % 4]
        if verdict == "not testable":
            rows.append((code, 0.1, 0.2, 0, 0.0, NAN, NAN, NAN, NAN, NAN, verdict, "never on"))
        else:
            said = f"lift {lift:.2f}"
            ends = (lift / 2, lift * 2)
            rows.append((code, 0.9, 0.1, 30, 9.0, 9 / lift, lift, *ends, 0.03, verdict, said))
    names = "indicator coverage base_rate known flags_on_known expected lift low high q_value"
    table = pd.DataFrame(rows, columns=[*names.split(), "verdict", "reason"])
    return table.assign(list_id="any")


def calibrations() -> list[SimpleNamespace]:
    rng = np.random.default_rng(3)
    found = []
    for number, status in enumerate(["validated"] * 2 + ["not validated"] * 9):
        effect = np.where(np.arange(10) > 5, 0.05, -0.02) + rng.normal(0, 0.01, 10)
        bins = pd.DataFrame(
            {
                "low": np.arange(10) * 3.5,
                "high": np.arange(10) * 3.5 + 3.5,
                "units": 100,
                "effect": effect,
                "error": 0.01,
                "confirmed_units": 100,
                "confirmed_effect": effect + rng.normal(0, 0.01, 10),
                "confirmed_error": 0.01,
            }
        )
        segments = pd.DataFrame({"low": [NAN, 21.0], "high": [21.0, NAN], "level": [0.0, 0.5]})
        years = pd.DataFrame({"year": [2020, 2021, 2022], "effect": [0.05, 0.04, -0.01]})
        good = status == "validated"
        found.append(
            SimpleNamespace(
                indicator=f"C{number + 1:02}",
                status=status,
                reason="effect +0.050" if good else "no cut point beyond chance",
                runs_the_wrong_way=number == 1,
                bins=bins,
                segments=segments,
                years=years.assign(error=0.01) if good else pd.DataFrame(),
            )
        )
    return found


def index_scores() -> pd.DataFrame:
    cri = np.linspace(0, 1, 50)
    low, high = np.maximum(cri - 0.2, 0), np.minimum(cri + 0.2, 1)
    table = {"cri": cri, "cri_low": low, "cri_high": high, "components": [3, 4] * 25}
    return pd.DataFrame(table)


def index_groups() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["all", "goods"],
            "units": [50, 20],
            "mean": [0.5, 0.4],
            "low": [0.4, 0.3],
            "high": [0.6, 0.5],
        }
    )


def screens() -> pd.DataFrame:
    value = np.linspace(0.001, 0.3, 90)
    state = np.where(value < 0.06, "flag", "clear")
    table = {"indicator": "T01", "state": state, "value": value, "threshold": 0.06}
    return pd.DataFrame(table)


def screen_summary() -> pd.DataFrame:
    row = {"indicator": "T01", "title": "Bids close together", "base_rate": 0.2}
    return pd.DataFrame([{**row, "low": 0.15, "high": 0.26}])


def subsets(*, refused: bool = False) -> SimpleNamespace:
    low = np.linspace(0, 0.9, 10)
    bins = pd.DataFrame({"low": low, "high": low + 0.1, "observed": 0.1, "expected": 0.1})
    bins = bins.assign(expected_low=0.08, expected_high=0.12)
    return SimpleNamespace(
        bins=bins.head(0) if refused else bins,
        tested=500,
        tight=0.08,
        tight_low=0.06,
        tight_high=0.11,
        reason="12 lots have bids enough, 100 are needed." if refused else "",
    )


def groups() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group_id": ["45, N/001", "45, N/002"],
            "members": [4, 9],
            "lots": [20, 31],
            "cohesion": [0.3, 0.1],
            "exclusivity": [0.9, 0.6],
            "strength": [9.0, 2.0],
            "p_value": [0.001, 0.4],
            "q_value": [0.002, 0.4],
            "alternation": [0.9, NAN],
            "rotation_p_value": [0.01, NAN],
            "state": ["flag", "clear"],
        }
    )


def chance() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    table = {"market": "45, N", "cohesion": rng.uniform(0, 0.2, 60), "strength": 1.0}
    return pd.DataFrame(table).assign(exclusivity=rng.uniform(0.4, 0.9, 60))


def threshold() -> SimpleNamespace:
    return SimpleNamespace(
        regime="direct_award",
        category="goods",
        amount=40_000.0,
        currency="EUR",
        valid_from=date(2021, 1, 1),
    )


def charts() -> list[SimpleNamespace]:
    distance = np.linspace(-0.99, 0.99, 100)
    bins = pd.DataFrame({"amount": 40_000 * np.exp(distance), "observed": 20, "expected": 19.0})
    bins = bins.assign(in_window=(distance > -0.12) & (distance < 0.3))
    bunching = SimpleNamespace(
        bins=bins, excess=14.0, excess_low=3.0, excess_high=25.0, contracts=2_000
    )
    return [SimpleNamespace(threshold=threshold(), bunching=bunching)]


def threshold_tests() -> pd.DataFrame:
    fixed = vars(threshold())
    rows = [
        {**fixed, "buyer_id": None, "contracts": 2_000, "jump_p_value": 0.01, "q_value": 0.01,
         "left": 0.8, "right": 0.4, "share": 0.2, "low": 0.1, "high": 0.3, "state": "flag",
         "detail": "the density falls at the threshold"},
        {**fixed, "buyer_id": "B1", "contracts": 200, "jump_p_value": 0.01, "q_value": 0.02,
         "left": 0.9, "right": -0.1, "state": "flag", "detail": "the density falls"},
        {**fixed, "buyer_id": "B2", "contracts": 150, "jump_p_value": 0.5, "q_value": 0.5,
         "left": 0.5, "right": 0.6, "state": "clear", "detail": "no fall beyond chance"},
    ]  # fmt: skip
    return pd.DataFrame(rows)


def splitting() -> pd.DataFrame:
    fixed = vars(threshold())
    seen = {"observed": 30.0, "expected": 12.0, "expected_low": 8.0, "expected_high": 17.0}
    rows = [
        {**fixed, **seen, "p_value": 0.005, "state": "flag", "detail": "more than chance"},
        {**fixed, "category": "works", "state": "not_computable", "detail": "6 are repeated"},
    ]
    return pd.DataFrame(rows)


def composite(*, refused: bool = False) -> SimpleNamespace:
    ranks = pd.DataFrame(
        {
            "group": ["N", "S", "E"],
            "units": [300, 200, 90],
            "index": [100.0, 40.0, 0.0],
            "rank": [1.0, 2.0, 3.0],
            "median_rank": [1.0, 2.0, 3.0],
            "low": [1.0, 1.0, 2.0],
            "high": [1.0, 3.0, 3.0],
        }
    )
    sensitivity = pd.DataFrame(
        {
            "factor": ["weights", "aggregation"],
            "first": [0.5, 0.2],
            "first_error": [0.05, 0.05],
            "total": [0.7, 0.3],
            "total_error": [0.06, 0.05],
        }
    )
    return SimpleNamespace(
        ranks=ranks.head(0) if refused else ranks,
        sensitivity=sensitivity.head(0) if refused else sensitivity,
        shift=0.4,
        reason="3 by 5 themes.",
    )


def rates_of_countries() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "flag": ["Single bid", "Single bid", "Closed procedure", "Closed procedure"],
            "study": ["Land A", "Land B", "Land A", "Land B"],
            "base_rate": [0.31, 0.12, 0.2, 0.22],
            "low": [0.28, 0.1, 0.15, 0.2],
            "high": [0.34, 0.15, 0.26, 0.25],
            "coverage": [1.0, 0.9, 0.6, 0.8],
        }
    )


FIGURES: dict[str, Callable[[], Figure]] = {
    "flags_by_country": lambda: figures.flags_by_country(rates_of_countries()),
    "flag_rates_by_year": lambda: figures.flag_rates_by_year(rates(), TITLES),
    "flag_lifts": lambda: figures.flag_lifts(verdicts(), TITLES, what="units of listed suppliers"),
    "calibrated_bins": lambda: figures.calibrated_bins(
        calibrations(), TITLES, outcome="single bids"
    ),
    "sign_stability": lambda: figures.sign_stability(calibrations(), TITLES, outcome="single bids"),
    "index_density": lambda: figures.index_density(index_scores(), index_groups()),
    "screen_distributions": lambda: figures.screen_distributions(screens(), screen_summary()),
    "closest_bids": lambda: figures.closest_bids(subsets()),
    "group_scatter": lambda: figures.group_scatter(groups(), chance(), markets=3),
    "threshold_densities": lambda: figures.threshold_densities(charts(), threshold_tests()),
    "buyers_at_thresholds": lambda: figures.buyers_at_thresholds(threshold_tests()),
    "splitting_counts": lambda: figures.splitting_counts(splitting()),
    "composite_ranks": lambda: figures.composite_ranks(composite(), {"N": "North"}, what="areas"),
    "composite_sensitivity": lambda: figures.composite_sensitivity(composite(), what="areas"),
}

EMPTY: dict[str, Callable[[], Figure]] = {
    "flags_by_country": lambda: figures.flags_by_country(rates_of_countries().head(0)),
    "flag_rates_by_year": lambda: figures.flag_rates_by_year(rates().head(0), TITLES),
    "flag_lifts": lambda: figures.flag_lifts(verdicts().head(0), TITLES, what="units"),
    "calibrated_bins": lambda: figures.calibrated_bins([], TITLES, outcome="single bids"),
    "sign_stability": lambda: figures.sign_stability([], TITLES, outcome="single bids"),
    "index_density": lambda: figures.index_density(index_scores().head(0), index_groups()),
    "screen_distributions": lambda: figures.screen_distributions(
        screens().head(0), screen_summary()
    ),
    "closest_bids": lambda: figures.closest_bids(subsets(refused=True)),
    "group_scatter": lambda: figures.group_scatter(groups().head(0), chance().head(0), markets=0),
    "threshold_densities": lambda: figures.threshold_densities([], threshold_tests()),
    "buyers_at_thresholds": lambda: figures.buyers_at_thresholds(threshold_tests().head(1)),
    "splitting_counts": lambda: figures.splitting_counts(splitting().tail(1)),
    "composite_ranks": lambda: figures.composite_ranks(composite(refused=True), {}, what="areas"),
    "composite_sensitivity": lambda: figures.composite_sensitivity(
        composite(refused=True), what="areas"
    ),
}
