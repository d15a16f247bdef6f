"""What is wrong with a panel is refused, or left out and counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.panel_checks import CheckedPanel, check_panel


def make_panel(units: int = 40, years: int = 6) -> pd.DataFrame:
    """Units in order; the first ten are treated in 2003, the next ten in 2004."""
    rng = np.random.default_rng(3)
    panel = pd.DataFrame(
        [(f"unit {u:02d}", 2000 + y) for u in range(units) for y in range(years)],
        columns=["unit", "year"],
    )
    number = panel["unit"].str[-2:].astype(int)
    start = np.where(number < 10, 2003, np.where(number < 20, 2004, np.nan))
    return panel.assign(
        first_treated=pd.array(start, dtype="Float64").astype("Int64"),
        size=rng.normal(size=len(panel)),
        revenue=rng.normal(size=len(panel)),
        area=number.mod(35).astype(str),
    )


def check(panel: pd.DataFrame, **settings: object) -> CheckedPanel:
    named = {"unit": "unit", "time": "year", "outcome": "revenue", "treated": "first_treated"}
    return check_panel(panel, **(named | settings))


def texts(checked: CheckedPanel, severity: str) -> list[str]:
    return [finding.text for finding in checked.findings if finding.severity == severity]


def test_a_sound_panel_passes_unchanged() -> None:
    panel = make_panel()
    checked = check(panel, regressors=["size"], effects=["unit", "year"], cluster=["unit"])
    assert checked.findings == ()
    assert checked.clusters == 40
    pd.testing.assert_frame_equal(checked.rows, panel)


def test_the_order_of_rows_changes_nothing_and_the_panel_is_left_alone() -> None:
    panel = make_panel().sample(frac=1, random_state=1)
    before = panel.copy()
    pd.testing.assert_frame_equal(check(panel).rows, make_panel())
    pd.testing.assert_frame_equal(panel, before)


def test_two_rows_of_a_unit_and_year_are_refused() -> None:
    panel = make_panel()
    checked = check(pd.concat([panel, panel.iloc[:7]]))
    assert checked.is_refused
    assert checked.rows.empty
    assert texts(checked, "refused")[0].startswith("The panel has 7 rows for a unit and year")


@pytest.mark.parametrize("treated", [0, 1])
def test_one_treated_unit_or_none_is_refused_without_the_number(treated: int) -> None:
    panel = make_panel()
    panel.loc[panel["unit"] >= f"unit {treated:02d}", "first_treated"] = pd.NA
    text = texts(check(panel), "refused")[0]
    assert text.startswith("Fewer than 5 units are treated")
    assert "synthetic control" in text


def test_more_treated_units_can_be_asked_for() -> None:
    assert not check(make_panel(), fewest_treated=20).is_refused
    assert "20 units are treated" in texts(check(make_panel(), fewest_treated=21), "refused")[0]


def test_without_units_never_treated_the_later_are_controls() -> None:
    panel = make_panel(units=20)
    checked = check(panel)
    assert not checked.is_refused
    assert texts(checked, "warning") == [
        "No unit is never treated: those treated later are the only controls."
    ]
    panel["first_treated"] = 2003
    assert "nothing to compare with" in texts(check(panel), "refused")[0]


def test_units_treated_from_their_first_row_are_left_out_and_counted() -> None:
    panel = make_panel()
    panel.loc[panel["unit"] < "unit 07", "first_treated"] = 2000
    checked = check(panel)
    assert texts(checked, "warning") == ["7 units are treated from their first row on; left out."]
    assert checked.rows["unit"].nunique() == 33


def test_units_of_one_row_are_not_counted_as_treated() -> None:
    panel = make_panel()
    lone = panel["first_treated"].notna() & (panel["year"] != 2001)
    checked = check(panel[~lone], effects=["unit"])
    assert texts(checked, "refused")[0].startswith("Fewer than 5 units are treated")


def test_a_changing_time_of_treatment_is_refused() -> None:
    panel = make_panel()
    panel.loc[3, "first_treated"] = 2002
    assert "changes within fewer than 5 units" in texts(check(panel), "refused")[0]


def test_missing_and_infinite_numbers_are_counted_apart() -> None:
    panel = make_panel()
    panel.loc[:5, "revenue"] = np.nan
    panel.loc[20:25, "size"] = -np.inf
    panel.loc[30:32, "size"] = np.nan
    checked = check(panel, regressors=["size"], treated="")
    assert texts(checked, "warning")[:3] == [
        "6 rows have no `revenue`; left out.",
        "6 rows have an infinite `size`; left out.",
        "Fewer than 5 rows have no `size`; left out.",
    ]
    assert len(checked.rows) == 240 - 15
    assert np.isfinite(checked.rows[["revenue", "size"]].to_numpy()).all()


def test_gaps_are_said_also_where_years_come_by_twos() -> None:
    panel = make_panel().drop(index=[2, 8, 14, 20, 26, 32])
    assert "gaps: 6 units of 40" in texts(check(panel), "warning")[0]
    panel = make_panel()
    panel["year"] = 2000 + 2 * (panel["year"] - 2000)
    assert texts(check(panel, treated=""), "warning") == []


def test_rows_alone_in_their_group_are_left_out_in_turn() -> None:
    # unit 00 keeps one row; without it, unit 01's area is alone
    panel = make_panel().drop(index=range(1, 6))
    panel["pair"] = [f"{u} {a}" for u, a in zip(panel["unit"], panel["year"], strict=True)]
    panel.loc[panel["unit"] > "unit 01", "pair"] = "all"
    panel.loc[panel["unit"] == "unit 01", "pair"] = "pair"
    panel.loc[panel["unit"] == "unit 00", "pair"] = "pair"
    checked = check(panel, treated="", effects=["unit", "pair"])
    assert texts(checked, "warning") == [
        "Fewer than 5 rows are alone in their unit or pair; left out."
    ]
    assert "unit 00" not in set(checked.rows["unit"])


def test_collinear_regressors_are_refused_by_name() -> None:
    panel = make_panel().assign(one=1.0)
    panel["twice"] = 2 * panel["size"] + 5
    panel["born"] = panel["unit"].str[-2:].astype(float)
    panel["age"] = panel["year"] - panel["born"]
    said = texts(
        check(
            panel,
            regressors=["size", "one", "twice", "born", "age"],
            effects=["unit", "year"],
        ),
        "refused",
    )
    assert said == [
        "`one` is the same in all rows: its coefficient is not identified.",
        "`born` is told by the effects of `unit` and `year`: its coefficient is not identified.",
        "`age` is told by the effects of `unit` and `year`: its coefficient is not identified.",
        "`twice` is an exact combination of `size`: its coefficient is not identified.",
    ]
    assert not check(panel, regressors=["size", "born", "age"]).is_refused


def test_near_collinear_regressors_pass() -> None:
    panel = make_panel()
    panel["near"] = panel["size"] + np.random.default_rng(1).normal(0, 1e-3, len(panel))
    assert not check(panel, regressors=["size", "near"], effects=["unit"]).is_refused


def test_one_cluster_is_refused_and_few_are_said() -> None:
    panel = make_panel().assign(country="here")
    panel["region"] = panel["unit"].str[-1]
    assert "in one cluster" in texts(check(panel, cluster=["country"]), "refused")[0]
    checked = check(panel, cluster=["unit", "region"])
    assert checked.clusters == 10
    assert texts(checked, "warning")[0].startswith("Only 10 clusters of region, fewer than 30")


def test_an_outcome_that_does_not_vary_is_refused() -> None:
    panel = make_panel().assign(revenue=3.0)
    assert texts(check(panel), "refused") == [
        "`revenue` does not vary: there is nothing to explain."
    ]


def test_a_panel_without_rows_is_refused() -> None:
    checked = check(make_panel().assign(revenue=np.nan), effects=["unit"], cluster=["unit"])
    assert texts(checked, "refused") == ["No rows are left to estimate with."]
    assert check(make_panel().iloc[:0], treated="").is_refused
    assert check(make_panel().iloc[:0].astype(object), effects=["unit"]).is_refused


def test_mistakes_in_columns_are_errors() -> None:
    with pytest.raises(ValueError, match="no column turnover"):
        check(make_panel(), outcome="turnover")
    with pytest.raises(ValueError, match="revenue must be a column of numbers"):
        check(make_panel().assign(revenue="much"))
    with pytest.raises(ValueError, match="year must be whole"):
        check(make_panel().assign(year=2000.5))


def test_a_value_that_few_units_have_is_said() -> None:
    panel = make_panel()
    panel["listed"] = (panel["unit"] == "unit 03") & (panel["year"] > 2002)
    checked = check(panel, regressors=["listed"], effects=["unit", "year"], cluster=["unit"])
    assert texts(checked, "warning") == [
        "`listed` has one of its two values in fewer than 10 of unit: clustered standard errors are "
        "too small."
    ]
    panel["listed"] = panel["unit"].isin([f"unit {n:02d}" for n in range(12)])
    panel["listed"] &= panel["year"] > 2002
    assert texts(check(panel, regressors=["listed"]), "warning") == []
    panel["region"] = (panel["unit"] < "unit 12").map({True: "treated", False: ""})
    panel["region"] += panel["unit"].str[-1].where(panel["unit"] > "unit 11", "")
    said = texts(check(panel, regressors=["listed"], cluster=["region"]), "warning")
    assert "fewer than 10 of region" in said[0]
    # a year is a value that all units have
    panel["late"] = panel["year"] == 2005
    assert texts(check(panel, regressors=["late"]), "warning") == []


def test_numbers_that_may_be_missing_are_numbers() -> None:
    panel = make_panel()
    panel["size"] = panel["size"].astype("Float64").mask(panel.index < 9)
    panel["year"] = panel["year"].astype("Int64")
    checked = check(panel, regressors=["size"], treated="")
    assert texts(checked, "warning") == ["9 rows have no `size`; left out."]
    with pytest.raises(ValueError, match="year must be a column of numbers"):
        check(panel.assign(year=panel["year"].astype(str)))
