"""Draws of one national number, as every estimator hands them on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from infiltrate.prevalence.posterior import Family, Posterior, equal_tails

Status = Literal["use", "caution", "reject"]

_LARGE_SHARE_AT_CAP = 0.05
_WIDE = 10.0


def national_posterior(
    estimator: str,
    family: Family,
    firms: int,
    draws: np.ndarray,
    point: float,
    *,
    diagnostics: Mapping[str, float | str] | None = None,
    cautions: Sequence[str] = (),
    rejections: Sequence[str] = (),
) -> Posterior:
    """Judge the draws of a national number and wrap them up.

    Parameters
    ----------
    estimator, family : str
        As in `Posterior`.
    firms : int
        Firms of the universe: no draw may exceed it; 0 when unknown.
    draws : numpy.ndarray, shape (n_draws,)
        Numbers of infiltrated firms, infinite where a draw has no estimate.
    point : float
        Best value; the median of the draws when missing.
    diagnostics : mapping
        What was checked.
    cautions, rejections : sequence of str
        What is known against it so far.
    """
    found = dict(diagnostics or {})
    reasons: list[str] = [*rejections, *cautions]
    status: Status = "reject"
    if not rejections:
        over = float(np.mean(draws > firms)) if firms else float(np.mean(~np.isfinite(draws)))
        found["share_of_draws_above_universe"] = over
        status, reasons = _judge(draws, over, list(cautions))
    if status == "reject":
        draws, best = np.zeros(0), math.nan
    else:
        largest = firms or np.max(draws[np.isfinite(draws)])
        draws = np.minimum(draws, largest)
        best = float(np.median(draws) if math.isnan(point) else min(point, largest))
    return Posterior(
        estimator=estimator,
        family=family,
        cells=pd.DataFrame({"section": ["all"], "area_id": ["all"], "firms": [firms]}),
        draws=draws.reshape(-1, 1),
        point=np.array([best]),
        diagnostics=found,
        status=status,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def reject_estimator(
    estimator: str,
    family: Family,
    firms: int,
    rejections: Sequence[str],
    *,
    cautions: Sequence[str] = (),
    diagnostics: Mapping[str, float | str] | None = None,
) -> Posterior:
    """Say why an estimator gives no number; parameters as in `national_posterior`."""
    return national_posterior(
        estimator,
        family,
        firms,
        np.zeros(0),
        math.nan,
        diagnostics=diagnostics,
        cautions=cautions,
        rejections=rejections,
    )


def _judge(draws: np.ndarray, over: float, cautions: list[str]) -> tuple[Status, list[str]]:
    if over > 0.5:
        too_many = "More than half of the draws exceed the number of firms there are."
        return "reject", [too_many, *cautions]
    if over > _LARGE_SHARE_AT_CAP:
        cautions.append(
            f"{over:.0%} of the draws exceed the number of firms there are and were cut off there."
        )
    low, _, high = equal_tails(draws, 0.95)
    if low > 0 and high / low > _WIDE:
        cautions.append(
            f"The 95 % interval spans more than a factor of {_WIDE:.0f}: it says little."
        )
    return ("caution" if cautions else "use"), cautions
