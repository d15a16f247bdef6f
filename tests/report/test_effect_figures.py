"""Figures about effects say what they show, and doubt what must be doubted."""

from __future__ import annotations

import pandas as pd

from infiltrate.report import figures
from infiltrate.report.figure import Figure
from tests.report.impact_samples import ABOUT, bins, drivers, event_times, ladder, path

CONTRAST = ["two-way fixed effects"]


def test_the_finding_rests_on_no_contrast() -> None:
    figure = figures.event_study_curve(event_times(), about=ABOUT, contrasts=CONTRAST)
    assert figure.title == f"{ABOUT}: 7.8% to 8.9% higher after treatment, by 3 estimators"
    only = event_times()[event_times()["estimator"] == CONTRAST[0]]
    alone = figures.event_study_curve(only, about=ABOUT, contrasts=CONTRAST)
    assert alone.title == f"{ABOUT}: no average effect was estimated"


def test_what_cannot_be_told_from_zero_is_no_finding() -> None:
    weak = event_times().assign(low=-0.5)
    assert figures.event_study_curve(weak, about=ABOUT, contrasts=CONTRAST).title == (
        f"{ABOUT}: no effect can be told from zero, by 3 estimators"
    )
    mixed = event_times()
    mixed.loc[mixed["estimator"] == "Sun and Abraham", "low"] = -0.5
    assert figures.event_study_curve(mixed, about=ABOUT, contrasts=CONTRAST).title == (
        f"{ABOUT}: 2 of 3 estimators tell an effect from zero"
    )
    fallen = event_times()
    fallen[["estimate", "low", "high"]] = -fallen[["estimate", "high", "low"]].to_numpy()
    turned = figures.event_study_curve(fallen, about=ABOUT, contrasts=CONTRAST)
    assert "lower after treatment" in turned.title


def test_the_first_variant_makes_the_title() -> None:
    figure = figures.effect_forest(drivers(), about="Measures", unit="log-odds")
    assert figure.title == "Measures: unemployment (+) can be told from zero"
    none = figures.effect_forest(drivers().assign(low=-1, high=1), about="Measures", unit="x")
    assert none.title == "Measures: none can be told from zero"
    assert "unemployment, without effort: 0.45 (0.3 to 0.6)" in figure.alt


def test_every_label_stands_beside_its_variants() -> None:
    uneven = drivers().iloc[[0, 1, 2]]
    axes = figures.effect_forest(uneven, about="Measures", unit="share").drawing.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "unemployment",
        "output per head",
    ]
    assert list(axes.get_yticks()) == [0.5, 2.8]


def test_a_direction_without_a_number_is_said_as_such() -> None:
    figure = figures.effects_ladder(ladder())
    assert figure.title == "1 effect of this study beside published ones"
    assert "revenue of firms: rises, no number (Invented 2022)" in figure.alt
    published = figures.effects_ladder(ladder()[~ladder()["is_ours"]])
    assert published.title == "Published effects; this study has none to hold beside them"


def test_counterfactuals_name_the_difference() -> None:
    figure = figures.synthetic_path(path(), about="Output", unit="index", treated_from=2010)
    assert figure.title.startswith("Output: -8.")
    humped = draw_bins(bins(), (195.0, 120.0, 260.0))
    assert humped.title == "Works: 195 (120 to 260) more than expected gather below 40,000 EUR"
    assert "chance explains" in draw_bins(bins(), (195.0, -5.0, 260.0)).title


def test_the_order_of_rows_changes_no_picture() -> None:
    one, two = (draw_bins(rows, (1.0, 0.0, 2.0)) for rows in (bins(), bins()[::-1]))
    assert one.svg() == two.svg()


def draw_bins(rows: pd.DataFrame, excess: tuple[float, float, float]) -> Figure:
    return figures.bunching_counterfactual(
        rows, about="Works", unit="EUR", limit=40_000, excess=excess
    )
