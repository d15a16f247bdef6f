"""How wrong the assumptions must be before the answer changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_TOP = 5


@dataclass(frozen=True)
class TippingPoints:
    """How wrong the assumptions must be to change the answer.

    Attributes
    ----------
    gamma_doubles, dark_share_doubles : float
        Gamma, and share that no list can see, at which the pooled median doubles.
    gamma_reorders, dark_share_reorders : float
        Smallest of each that changes the order of the five areas with the largest shares, if it
        holds in one area only; missing with fewer than two areas. This gamma leaves out that
        listed firms are certain, so the true one is a little larger.
    """

    gamma_doubles: float
    dark_share_doubles: float
    gamma_reorders: float
    dark_share_reorders: float


def find_tipping_points(
    draws: np.ndarray, floor: float, cells: pd.DataFrame, cell_draws: np.ndarray
) -> TippingPoints:
    """Find where the median doubles and where the order of the first five areas changes.

    Parameters
    ----------
    draws : numpy.ndarray, shape (n_draws,)
        Pooled number of infiltrated firms.
    floor : float
        Infiltrated firms on a list.
    cells : pandas.DataFrame
        One row per cell: section, area_id and firms.
    cell_draws : numpy.ndarray, shape (n_draws, n_cells)
        Pooled numbers by cell.
    """
    median = float(np.median(draws))
    doubles = (2 * median - floor) / (median - floor) if median > floor else float("inf")
    ratio = _closest_shares(cells, cell_draws)
    return TippingPoints(doubles, 0.5, ratio, 1 - 1 / ratio)


def _closest_shares(cells: pd.DataFrame, cell_draws: np.ndarray) -> float:
    """Return the smallest ratio between neighbours among the first areas by share."""
    areas, codes = np.unique(cells["area_id"].to_numpy(dtype=str), return_inverse=True)
    if len(areas) < 2:
        return float("nan")
    firms = np.bincount(codes, weights=cells["firms"])
    by_area = np.zeros((len(cell_draws), len(areas)))
    np.add.at(by_area.T, codes, cell_draws.T)
    share = np.sort(np.median(by_area, axis=0) / np.maximum(firms, 1))[::-1][: _TOP + 1]
    above, below = share[:-1], share[1:]
    known = below > 0
    return float((above[known] / below[known]).min()) if known.any() else float("inf")
