"""The curve of specifications: what is found, what is drawn, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import SchemaError
from infiltrate.report.specification_curve import specification_curve
from tests.report.html_checks import PageReader


def specifications(outside: int = 2) -> pd.DataFrame:
    """Twelve specifications around a headline of 2 % (1 to 4)."""
    names = ["headline", "refitted", "without court", "without media", "prior -3.5", "prior -0.5"]
    names += ["wrong entries x0", "wrong entries x3", "last 3 years", "limited companies"]
    names += ["without court, prior -3.5", "without media, wrong entries x0", "last 5 years"]
    medians = np.linspace(0.015, 0.039, len(names))
    medians[0] = 0.02
    if outside:
        medians[-outside:] = 0.06
    rows = []
    for name, median in zip(names, medians, strict=True):
        changes = [] if name in ("headline", "refitted") else name.split(", ")
        rows.append(
            {
                "specification": name,
                "changed": ", ".join("choice" for _ in changes),
                "window": next((word for word in changes if "years" in word), "all years"),
                "lists": next((word for word in changes if "without" in word), "all lists"),
                "prior_centre": next((float(w[6:]) for w in changes if "prior" in w), -2.0),
                "wrong_entries": next((float(w[-1]) for w in changes if "wrong" in w), 1.0),
                "universe": "limited companies" if name == "limited companies" else "all firms",
                "n_listed": 100,
                "firms": 20_000,
                "median": median,
                "low": median / 2,
                "high": median * 2,
                "status": "caution",
                "reason": "",
                "inside_headline": 0.01 <= median <= 0.04,
            }
        )
    return pd.DataFrame(rows)


def test_the_title_counts_the_headline_out_and_names_single_changes_that_leave_it():
    figure = specification_curve(specifications())
    assert figure.title == (
        "10 of 12 specifications lie inside the headline interval (1% to 4%); one change is "
        "enough to leave it: last 5 years"
    )
    inside = specification_curve(specifications(outside=0))
    assert inside.title.startswith("12 of 12 specifications lie inside")
    assert "their medians run from" in inside.title


def test_the_page_is_sound_and_the_drawing_the_same_each_time():
    first = specification_curve(specifications())
    page = PageReader(first._repr_html_())
    assert page.mistakes == []
    (image,) = page.all("img")
    assert image["alt"] == first.alt and "headline is 2%" in first.alt
    shuffled = specifications().sample(frac=1, random_state=1)
    assert specification_curve(shuffled).svg() == specification_curve(shuffled).svg()
    assert first.units and first.caption


def test_lists_have_their_titles_and_priors_are_chances():
    figure = specification_curve(specifications(), names={"court": "Final judgments"})
    labels = [text.get_text() for text in figure.drawing.axes[1].get_yticklabels()]
    assert "without Final judgments" in labels
    assert {"3%", "12%", "38%", "none", "as the prior", "3 times the prior"} <= set(labels)
    bold = [t.get_text() for t in figure.drawing.axes[1].get_yticklabels() if _is_bold(t)]
    assert bold == ["all years", "all lists", "12%", "as the prior", "all firms"]


def _is_bold(text) -> bool:
    return text.get_fontweight() == "bold"


def test_refused_specifications_are_counted_and_not_drawn():
    frame = specifications(outside=0)
    frame.loc[3, ["median", "low", "high"]] = np.nan
    frame.loc[3, ["status", "inside_headline"]] = ["reject", False]
    figure = specification_curve(frame)
    assert figure.title.startswith("11 of 11") and figure.title.endswith("; 1 refused")


@pytest.mark.parametrize(
    "frame",
    [
        specifications().head(0),
        specifications().head(1),
        specifications().assign(median=np.nan, low=np.nan, high=np.nan),
        specifications().iloc[1:],
    ],
    ids=["empty", "headline only", "all refused", "no headline"],
)
def test_without_a_headline_or_others_it_says_why(frame):
    figure = specification_curve(frame)
    assert figure.drawing is None and len(figure.alt) > 20


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError, match="inside_headline"):
        specification_curve(specifications().drop(columns="inside_headline"))
