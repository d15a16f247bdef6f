"""The ridge-augmented synthetic control, which leaves the donors' range where the fit is poor."""

from __future__ import annotations

import warnings

import numpy as np

from infiltrate.impact.comparative_case import Comparison


def fit_ridge_augmented(comparison: Comparison) -> np.ndarray:
    """Return the weights of donors.

    Parameters
    ----------
    comparison : Comparison
        The case; outcomes of the fitted years are balanced, predictors are not used.

    Returns
    -------
    numpy.ndarray, shape (n_donors,)
        They add up to one; some may be below zero, which is extrapolation.

    Notes
    -----
    Ben-Michael, Feller and Rothstein (2021), by the library pysyncon; the penalty is the largest
    within one standard error of the least error in left-out years.
    """
    from pysyncon import AugSynth, Dataprep

    fitted = comparison.years[comparison.is_fitted]
    outcomes = comparison.outcomes
    # the library takes every year outside the fitted ones for one after treatment
    later = comparison.years > fitted[-1]
    long = outcomes[comparison.is_fitted | later].rename_axis(index="year").reset_index()
    long = long.melt("year", var_name="unit", value_name="outcome")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = Dataprep(
            foo=long,
            predictors=[],
            predictors_op="mean",
            dependent="outcome",
            unit_variable="unit",
            time_variable="year",
            treatment_identifier=comparison.case.treated,
            controls_identifier=comparison.donors,
            time_predictors_prior=fitted.tolist(),
            time_optimize_ssr=fitted.tolist(),
        )
        model = AugSynth()
        model.fit(prepared, use_covariates=False)
    return np.asarray(model.W, dtype=float)
