"""What can be said of the infiltrated share without a model of detection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

Number = TypeVar("Number", float, np.ndarray)


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest share of infiltrated firms that the assumptions allow."""

    low: float
    high: float


def bound_without_assumptions(floor: float, firms: int) -> Bounds:
    """Bound the infiltrated share by what is known: no fewer than the floor, no more than all."""
    return Bounds(_share(floor, firms), 1.0)


def bound_by_detection(
    floor_low: float, floor_high: float, firms: int, detection_low: float, detection_high: float
) -> Bounds:
    """Bound the infiltrated share by the believable chance that such a firm is on any list.

    Parameters
    ----------
    floor_low, floor_high : float
        Ends of the number of infiltrated firms on a list, in firms; equal when it is certain.
    firms : int
        The denominator.
    detection_low, detection_high : float
        Lowest and highest chance that an infiltrated firm is on at least one list.

    Returns
    -------
    Bounds
        ``floor_low / (detection_high * firms)`` to ``floor_high / (detection_low * firms)``, at
        most 1.
    """
    return Bounds(
        _share(floor_low / detection_high, firms), _share(floor_high / detection_low, firms)
    )


def dark_share_curve(bounds: Bounds, dark_shares: Sequence[float]) -> pd.DataFrame:
    """Show what follows if part of the infiltration is of a kind that no list can see.

    Parameters
    ----------
    bounds : Bounds
        Bounds on the infiltrated share that the lists could see.
    dark_shares : sequence of float
        Fractions of all infiltration that no list can see. The data say nothing about them.

    Returns
    -------
    pandas.DataFrame
        One row per dark share: ``dark_share``, ``multiplier`` (one over one minus it), and the
        bounds ``low`` and ``high`` after it.
    """
    dark = pd.Series(sorted(set(dark_shares)), dtype=float, name="dark_share")
    multiplier = 1 / (1 - dark)
    return pd.DataFrame(
        {
            "dark_share": dark,
            "multiplier": multiplier,
            "low": (bounds.low * multiplier).clip(upper=1),
            "high": (bounds.high * multiplier).clip(upper=1),
        }
    )


def scale_hidden(listed: float | Number, estimate: Number, gamma: float | Number) -> Number:
    r"""Return the estimate if hidden firms are harder to detect than the model believes.

    .. math:: N_\Gamma = M + \Gamma (\hat N - M)

    Parameters
    ----------
    listed : float or numpy.ndarray
        M, infiltrated firms on a list.
    estimate : float or numpy.ndarray
        N, the estimate of all infiltrated firms; not below M.
    gamma : float or numpy.ndarray
        Detection odds of hidden firms are one over this of what the model believes; 1 changes
        nothing.
    """
    return listed + gamma * (estimate - listed)


def _share(number: float, firms: int) -> float:
    return min(number / firms, 1.0) if firms else float("nan")
