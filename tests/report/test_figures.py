"""Every figure: words for those who cannot see it, the same bytes each time, edge inputs."""

from __future__ import annotations

import re

import matplotlib as mpl
import pandas as pd
import pytest

from infiltrate.errors import SchemaError
from infiltrate.report import figures
from infiltrate.report.figure import Figure
from tests.report import firm_samples, flag_samples, impact_samples, risk_samples, samples
from tests.report.html_checks import PageReader

NAN = float("nan")


@pytest.fixture(scope="module")
def gallery() -> dict[str, Figure]:
    return {name: draw() for name, draw in samples.FIGURES.items()}


def test_the_gallery_holds_every_public_figure():
    assert sorted(samples.FIGURES) == sorted(figures.__all__)


@pytest.mark.parametrize("name", sorted(samples.FIGURES))
def test_a_figure_has_a_finding_words_units_and_a_drawing(gallery, name):
    figure = gallery[name]
    page = PageReader(figure._repr_html_())
    assert page.mistakes == []
    (image,) = page.all("img")
    assert image["alt"] == figure.alt and len(figure.alt) > 30
    assert figure.title and figure.units
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert len(page.all("figcaption")) == 1
    assert "nan" not in (figure.title + figure.alt).lower().split()


@pytest.mark.parametrize("name", ["flag_base_rates", "missingness", "sector_region_maps"])
def test_the_same_data_give_the_same_bytes(gallery, name):
    again = samples.FIGURES[name]()
    assert again.svg() == gallery[name].svg()
    assert b"<dc:date>" not in again.svg()


def test_drawing_changes_no_settings_and_no_argument():
    before, rates = dict(mpl.rcParams), samples.flag_rates()
    copy = rates.copy(deep=True)
    figures.flag_base_rates(rates).svg()
    assert dict(mpl.rcParams) == before
    pd.testing.assert_frame_equal(rates, copy)


def test_row_order_of_the_frame_changes_nothing(gallery):
    shuffled = samples.flag_rates().sample(frac=1, random_state=2)
    assert figures.flag_base_rates(shuffled).svg() == gallery["flag_base_rates"].svg()
    cells = samples.cells().sample(frac=1, random_state=2)
    assert figures.caterpillar(cells).svg() == gallery["caterpillar"].svg()


EMPTY = {
    "flag_base_rates": lambda: figures.flag_base_rates(samples.flag_rates().head(0)),
    "missingness": lambda: figures.missingness(samples.missing_by_year().head(0)),
    "match_outcomes": lambda: figures.match_outcomes(samples.match_counts().head(0)),
    "match_calibration": lambda: figures.match_calibration(samples.match_bins().head(0)),
    "intake": lambda: figures.intake(samples.intake_rows().head(0)),
    "value_distribution": lambda: figures.value_distribution(
        pd.Series([], dtype=float), unit="EUR"
    ),
    "list_overlaps": lambda: figures.list_overlaps(samples.overlap_patterns().head(0)),
    "entries_per_month": lambda: figures.entries_per_month(samples.monthly_entries().head(0)),
    "exposure_funnel": lambda: figures.exposure_funnel(samples.funnel_steps().head(0)),
    "listing_lags": lambda: figures.listing_lags(samples.lag_quantiles().head(0)),
    "validation_metrics": lambda: figures.validation_metrics(samples.risk_metrics().head(0)),
    "recall_at_k": lambda: figures.recall_at_k(samples.risk_metrics().head(0)),
    "precision_recall": lambda: figures.precision_recall(
        samples.precision_points().head(0), base_rate=0.1
    ),
    "coefficients": lambda: figures.coefficients(samples.model_terms().head(0)),
    "base_rate_waffle": lambda: figures.base_rate_waffle(None),
    "estimate_forest": lambda: figures.estimate_forest(samples.study_estimates().head(0)),
    "caterpillar": lambda: figures.caterpillar(samples.cells().head(0)),
    "sector_region_maps": lambda: figures.sector_region_maps(samples.cells().head(0)),
    "infiltration_maps": lambda: figures.infiltration_maps(
        samples.cells().head(0).assign(detection=NAN)
    ),
    "dark_share_curve": lambda: figures.dark_share_curve(samples.dark_shares().head(0)),
    **flag_samples.EMPTY,
    **firm_samples.EMPTY,
    **risk_samples.EMPTY,
    **impact_samples.EMPTY,
}


@pytest.mark.parametrize("name", sorted(figures.__all__))
def test_nothing_to_show_is_said_in_words(name):
    figure = EMPTY[name]()
    page = PageReader(figure._repr_html_())
    assert figure.drawing is None and figure.svg() == b""
    assert page.all("img") == [] and page.mistakes == []
    assert figure.title and len(figure.alt) > 8
    assert figure.alt in figure._repr_html_()


ONE_ROW = {
    "flag_base_rates": lambda: figures.flag_base_rates(samples.flag_rates().head(1)),
    "missingness": lambda: figures.missingness(samples.missing_by_year().head(1)),
    "match_outcomes": lambda: figures.match_outcomes(samples.match_counts().head(1)),
    "match_calibration": lambda: figures.match_calibration(samples.match_bins().head(1)),
    "intake": lambda: figures.intake(samples.intake_rows().head(1)),
    "value_distribution": lambda: figures.value_distribution(pd.Series([100.0]), unit="EUR"),
    "list_overlaps": lambda: figures.list_overlaps(
        pd.DataFrame({"only_list": [True], "lists": [1], "companies": [5]})
    ),
    "entries_per_month": lambda: figures.entries_per_month(samples.monthly_entries().head(1)),
    "exposure_funnel": lambda: figures.exposure_funnel(samples.funnel_steps().head(1)),
    "listing_lags": lambda: figures.listing_lags(samples.lag_quantiles().head(1)),
    "validation_metrics": lambda: figures.validation_metrics(samples.risk_metrics().head(1)),
    "recall_at_k": lambda: figures.recall_at_k(samples.risk_metrics().iloc[3:4]),
    "precision_recall": lambda: figures.precision_recall(
        samples.precision_points().head(1), base_rate=0.1
    ),
    "coefficients": lambda: figures.coefficients(samples.model_terms().head(1)),
    "estimate_forest": lambda: figures.estimate_forest(samples.study_estimates().head(1)),
    "dark_share_curve": lambda: figures.dark_share_curve(samples.dark_shares().head(1)),
}


@pytest.mark.parametrize("name", sorted(ONE_ROW))
def test_one_row_is_drawn(name):
    assert len(ONE_ROW[name]().svg()) > 1000


def test_all_missing_is_nothing_to_show_and_not_zero():
    frame = samples.missing_by_year().assign(missing_share=NAN)
    assert figures.missingness(frame).drawing is None
    metrics = samples.risk_metrics().assign(value=NAN, low=NAN, high=NAN)
    assert figures.validation_metrics(metrics).drawing is None
    assert figures.caterpillar(samples.cells().assign(value=NAN)).drawing is None
    lost = figures.value_distribution(pd.Series([NAN, 0.0, -1.0]), unit="EUR")
    assert lost.drawing is None and "3 values" in lost.alt


def test_an_indicator_that_cannot_be_computed_is_not_a_base_rate_of_zero(gallery):
    alt = gallery["flag_base_rates"].alt
    assert "Contract overrun not computable" in alt
    none = figures.flag_base_rates(samples.flag_rates().iloc[[5]])
    assert none.title == "No flag can be computed with these data"


def test_a_flag_of_few_units_makes_no_title():
    rates = samples.flag_rates().assign(title=[f"Flag {i}" for i in range(7)])
    rates.loc[0, ["flag", "clear", "not_computable"]] = [3, 0, 9000]
    assert "Flag 2 is on most often: 37%" in figures.flag_base_rates(rates).title
    alone = figures.flag_base_rates(rates.head(1)).title
    assert alone.startswith("Flag 0 is on most often: 100% of the units where")


def test_flags_that_are_not_drawn_are_counted(gallery):
    assert gallery["flag_base_rates"].caption.endswith(
        "Not drawn: 1 flag that cannot be computed for any unit."
    )
    few = figures.flag_base_rates(samples.flag_rates(), most=2)
    assert few.caption.startswith("Not drawn: 4 flags with lower shares and 1 flag that cannot")
    assert few.title == gallery["flag_base_rates"].title


def test_findings_are_computed_from_the_data(gallery):
    assert gallery["flag_base_rates"].title == (
        "Of flags computable for most units, Open procedure avoided is on most often: 37%; "
        "2 of 7 flags cannot be computed for most units"
    )
    assert gallery["intake"].title == (
        "15,532 raw rows of 2 sources were read; at most 0.2% of a source is rejected (awards)"
    )
    assert (
        gallery["list_overlaps"].title == "55 of about 580 listed firms are on more than one list"
    )
    assert gallery["estimate_forest"].title == (
        "Floor 1.1% (1% to 1.2%), bounds without assumptions 1% to 12% and detection bounds "
        "1.6% to 8%; capture recapture and cells refused"
    )
    assert gallery["validation_metrics"].title == (
        "ROC-AUC is 0.76 (0.72 to 0.79) connected group (logistic); 0.5 is a random order"
    )
    assert gallery["dark_share_curve"].title.endswith("the upper bound rises from 8% to 16%")


def test_refused_estimates_stay_with_their_reason(gallery):
    figure = gallery["estimate_forest"]
    assert "capture recapture: refused, two lists about organised crime" in figure.alt
    words = " ".join(re.findall(r"<!-- (.*?) -->", figure.svg().decode()))
    assert "Refused: two lists" in words and "Suppressed: fewer than 5" in words
    refused = samples.study_estimates().iloc[[3]]
    assert figures.estimate_forest(refused).title == "None of 1 estimator could give a number"


def test_suppressed_cells_are_counted_and_never_drawn():
    cells = samples.cells()
    closed = int((cells["status"] == "suppressed").sum())
    shown = figures.caterpillar(cells)
    assert f"{closed} cells not published by themselves" in shown.units
    assert len(shown.numbers) == len(cells) - closed


def test_one_figure_has_one_unit():
    mixed = samples.study_estimates()
    mixed.loc[0, "unit"] = "firms"
    with pytest.raises(SchemaError, match="firms and share"):
        figures.estimate_forest(mixed)


def test_few_cells_are_said_in_words_and_not_drawn():
    three = samples.cells().assign(status="suppressed")
    three.loc[:2, "status"] = "use"
    for figure in (figures.caterpillar(three, about="Court"), figures.sector_region_maps(three)):
        assert figure.drawing is None
        assert "Construction, North: " in figure.alt
        assert "Not published by themselves: 27 cells." in figure.alt
    assert figures.caterpillar(three, about="Court").title == (
        "Court: 3 of 30 cells can be published"
    )


def test_overlaps_too_small_to_show_are_not_called_none():
    lists = pd.DataFrame({"court": [True, True], "press": [False, True]})
    closed = lists.assign(companies=pd.array([95, pd.NA], dtype="Int64"))
    rounded = lists.assign(companies=[95, 0])
    for patterns in (closed, rounded):
        figure = figures.list_overlaps(patterns)
        assert figure.title == "A few of about 95 listed firms are on more than one list"
        assert "1 more combination with too few firms" in figure.units
    apart = figures.list_overlaps(closed.head(1))
    assert apart.title == "None of about 95 listed firms are on more than one list"


def test_a_forest_in_parts_speaks_of_the_first():
    rows = samples.study_estimates().assign(
        group=["Infiltrated firms: all lists"] * 3 + ["Listed firms: each list"] * 2,
        counted=[0.013, NAN, NAN, NAN, NAN],
    )
    figure = figures.estimate_forest(rows)
    assert figure.title.startswith("Infiltrated firms: floor 1.1% (1% to 1.2%), bounds")
    assert "refused" not in figure.title
    assert "as counted on the list" in figure.units and "own scale" in figure.units
    nothing = rows.iloc[[1]].assign(low=0.0, high=1.0)
    assert figures.estimate_forest(nothing).title == (
        "Infiltrated firms: the data leave anything from 0% to 100% possible"
    )


def test_thresholds_of_one_amount_share_a_mark():
    values = pd.Series([95.0, 96.0, 50.0, 200.0])
    marks = [("works", 100.0), ("goods_b", 100.0), ("goods_a", 101.0)]
    figure = figures.value_distribution(values, marks, unit="EUR")
    assert figure.title == "Half of the contracts are worth less than 95.5 EUR"
    assert "goods b / works at 100 EUR" in figure.alt


def test_an_absent_column_is_named_with_those_that_are_there():
    with pytest.raises(SchemaError) as caught:
        figures.flag_base_rates(pd.DataFrame({"indicator": ["C001"], "flag": [1]}))
    message = str(caught.value)
    assert "'clear' is absent" in message and "'not_computable' is absent" in message
    assert "the frame has indicator, flag" in message


def test_a_currency_sign_in_a_label_is_no_formula():
    frame = samples.flag_rates().assign(title="Worth $5 to $9")
    assert b"Worth $5 to $9" in figures.flag_base_rates(frame).svg()


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.057, 0.032, 0.104, "about 6 may be expected to be infiltrated (3 to 11)"),
        (0.0, 0.0, 0.004, "about 0 may be expected to be infiltrated (0 to 1)"),
        (1.0, 1.0, 1.0, "about 100 may be expected to be infiltrated"),
        (0.5, None, None, "about 50 may be expected to be infiltrated"),
    ],
)
def test_what_a_flag_is_worth_rounds_its_interval_outwards(value, low, high, words):
    figure = figures.base_rate_waffle(samples.SampleBox(value, low, high))
    assert figure.title == f"Of 100 flagged firms, {words}"


@pytest.mark.parametrize("name", sorted(samples.FIGURES))
def test_names_inside_a_drawing_do_not_hang_on_its_layout(gallery, name):
    assert not re.search(rb"#p[0-9a-f]{10}", gallery[name].svg())


def test_findings_about_firms_are_computed_from_the_data(gallery):
    assert gallery["peer_scores"].title == (
        "Firms differ from their peers most often by 'Unusual cash': 9% are flagged"
    )
    assert gallery["known_owners"].title == (
        "A person is known, or may be, behind 55% of the firms; nobody is known behind 7.5%"
    )
