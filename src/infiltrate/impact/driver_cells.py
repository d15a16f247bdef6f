"""Cells with draws of their infiltrated firms beside the measures of their areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding
from infiltrate.impact.area_measures import AreaMeasures
from infiltrate.impact.cell_regression import CellDesign
from infiltrate.impact.rubin import FEWEST_DRAWS

DESIGN = "drivers"
FEWEST_AREAS = 8
FEW_AREAS = 30
_ENOUGH_DRAWS = 200
_ALIKE = 10.0
_CELL = ["sector_id", "area_id"]
_COLUMNS = ["draw", *_CELL, "firms", "listed", "infiltrated"]


@dataclass(frozen=True, eq=False)
class DriverCells:
    """M draws of C cells, in A areas of which all measures are known.

    Attributes
    ----------
    draws : numpy.ndarray, shape (M, C)
        Infiltrated firms.
    firms, listed : numpy.ndarray, shape (C,)
        Firms seen, and firms on a list.
    area, sector : numpy.ndarray of int, shape (C,)
        Codes; those of areas are rows of ``standard``.
    drivers, effort : tuple of str
        Measures that are left.
    standard : pandas.DataFrame
        One row per area, one column per measure, of mean 0 and standard deviation 1.
    spread : pandas.Series
        Standard deviation of each measure before that.
    """

    draws: np.ndarray
    firms: np.ndarray
    listed: np.ndarray
    area: np.ndarray
    sector: np.ndarray
    drivers: tuple[str, ...]
    effort: tuple[str, ...]
    standard: pd.DataFrame
    spread: pd.Series

    def choose(self, measures: Sequence[str]) -> CellDesign:
        """Return the design of a regression on some of the measures."""
        values = self.standard[list(measures)].to_numpy(dtype=float)
        return CellDesign(self.firms, self.area, self.sector, values)


def lay_out_cells(
    cell_draws: pd.DataFrame, measures: AreaMeasures, draws: int
) -> tuple[DriverCells | None, tuple[Finding, ...]]:
    """Bring cells and measures together, and say what had to be left out.

    Parameters
    ----------
    cell_draws : pandas.DataFrame
        As of `prevalence.cell_draws.tabulate_cell_draws`.
    measures : AreaMeasures
        Of its areas.
    draws : int
        How many draws to use.

    Returns
    -------
    cells : DriverCells or None
        None when the first finding is a refusal.
    findings : tuple of Finding
        What was refused or left out.

    Raises
    ------
    ValueError
        When a column is missing or draws do not have the same cells.
    """
    absent = [name for name in _COLUMNS if name not in cell_draws]
    if absent:
        raise ValueError(f"cell_draws: no column {', '.join(absent)}")
    if cell_draws.empty:
        why = "There are no draws of infiltrated firms by sector and area to explain."
        return None, (_refuse(why),)
    numbers = np.unique(cell_draws["draw"])[:draws]
    if len(numbers) < FEWEST_DRAWS:
        return None, (_refuse("One draw of infiltrated firms says nothing of its own error."),)
    rows = cell_draws[cell_draws["draw"].isin(numbers)].sort_values(["draw", *_CELL])
    cells = rows.iloc[: len(rows) // len(numbers)]
    again = pd.concat([cells[_CELL]] * len(numbers), ignore_index=True)
    if not again.equals(rows[_CELL].reset_index(drop=True)) or cells.duplicated(_CELL).any():
        raise ValueError("cell_draws: every draw must have the same cells, each once")
    values, findings = _choose_measures(measures, cells["area_id"])
    if values is None:
        return None, findings
    if len(numbers) < _ENOUGH_DRAWS:
        why = f"{len(numbers)} draws of cells: intervals want {_ENOUGH_DRAWS} or more."
        findings = (*findings, _warn(why))
    spread = values.std(ddof=0)
    standard = (values - values.mean()) / spread
    kept = cells["area_id"].isin(values.index).to_numpy() & (cells["firms"].to_numpy() > 0)
    infiltrated = rows["infiltrated"].to_numpy(dtype=float).reshape(len(numbers), len(cells))
    cells = cells[kept]
    laid_out = DriverCells(
        draws=infiltrated[:, kept],
        firms=cells["firms"].to_numpy(dtype=float),
        listed=cells["listed"].to_numpy(dtype=float),
        area=values.index.get_indexer(cells["area_id"]),
        sector=np.unique(cells["sector_id"].to_numpy(dtype=str), return_inverse=True)[1],
        drivers=tuple(name for name in measures.drivers if name in values),
        effort=tuple(name for name in measures.effort if name in values),
        standard=standard,
        spread=spread,
    )
    return laid_out, (*findings, *_doubt_areas(laid_out))


def _choose_measures(
    measures: AreaMeasures, area_ids: pd.Series
) -> tuple[pd.DataFrame | None, tuple[Finding, ...]]:
    """Keep areas where everything is known and measures that say something."""
    both = pd.concat([measures.drivers, measures.effort], axis=1)
    both = both.reindex(sorted(area_ids.unique())).replace([np.inf, -np.inf], np.nan)
    empty = [name for name in both if both[name].notna().sum() < FEWEST_AREAS]
    values = both.drop(columns=empty).dropna()
    flat = [name for name in values if not values[name].std(ddof=0) > 1e-9]
    values = values.drop(columns=flat)
    twins = _find_twins(values)
    values = values.drop(columns=twins)
    left = (
        (empty, f"known of fewer than {FEWEST_AREAS} areas"),
        (flat, "the same in every area"),
        (twins, "it follows exactly from the others"),
    )
    findings = [
        _warn(f"The measure {name} was left out: {why}.") for names, why in left for name in names
    ]
    if not any(name in values for name in measures.drivers):
        why = "No measure of areas that could go with infiltration is known and varies."
        return None, (_refuse(why), *findings)
    if len(values) < FEWEST_AREAS:
        why = f"Only {len(values)} areas have all measures; {FEWEST_AREAS} are needed."
        return None, (_refuse(why), *findings)
    if len(values) < len(both):
        missing = len(both) - len(values)
        findings.append(
            _warn(f"{missing} of {len(both)} areas were left out: a measure is not known there.")
        )
    return values, tuple(findings)


def _find_twins(values: pd.DataFrame) -> list[str]:
    """Return measures that add nothing to those before them."""
    twins: list[str] = []
    kept = np.ones((len(values), 1))
    for name in values:
        column = values[name].to_numpy(dtype=float)
        rest = column - kept @ np.linalg.lstsq(kept, column, rcond=None)[0]
        if np.sqrt((rest**2).mean()) < 1e-6 * float(column.std()):
            twins.append(str(name))
        else:
            kept = np.column_stack([kept, column])
    return twins


def _doubt_areas(cells: DriverCells) -> list[Finding]:
    """Say when areas are few, and when drivers move together."""
    findings = []
    areas = len(cells.standard)
    if areas < FEW_AREAS:
        findings.append(
            _warn(f"{areas} areas: intervals of associations between so few are rough.")
        )
    correlation = np.atleast_2d(np.corrcoef(cells.standard.to_numpy().T))
    inflation = np.diag(np.linalg.pinv(correlation))
    together = [
        f"{name} ({factor:.0f})"
        for name, factor in zip(cells.standard, inflation, strict=True)
        if factor > _ALIKE and name in cells.drivers
    ]
    if together:
        findings.append(
            _warn(
                f"Measures move together (variance inflation: {', '.join(together)}): which of "
                "them goes with infiltration cannot be told; read each by itself."
            )
        )
    return findings


def _refuse(text: str) -> Finding:
    return Finding("refused", DESIGN, text)


def _warn(text: str) -> Finding:
    return Finding("warning", DESIGN, text)
