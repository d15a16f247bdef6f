"""Coefficients and their covariance by linearmodels and pyfixest, under one stated correction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.impact.panel_model import PanelModel


@dataclass(frozen=True)
class Estimates:
    """Coefficients of one regression.

    Attributes
    ----------
    coefficients : array of shape (regressors,)
        In the order of the model; missing where the library left one out.
    covariance : array of shape (regressors, regressors)
        Corrected as `estimate_panel` states.
    freedom : float
        Degrees of freedom of t: fewest clusters less 1; without clusters rows less parameters.
    used : array of bool, shape (rows,)
        Rows that were used; Poisson leaves out those whose groups have only zeros, or that a
        regressor tells to be zero.
    remarks : tuple of str
        What the library warned of.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    freedom: float
    used: np.ndarray
    remarks: tuple[str, ...]


def estimate_panel(rows: pd.DataFrame, model: PanelModel) -> Estimates:
    """Estimate a model on rows that were checked.

    The covariance is the library's sandwich without any correction, times
    G / (G - 1) * (N - 1) / (N - K): N rows, G the fewest clusters of any clustering, K the
    regressors, the constant and the effects, of which those nested in a clustering count as one
    constant each. Without clusters it is times N / (N - K), with all effects counted (HC1). This
    is what fixest, pyfixest and reghdfe do by default; linearmodels' defaults differ.

    Parameters
    ----------
    rows : DataFrame
        As `check_panel` returns them.
    model : PanelModel
        What is estimated.

    Raises
    ------
    ArithmeticError
        Where the method finds no estimate; says why.
    """
    with listening() as remarks:
        if model.estimator in ("absorbed effects", "poisson"):
            coefficients, covariance, used = _with_pyfixest(rows, model)
        else:
            coefficients, covariance = _with_linearmodels(rows, model)
            used = np.ones(len(rows), bool)
    correction, freedom = correct_errors(
        rows.loc[used], len(model.regressors), model.effects, model.cluster
    )
    # what was left out is seen from the rows
    told = tuple(remark for remark in remarks if "because of separation" not in remark)
    return Estimates(coefficients, covariance * correction, freedom, used, told)


def correct_errors(
    rows: pd.DataFrame, regressors: int, effects: Sequence[str], cluster: Sequence[str]
) -> tuple[float, float]:
    """Return the factor of a sandwich covariance, and the degrees of freedom of its t.

    Parameters
    ----------
    rows : DataFrame
        The rows of the regression.
    regressors : int
        How many regressors it has, without the constant.
    effects, cluster : sequence of str
        Columns, as in `PanelModel`; `estimate_panel` states what is done with them.
    """
    count = len(rows)
    levels = [rows[name].nunique() for name in effects]
    nested = [any(_is_nested(rows[name], rows[outer]) for outer in cluster) for name in effects]
    # the effects of each column but the first leave one out
    parameters = regressors + (sum(levels) - len(levels) + 1 if levels else 1)
    parameters -= sum(number - 1 for number, inside in zip(levels, nested, strict=True) if inside)
    if not cluster:
        return count / (count - parameters), count - parameters
    groups = min(rows[name].nunique() for name in cluster)
    return groups / (groups - 1) * (count - 1) / (count - parameters), groups - 1


def _with_linearmodels(rows: pd.DataFrame, model: PanelModel) -> tuple[np.ndarray, np.ndarray]:
    from linearmodels.panel import PanelOLS, PooledOLS, RandomEffects
    from linearmodels.panel.results import PanelResults
    from linearmodels.shared.exceptions import MemoryWarning

    index = pd.MultiIndex.from_arrays([pd.factorize(rows[model.unit])[0], rows[model.time]])
    outcome = pd.Series(rows[model.outcome].to_numpy(), index, name="outcome")
    terms = [f"x{at}" for at in range(len(model.regressors))]
    values = pd.DataFrame(rows[list(model.regressors)].to_numpy(), index, terms)
    settings: dict[str, Any] = {"debiased": False, "cov_type": "robust"}
    if model.cluster:
        clusters = {name: pd.factorize(rows[name])[0] for name in model.cluster}
        settings |= {"cov_type": "clustered", "clusters": pd.DataFrame(clusters, index)}
    if model.estimator == "fixed effects":
        by_unit, by_time = model.unit in model.effects, model.time in model.effects
        # it takes longer with little memory, and that is all
        warnings.simplefilter("ignore", MemoryWarning)
        within = PanelOLS(outcome, values, entity_effects=by_unit, time_effects=by_time)
        fitted: PanelResults = within.fit(auto_df=False, count_effects=False, **settings)
    elif model.estimator == "pooled":
        fitted = PooledOLS(outcome, values.assign(constant=1.0)).fit(**settings)
    else:
        fitted = RandomEffects(outcome, values.assign(constant=1.0)).fit(**settings)
    return fitted.params[terms].to_numpy(), fitted.cov.loc[terms, terms].to_numpy()


def _with_pyfixest(
    rows: pd.DataFrame, model: PanelModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from pyfixest import MapDemeaner, feols, fepois, ssc

    terms = [f"x{at}" for at in range(len(model.regressors))]
    # own names: a formula cannot hold every column's
    data = {"y": rows[model.outcome]} | {
        term: rows[name] for term, name in zip(terms, model.regressors, strict=True)
    }
    effects = [f"f{at}" for at in range(len(model.effects))]
    clusters = [f"c{at}" for at in range(len(model.cluster))]
    for term, name in zip([*effects, *clusters], [*model.effects, *model.cluster], strict=True):
        data[term] = pd.factorize(rows[name])[0]
    formula = f"y ~ {' + '.join(terms)}" + (f" | {' + '.join(effects)}" if effects else "")
    settings = {
        "vcov": {"CRV1": " + ".join(clusters)} if clusters else "hetero",
        "ssc": ssc(k_adj=False, G_adj=False),
        "fixef_rm": "none",
        "demeaner": MapDemeaner(fixef_tol=1e-9),
        "copy_data": False,
    }
    table = pd.DataFrame(data).reset_index(drop=True)
    used = np.ones(len(table), bool)
    try:
        if model.estimator == "poisson":
            # errors take the weights of the step before the last: a tight end makes them right
            fitted = fepois(formula, table, iwls_tol=1e-11, **settings)
            used[np.asarray(fitted.na_index, int)] = False
        else:
            fitted = feols(formula, table, store_data=False, lean=True, **settings)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ArithmeticError(f"No estimate was found: {error}.") from error
    if model.estimator == "poisson" and not fitted.convergence:
        raise ArithmeticError(f"No estimate was found in {fitted.maxiter} steps.")
    names = list(fitted.coef().index)
    covariance = pd.DataFrame(fitted._vcov, names, names)
    return (
        fitted.coef().reindex(terms).to_numpy(),
        covariance.reindex(index=terms, columns=terms).to_numpy(),
        used,
    )


def _is_nested(effect: pd.Series, cluster: pd.Series) -> bool:
    pairs = pd.DataFrame({"effect": effect, "cluster": cluster}).drop_duplicates()
    return not pairs["effect"].duplicated().any()


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what libraries warn of inside a ``with``; filled when it ends.

    What a library says about its own future is not about the data, and is left out.
    """
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield remarks
    remarks.extend(
        " ".join(str(warning.message).split())
        for warning in caught
        if not issubclass(warning.category, DeprecationWarning | FutureWarning)
    )
