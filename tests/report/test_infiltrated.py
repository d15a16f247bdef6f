from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from infiltrate.report import figures
from infiltrate.report.infiltrated import (
    count_infiltrated_cells,
    own_cells,
    tabulate_infiltrated_cells,
)

NAN = float("nan")
AREAS = pd.DataFrame({"area_id": ["n", "s"], "name": ["North", "South"]})
PARAMS = SimpleNamespace(lists=[])


@pytest.fixture
def cells():
    rows = [
        ("all", "all", 0.04, 0.02, 0.06, False, "all", "all"),
        ("all", "n", 0.05, 0.03, 0.08, False, "all", "n"),
        ("all", "s", 0.03, 0.01, 0.06, False, "all", "s"),
        ("F", "all", 0.06, 0.03, 0.09, False, "F", "all"),
        ("F", "n", 0.07, 0.03, 0.10, False, "F", "n"),
        ("F", "s", 0.03, 0.01, 0.06, True, "all", "s"),
        ("C", "s", 0.04, 0.02, 0.06, True, "all", "all"),
    ]
    names = ["sector_id", "area_id", "share", "low", "high", "is_rolled_up"]
    table = pd.DataFrame(rows, columns=[*names, "shown_sector_id", "shown_area_id"])
    own = ~table["is_rolled_up"]
    return table.assign(
        firms=1_000,
        infiltrated=(1_000 * table["share"]).where(own),
        infiltrated_low=(1_000 * table["low"]).where(own),
        infiltrated_high=(1_000 * table["high"]).where(own),
        is_wide=table["high"] > 4 * table["low"],
        fay_herriot=(0.9 * table["share"]).where(own),
        difference=(0.1 * table["share"]).where(own),
        detection=np.linspace(0.2, 0.5, len(table)),
        detection_low=0.1,
        detection_high=0.6,
        probability_top5=NAN,
        status=np.where(own, "use", "caution"),
    )


def test_cells_are_counted_by_kind_and_by_what_is_shown(cells):
    table = count_infiltrated_cells(cells).set_index("cell")
    one = table.loc["a sector in an area"]
    assert (one["cells"], one["by itself"], one["with its area"], one["with the country"]) == (
        3,
        1,
        1,
        1,
    )
    assert table.loc["all sectors of an area", "of these with a wide interval"] == 1
    assert table["cells"].sum() == len(cells) - 1
    closed = count_infiltrated_cells(cells.assign(status="suppressed")).set_index("cell")
    assert (closed["closed"] == closed["cells"]).all()
    assert (closed["by itself"] == 0).all()


def test_both_estimates_stand_side_by_side_highest_first(cells):
    table = tabulate_infiltrated_cells(cells, AREAS, PARAMS)
    assert table["sector"].tolist() == [
        "F Construction",
        "F Construction",
        "All sectors",
        "All sectors",
    ]
    first = table.iloc[0]
    assert (first["area"], first["infiltrated firms"]) == ("North", "70 (30 to 100)")
    assert first["share"] == "7% (3% to 10%)"
    assert first["share by Fay-Herriot"] == pytest.approx(0.063)
    assert len(tabulate_infiltrated_cells(cells, AREAS, PARAMS, most=2)) == 2


def test_maps_put_detection_below_infiltration(cells):
    figure = figures.infiltration_maps(own_cells(cells, AREAS, PARAMS))
    upper, lower = figure.drawing.axes[:2]
    assert [text.get_text() for text in upper.get_yticklabels()] == [
        "All sectors",
        "F Construction",
    ]
    assert lower.get_title(loc="left") == "Of these, share on any list"
    written = {text.get_text() for text in upper.texts}
    assert {"7%", "6%", "5%", "4%", "3%"} == written
    assert "2 of 7 cells not published" in figure.alt
    assert "North: 7% (3% to 10%)" in figure.title


def test_no_cells_are_said_in_words(cells):
    none = own_cells(cells.head(0), AREAS, PARAMS)
    assert figures.infiltration_maps(none).drawing is None
    assert count_infiltrated_cells(cells.head(0)).empty
    assert tabulate_infiltrated_cells(cells.head(0), AREAS, PARAMS).empty
