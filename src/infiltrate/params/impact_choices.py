"""Choices about effects of infiltration and what drives it."""

from __future__ import annotations

from typing import Literal

from infiltrate.params.section import Section, parameter
from infiltrate.params.values import Day


class ImpactChoices(Section):
    """Panels, event studies, drivers and costs."""

    lists: list[str] = parameter(
        [], "Lists whose companies are treated; empty: those about organised crime, or all."
    )
    dates: Literal["stated", "stated_or_lag"] = parameter(
        "stated",
        "Which day counts as the first of infiltration; the one a list states, or where it states "
        "none the day of the entry less the lag of the list, which hides half of an effect or "
        "more.",
    )
    shifts_months: list[int] = parameter(
        [12, 24],
        "Months by which that day is moved back to see what an uncertain date changes.",
        unit="months",
    )
    outcomes: list[Literal["revenue", "assets", "employees", "personnel", "debt", "ebit"]] = (
        parameter(
            ["revenue", "employees", "debt"],
            "Items of the accounts whose logarithms are outcomes; the first is the main one.",
            min_length=1,
        )
    )
    matched_on: list[Literal["sector", "size", "area"]] = parameter(
        ["sector", "size", "area"],
        "What controls must share with treated companies; sizes are fifths of the first year's "
        "revenue.",
    )
    leads: int = parameter(3, "Years before treatment that are shown.", unit="years", ge=2, le=15)
    lags: int = parameter(4, "Years after treatment that are shown.", unit="years", ge=1, le=15)
    placebo_draws: int = parameter(
        200, "Draws in which the days of treatment are dealt out anew.", unit="draws", ge=50
    )
    fewest_treated: int = parameter(
        10,
        "With fewer treated companies an event study is refused.",
        unit="companies",
        ge=2,
    )
    drivers: list[str] = parameter(
        [],
        "Measures of `area_years` that may go with infiltration; empty: all that are not "
        "`choices.prevalence.effort_measures`.",
    )
    draws: int = parameter(
        200,
        "Draws of the prevalence of cells that drivers and costs are combined over.",
        unit="draws",
        ge=200,
        le=4000,
    )
    interval: float = parameter(0.95, "Coverage of the intervals.", unit="share", gt=0.5, lt=1)
    planted: dict[Literal["revenue", "assets", "employees", "debt", "rivals"], float] = parameter(
        {},
        "Mean effects on logarithms that an invented country was made with, to be held against the "
        "estimates; empty for a real one.",
        key="revenue",
        unit="log points",
    )
    area_treated: str = parameter(
        "", "Area whose outcome a synthetic control is built for; empty: none."
    )
    area_treated_on: Day | None = parameter(
        None, "Day of the event in that area; empty: no synthetic control."
    )
    area_outcome: str = parameter(
        "", "Measure of `area_years` that is the outcome; empty: no synthetic control."
    )
