"""What every estimator of prevalence gives: draws by cell, diagnostics, and whether to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from infiltrate.prevalence.detection_fit import DetectionFit

Family = Literal[
    "joint_detection",
    "loglinear",
    "doubly_robust",
    "latent_class",
    "heuristic",
    "transport",
    "comparator",
]


_IN_WORDS = {
    "joint_detection": "the joint detection model",
    "loglinear_bic": "log-linear models of overlaps",
    "doubly_robust": "doubly robust pairs of lists",
    "latent_class": "latent classes",
    "chao_list_effects": "Chao's bound with list effects",
    "chao_equal_lists": "Chao's bound with equal lists",
    "scar_best_bin": "best bin",
    "scar_elkan_noto": "Elkan and Noto",
    "scar_em": "expectation maximisation",
}


@dataclass(frozen=True, eq=False)
class CellDetection:
    """How likely lists are to find the infiltrated firms of each cell, and what they found.

    Attributes
    ----------
    chance : numpy.ndarray, shape (n_draws, n_cells)
        Mean chance that an infiltrated firm of the cell is on any list.
    direct : numpy.ndarray, shape (n_cells,)
        Listed firms of the cell, each counted as its chance to be infiltrated over its chance to
        be listed if it is.
    direct_variance : numpy.ndarray, shape (n_cells,)
        Variance of ``direct`` if network components are drawn with replacement.
    """

    chance: np.ndarray
    direct: np.ndarray
    direct_variance: np.ndarray


@dataclass(frozen=True, eq=False)
class Posterior:
    """What one estimator says of the number of infiltrated firms.

    Attributes
    ----------
    estimator : str
        Its name.
    family : str
        Estimators of one family share an assumption; a pool weighs families, not estimators.
    cells : pandas.DataFrame
        One row per cell: ``section``, ``area_id`` and ``firms``; a single row of "all" and "all"
        when the estimator is national.
    draws : numpy.ndarray, shape (n_draws, n_cells)
        Numbers of infiltrated firms, listed ones included; no rows when rejected.
    point : numpy.ndarray, shape (n_cells,)
        Best value; missing when rejected.
    diagnostics : mapping
        What was checked, by name.
    status : str
        Whether to use the draws, to use them with caution, or to reject them.
    reasons : tuple of str
        Why not simply to use them, in words for a reviewer.
    detection : CellDetection or None
        For estimators that model detection by cell; its draws go with ``draws``.
    fit : DetectionFit or None
        For estimators whose draws are of firms one by one, the model that they come from.
    """

    estimator: str
    family: Family
    cells: pd.DataFrame
    draws: np.ndarray
    point: np.ndarray
    diagnostics: Mapping[str, float | str]
    status: Literal["use", "caution", "reject"]
    reasons: tuple[str, ...] = ()
    detection: CellDetection | None = None
    fit: DetectionFit | None = None

    def total(self) -> np.ndarray:
        """Return the draws of the whole country, shape (n_draws,)."""
        return self.draws.sum(axis=1)

    def interval(self, coverage: float) -> tuple[float, float]:
        """Return the equal-tailed interval of the whole country; missing when rejected."""
        if not len(self.draws):
            return float("nan"), float("nan")
        low, _, high = equal_tails(self.total(), coverage)
        return low, high


def equal_tails(draws: np.ndarray, coverage: float) -> tuple[float, float, float]:
    """Return low end, median and high end of the equal-tailed interval of draws."""
    low, middle, high = np.quantile(draws, [(1 - coverage) / 2, 0.5, (1 + coverage) / 2])
    return float(low), float(middle), float(high)


def name_in_words(estimator: str) -> str:
    """Return plain words for an estimator's name."""
    return _IN_WORDS.get(estimator, estimator.replace("_", " "))
