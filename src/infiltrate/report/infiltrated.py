"""Infiltrated firms by sector and area as a reader takes them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.report.labels import name_cells
from infiltrate.report.wording import count, interval, percent

_KINDS = ("a sector in an area", "all sectors of an area", "a sector in the country")


def own_cells(cells: pd.DataFrame, areas: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return cells for a figure, named; those shown with a larger cell have no value.

    Parameters
    ----------
    cells : pandas.DataFrame
        The table ``infiltrated_cells``.
    areas : pandas.DataFrame
        The table ``areas``.
    params : StudyParams
        As for `name_cells`.
    """
    return name_cells(
        cells.assign(value=cells["share"].where(~cells["is_rolled_up"])), areas, params
    )


def count_infiltrated_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Return, per kind of cell, how many stand by themselves and how many are shown otherwise."""
    closed = cells["status"] == "suppressed"
    own = ~cells["is_rolled_up"] & ~closed
    flags = pd.DataFrame(
        {
            "cell": _kind(cells),
            "cells": 1,
            "by itself": own,
            "of these with a wide interval": own & cells["is_wide"],
            "with its area": cells["is_rolled_up"] & ~closed & (cells["shown_area_id"] != "all"),
            "with the country": cells["is_rolled_up"] & ~closed & (cells["shown_area_id"] == "all"),
            "closed": closed,
        }
    )
    table = flags.groupby("cell").sum().astype(int)
    return table.reindex([kind for kind in _KINDS if kind in table.index]).reset_index()


def tabulate_infiltrated_cells(
    cells: pd.DataFrame, areas: pd.DataFrame, params: StudyParams, most: int = 40
) -> pd.DataFrame:
    """Return the cells published by themselves, highest first, both estimates side by side."""
    parts = cells[_kind(cells) != ""]
    own = own_cells(parts, areas, params).dropna(subset=["value"])
    own = own.sort_values(
        ["share", "sector_id", "area_id"], ascending=[False, True, True], ignore_index=True
    ).head(most)
    return pd.DataFrame(
        {
            "sector": own["sector_id"],
            "area": own["area_id"],
            "firms": own["firms"],
            "infiltrated firms": _write(
                own, ["infiltrated", "infiltrated_low", "infiltrated_high"], count
            ),
            "share": _write(own, ["share", "low", "high"], percent),
            "share by Fay-Herriot": own["fay_herriot"],
            "difference": own["difference"],
            "found by any list": _write(
                own, ["detection", "detection_low", "detection_high"], percent
            ),
            "among the five highest": own["probability_top5"],
        }
    )


def _kind(cells: pd.DataFrame) -> pd.Series:
    of_all_sectors, of_all_areas = cells["sector_id"] == "all", cells["area_id"] == "all"
    kind = pd.Series(_KINDS[0], index=cells.index, dtype=object)
    kind = kind.mask(of_all_sectors, _KINDS[1]).mask(of_all_areas, _KINDS[2])
    return kind.mask(of_all_sectors & of_all_areas, "")


def _write(cells: pd.DataFrame, names: list[str], write: Callable[[Any], str]) -> list[str | None]:
    return [
        None if pd.isna(value) else interval(value, low, high, write)
        for value, low, high in cells[names].itertuples(index=False)
    ]
