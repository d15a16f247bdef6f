from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.errors import SchemaError
from infiltrate.report import validation_figures as figures

POOL = pd.DataFrame(
    {
        "scenario": ["base", "one_list", "base:wrong-entries-x0"],
        "estimator": ["pool"] * 3,
        "countries": [40] * 3,
        "answered": [40, 0, 38],
        "use": [0.5, 0.0, 0.2],
        "caution": [0.5, 0.0, 0.75],
        "reject": [0.0, 1.0, 0.05],
        **{
            f"covered_{c}{end}": [share + step, float("nan"), 0.2 + step]
            for c, share in ((50, 0.5), (90, 0.9), (95, 0.93))
            for end, step in (("", 0.0), ("_low", -0.1), ("_high", 0.05))
        },
        **{
            f"ratio{end}": [1.0 + s, None, 2.0 + s]
            for end, s in zip(["", "_low", "_high"], [0, -0.2, 0.2], strict=True)
        },
        **{
            f"width{end}": [2.5 + s, None, 4.0 + s]
            for end, s in zip(["", "_low", "_high"], [0, -0.2, 0.2], strict=True)
        },
        **{
            f"{what}s_covered{end}": [0.96 + s, None, 0.8 + s]
            for what in ("cell", "area")
            for end, s in zip(["", "_low", "_high"], [0, -0.02, 0.02], strict=True)
        },
        **{f"{what}_effort": [0.05, None, 0.3] for what in ("cell", "area")},
        **{f"{what}_effort_listed": [0.4, None, 0.4] for what in ("cell", "area")},
    }
).astype({name: float for name in ("ratio", "ratio_low", "ratio_high", "width")})
DRAWN = {
    figures.interval_coverage: "fall short of 95 % in base, wrong-entries-x0",
    figures.truth_ratios: "base, wrong-entries-x0: 2 times the truth",
    figures.interval_widths: "2.5 times the lower in base, 4 times in base, wrong-entries-x0",
    figures.place_coverage: "Fewer than nine in ten cells are held in base, wrong-entries-x0",
    figures.effort_in_errors: "In 1 of 2 scenarios effort shows at most half as much",
    figures.refusal_shares: "Always refused in one list",
}


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
def test_the_title_states_the_finding(draw):
    figure = draw(POOL)
    assert DRAWN[draw] in figure.title
    assert figure.svg().startswith(b"<svg")
    assert figure.units
    assert len(figure.alt) > 20
    assert draw(POOL).svg() == figure.svg()


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
def test_nothing_to_draw_is_said(draw):
    assert draw(POOL.head(0)).drawing is None


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
def test_a_missing_column_is_named(draw):
    with pytest.raises(SchemaError, match=draw.__name__):
        draw(POOL[["estimator"]])


def test_ratios_can_be_laid_out_either_way():
    both = pd.concat([POOL, POOL.assign(estimator="scar_em")])
    by_estimator = figures.truth_ratios(both)
    by_scenario = figures.truth_ratios(both, by="scenario")
    assert [axes.get_title(loc="left") for axes in by_estimator.drawing.axes] == [
        "base",
        "base, wrong-entries-x0",
    ]
    assert [axes.get_title(loc="left") for axes in by_scenario.drawing.axes] == [
        "pool",
        "SCAR, mixture by EM",
    ]
