"""Synthetic difference in differences, beside plain ones."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from infiltrate.impact.answer import Finding, ImpactAnswer
from infiltrate.impact.comparative_case import Comparison

_DESIGN = "synthetic_control"


def fit_synthetic_did(
    comparison: Comparison,
    rng: np.random.Generator,
    *,
    interval: float = 0.95,
    replications: int = 200,
) -> ImpactAnswer:
    """Return the average effect with units and years weighted, and without any weights.

    Parameters
    ----------
    comparison : Comparison
        The case; predictors and the choice of fitted years are not used.
    rng : numpy.random.Generator
        Draws the placebo units.
    interval : float
        Coverage.
    replications : int
        Draws behind the standard error.

    Returns
    -------
    ImpactAnswer
        ``synthetic difference in differences`` with a standard error from placebo units, and
        ``difference in differences``.

    Notes
    -----
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), by the library diff-diff: units and
    years before treatment are weighted so that the weighted others run parallel to the treated
    unit. The standard error takes each draw of untreated units for treated ones, hence needs as
    much noise in the treated unit as in the others; with one treated unit nothing better is known.
    Interval and p value take the estimate for normal.
    """
    from diff_diff import SyntheticDiD
    from scipy.stats import norm

    kept = comparison.outcomes[~comparison.is_treated | comparison.is_effect]
    long = kept.rename_axis(index="year").reset_index().melt("year", var_name="unit")
    long["treated"] = (long["unit"] == comparison.case.treated).astype(int)
    model = SyntheticDiD(
        alpha=1 - interval,
        variance_method="placebo",
        n_bootstrap=replications,
        seed=int(rng.integers(2**31)),
    )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = model.fit(
            long,
            outcome="value",
            treatment="treated",
            unit="unit",
            time="year",
            post_periods=comparison.years[comparison.is_effect].tolist(),
        )
    said = sorted({str(one.message) for one in heard if one.category is UserWarning})
    findings = tuple(Finding("warning", _DESIGN, _shorten(text)) for text in said)
    low, high = found.conf_int
    effect = replace(
        comparison.report("synthetic difference in differences", float(found.att)),
        std_error=float(found.se),
        low=float(low),
        high=float(high),
        p_value=float(2 * norm.sf(abs(found.att / found.se))),
    )
    before, after = ~comparison.is_treated, comparison.is_effect
    count = len(comparison.donors)
    gap = comparison.gap(np.full(count, 1 / count))
    plain = float(gap[after].mean() - gap[before].mean())
    return ImpactAnswer((effect, comparison.report("difference in differences", plain)), findings)


def _shorten(text: str) -> str:
    """Return the first sentence of what the library says."""
    first = text.split(". ", maxsplit=1)[0].strip().rstrip(".")
    return f"Synthetic difference in differences: {first}."
