"""Invented frames in the columns of the other rooms, and a notebook that shows them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
import numpy as np
import pandas as pd

from infiltrate.report import components, figures
from infiltrate.report.figure import Figure
from infiltrate.report.run_card import DataFile, Fact, RunCard
from infiltrate.report.tables import show_table
from tests.report import firm_samples, flag_samples, impact_samples, risk_samples

NAN = float("nan")


@dataclass(frozen=True)
class SampleBox:
    positive_predictive_value: float | None = 0.057
    positive_predictive_value_low: float | None = 0.032
    positive_predictive_value_high: float | None = 0.104
    sentence: str = "If 2 in 100 units were infiltrated, about 5.7 of 100 flagged units would be."


def flag_rates() -> pd.DataFrame:
    rows = [
        ("C001", "Single bid", 1830, 9120, 560),
        ("C002", "No call published", 240, 11010, 260),
        ("C003", "Open procedure avoided", 4310, 7200, 0),
        ("C004", "Days to submit", 610, 3120, 7780),
        ("C005", "Just below a threshold", 320, 10900, 290),
        ("C006", "Contract overrun", 0, 0, 11510),
        ("C007", "Missing key fields", 6, 11504, 0),
    ]
    frame = pd.DataFrame(rows, columns=["indicator", "title", "flag", "clear", "not_computable"])
    known = frame["flag"] + frame["clear"]
    rate = frame["flag"] / known.where(known > 0)
    half = 1.96 * np.sqrt(rate * (1 - rate) / known.where(known > 0))
    return frame.assign(low=(rate - half).clip(lower=0), high=rate + half)


def missing_by_year() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    fields = ["tenders.call_on", "tenders.deadline_on", "bids.amount", "contracts.ended_on"]
    return pd.DataFrame(
        [
            {"field": field, "year": year, "missing_share": float(share)}
            for level, field in enumerate(fields)
            for year, share in zip(range(2014, 2022), rng.beta(1 + 2 * level, 8, 8), strict=True)
        ]
    )


def match_counts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group_id": ["court", "media", "suppliers"],
            "records": [53, 40, 900],
            "by_number": [50, 20, 0],
            "by_name": [2, 10, 700],
            "by_review": [0, 5, 10],
            "uncertain": [1, 2, 90],
            "none": [0, 3, 100],
        }
    )


def match_bins() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "bin": [0.0, 0.4, 0.5, 0.9],
            "pairs": [5000, 60, 12, 900],
            "probability": [0.001, 0.47, 0.55, 0.997],
            "share": [0.0005, 0.5, 0.7, 0.995],
        }
    )


def intake_rows() -> pd.DataFrame:
    rows = [
        ("awards", "awards.csv", "tenders", "loaded", "", 8021),
        ("awards", "awards.csv", "tenders", "merged", "same key", 6500),
        ("awards", "awards.csv", "tenders", "rejected", "shifted columns", 11),
        ("awards", "awards.csv", "bids", "loaded", "", 14500),
        ("awards", "awards.csv", "bids", "rejected", "no supplier", 32),
        ("debarments", "debarments.csv", "list_entries", "loaded", "", 610),
        ("debarments", "debarments.csv", "list_entries", "filtered", "natural person", 390),
    ]
    return pd.DataFrame(rows, columns=["source_id", "file", "table", "outcome", "rule", "rows"])


def contract_values() -> pd.Series:
    rng = np.random.default_rng(1)
    return pd.Series(np.append(np.exp(rng.normal(10.4, 1.2, 4000)), [NAN, 0.0, -5.0]))


def overlap_patterns() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "interdictions": [True, False, False, True, True, False],
            "confiscations": [False, True, False, True, False, False],
            "tax_black_list": [False, False, True, False, True, False],
            "lists": [1, 1, 1, 2, 2, 0],
            "companies": [310, 120, 95, 40, 15, 0],
        }
    )


def monthly_entries() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    months = pd.date_range("2015-01-01", "2020-12-01", freq="MS")
    return pd.DataFrame(
        [
            {"list_id": name, "month": month, "entries": int(rng.poisson(rate))}
            for name, rate in (("interdictions", 6), ("confiscations", 2), ("tax_black_list", 1))
            for month in months
        ]
    )


def funnel_steps() -> pd.DataFrame:
    rows = [
        ("interdictions", "companies in the sources", 24500),
        ("interdictions", "could be listed", 24500),
        ("interdictions", "listed", 365),
        ("debarments", "companies in the sources", 24500),
        ("debarments", "could be listed", 6100),
        ("debarments", "listed", 80),
        ("debarments", "listed though outside the rule", 0),
    ]
    return pd.DataFrame(rows, columns=["list_id", "step", "firms"])


def lag_quantiles() -> pd.DataFrame:
    rows = [
        ("interdictions", 300, -9.0, 6.0, 21.0, 40.0, 66.0),
        ("debarments", 75, 3.0, 9.0, 14.0, 22.0, 37.0),
        ("tax_black_list", 5, NAN, NAN, NAN, NAN, NAN),
    ]
    return pd.DataFrame(rows, columns=["list_id", "firms", "p10", "p25", "p50", "p75", "p90"])


def risk_metrics() -> pd.DataFrame:
    rows = []
    levels = {"random": 0.84, "connected_group": 0.76, "buyer_region": 0.73, "forward": 0.71}
    for model, shift in (("logistic", 0.0), ("boosting", 0.02)):
        for design, level in levels.items():
            value = level + shift
            rows += [
                ("roc_auc", design, model, value, value - 0.04, value + 0.03),
                ("average_precision", design, model, value - 0.58, value - 0.63, value - 0.52),
                ("listed_share", design, model, 0.021, NAN, NAN),
            ]
            for share in (1, 5, 10):
                found = min(1.0, (0.07 * share + 0.08) * value)
                rows.append(
                    (f"recall_at_{share}pct", design, model, found, found * 0.8, found * 1.15)
                )
        rows.append(("roc_auc", "later_firms", model, NAN, NAN, NAN))
    return pd.DataFrame(rows, columns=["name", "design", "model", "value", "low", "high"])


def precision_points() -> pd.DataFrame:
    recall = np.linspace(0.02, 1, 60)
    return pd.concat(
        [
            pd.DataFrame({"model": name, "recall": recall, "precision": top * np.exp(-3 * recall)})
            for name, top in (("logistic", 0.35), ("boosting", 0.42))
        ]
    )


def model_terms() -> pd.DataFrame:
    names = [
        "Single bid share",
        "Age at award",
        "Procurement share of revenue",
        "Address density",
        "Registry status: suspended",
        "Sector mismatch",
        "Value per employee",
    ]
    values = [0.62, -0.44, 0.31, 0.25, 0.21, -0.06, 0.03]
    return pd.DataFrame({"term": names, "coefficient": values}).assign(
        low=lambda frame: frame["coefficient"] - 0.14,
        high=lambda frame: frame["coefficient"] + 0.15,
    )


def study_estimates() -> pd.DataFrame:
    rows = [
        ("floor", 0.011, 0.010, 0.012, "use", ""),
        ("bounds_without_assumptions", NAN, 0.010, 0.12, "use", ""),
        ("detection_bounds", NAN, 0.016, 0.08, "caution", "detection assumed 15 to 60%"),
        (
            "capture_recapture",
            NAN,
            NAN,
            NAN,
            "reject",
            "two lists about organised crime; three are needed, because the dependence of two "
            "lists cannot be told from the number of firms on neither",
        ),
        ("cells", 0.02, 0.01, 0.04, "suppressed", "fewer than 5 listed firms"),
    ]
    frame = pd.DataFrame(rows, columns=["estimator", "value", "low", "high", "status", "reason"])
    return frame.assign(unit="share")


def dark_shares() -> pd.DataFrame:
    share = np.array([0.0, 0.1, 0.25, 0.5])
    return pd.DataFrame(
        {"dark_share": share, "low": 0.010 / (1 - share), "high": 0.08 / (1 - share)}
    )


def cells() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    rows = []
    for sector in ("Construction", "Waste", "Transport", "Hospitality", "Care", "Security"):
        for area in ("North", "Centre", "South", "Islands", "Coast"):
            value = float(rng.gamma(2, 0.012))
            spread = float(rng.uniform(0.2, 0.8))
            closed = rng.random() < 0.2
            rows.append(
                (
                    sector,
                    area,
                    value,
                    value * (1 - spread),
                    value * (1 + spread),
                    "suppressed" if closed else "use",
                )
            )
    return pd.DataFrame(rows, columns=["sector_id", "area_id", "value", "low", "high", "status"])


def detection() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_id": ["North", "Centre", "South", "Islands", "Coast"],
            "listed_per_1000": [2.0, 5.5, 14.2, NAN, 3.1],
            "status": ["use", "use", "use", "suppressed", "use"],
        }
    )


THRESHOLDS = [("direct award, goods", 40_000.0), ("open procedure", 221_000.0)]

FIGURES: dict[str, Callable[[], Figure]] = {
    "flag_base_rates": lambda: figures.flag_base_rates(flag_rates()),
    "missingness": lambda: figures.missingness(missing_by_year()),
    "match_outcomes": lambda: figures.match_outcomes(match_counts()),
    "match_calibration": lambda: figures.match_calibration(match_bins()),
    "intake": lambda: figures.intake(intake_rows()),
    "value_distribution": lambda: figures.value_distribution(
        contract_values(), THRESHOLDS, unit="EUR"
    ),
    "list_overlaps": lambda: figures.list_overlaps(overlap_patterns()),
    "entries_per_month": lambda: figures.entries_per_month(monthly_entries()),
    "exposure_funnel": lambda: figures.exposure_funnel(funnel_steps()),
    "listing_lags": lambda: figures.listing_lags(lag_quantiles()),
    "validation_metrics": lambda: figures.validation_metrics(risk_metrics()),
    "recall_at_k": lambda: figures.recall_at_k(risk_metrics()),
    "precision_recall": lambda: figures.precision_recall(precision_points(), base_rate=0.021),
    "coefficients": lambda: figures.coefficients(model_terms()),
    "base_rate_waffle": lambda: figures.base_rate_waffle(SampleBox()),
    "estimate_forest": lambda: figures.estimate_forest(study_estimates()),
    "caterpillar": lambda: figures.caterpillar(cells()),
    "sector_region_maps": lambda: figures.sector_region_maps(cells(), detection=detection()),
    "infiltration_maps": lambda: figures.infiltration_maps(cells().assign(detection=0.3)),
    "dark_share_curve": lambda: figures.dark_share_curve(dark_shares(), unit="share"),
    **flag_samples.FIGURES,
    **firm_samples.FIGURES,
    **risk_samples.FIGURES,
    **impact_samples.FIGURES,
}


def run_card() -> RunCard:
    return RunCard(
        country="XX",
        title="An invented country",
        files=[
            DataFile(
                "demo/awards.csv",
                "ab12" * 16,
                1_843_221,
                "Invented office",
                "CC0-1.0",
                "2026-01-05",
            ),
            DataFile("demo/debarments.csv", "0f3c" * 16, 88_100, "Invented court"),
        ],
        changed={"choices.risk.quarantine_months": ("18", "12"), "choices.seed": ("7", "1")},
        to_check=[
            Fact(
                "facts.thresholds[0] direct_award, goods", "40,000 EUR", "Invented Procurement Act"
            )
        ],
        warnings={"Tables": ["bids: 32 of 14,532 rows have no supplier."], "Firms": []},
        versions={"infiltrate": "0.1.0", "Python": "3.13.1", "DuckDB": "2.0.0"},
        seed=7,
    )


def coverage() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "what": ["tenders", "bids", "companies", "officers"],
            "rows": [8021, 14500, 24500, 0],
            "first": ["2014-01-03", "2014-01-20", None, None],
            "last": ["2021-12-30", "2021-12-28", None, None],
            "complete_share": [0.92, 0.81, 0.997, NAN],
            "note": ["", "never filled: currency", "", "no source"],
        }
    )


def panels() -> list[Any]:
    return [
        components.question_and_answer(
            "How far has organised crime infiltrated the legal economy of this country?",
            "At least 270 of 24,500 firms (1.1%). How many more cannot be said with two lists.",
            "reject",
            verdict="Answered in part",
            findings=["40 firms are on both lists."],
            reasons=[
                "Two lists about organised crime; an estimate needs three.",
                "The lists depend on each other: 40 firms are on both.",
            ],
        ),
        components.question_and_answer(
            "And in construction?", "Between 12 and 31 per 1,000 firms.", "caution"
        ),
        components.base_rate_panel(SampleBox()),
        components.base_rate_panel(None),
        components.coverage_panel(coverage()),
        components.limits_list(
            [
                ("Unseen kinds.", "Firms that no authority looks for are in no list."),
                "The lists show where authorities act as much as where infiltration is.",
            ]
        ),
        run_card(),
        show_table(
            flag_rates().assign(status="to_check"),
            caption="Flags and their base rates",
            units={"flag": "units"},
            formats={"low": "percent", "high": "percent"},
            note="The interval takes units as independent.",
        ),
        show_table(
            pd.DataFrame({"year": range(1980, 2021), "contracts": range(41)}),
            caption="Contracts by year",
        ),
    ]


def notebook(outputs: list[Any], *, title: str = "How often do flags rise?") -> Any:
    """Return an executed notebook whose cells show the outputs."""
    cells_ = [
        nbformat.v4.new_markdown_cell(
            f"# {title}\n\nEvery flag has *three* states. A flag is a reason to look, and no more.",
            id="title",
        ),
        nbformat.v4.new_code_cell(
            'run_dir = "/home/somebody/results/demo"',
            id="params",
            metadata={"tags": ["injected-parameters"]},
        ),
    ]
    for number, output in enumerate(outputs):
        if number % 3 == 0:
            cells_.append(
                nbformat.v4.new_markdown_cell(
                    f"## Part {number // 3 + 1}\n\nWhat the figure shows comes *first*, how it was "
                    "made is in the code below it.",
                    id=f"text-{number}",
                )
            )
        data = {"text/html": output._repr_html_(), "text/plain": repr(output)}
        cells_.append(
            nbformat.v4.new_code_cell(
                f'rates = study.frame("select * from summary")  # {number}\nfigures.show(rates)',
                id=f"code-{number}",
                execution_count=number + 1,
                outputs=[
                    nbformat.v4.new_output("execute_result", data, execution_count=number + 1)
                ],
            )
        )
    return nbformat.v4.new_notebook(
        cells=cells_,
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )
