"""Panel regressions: one tidy answer whatever the estimator and the library behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer, find_refusals
from infiltrate.impact.mundlak import compare_random_with_fixed
from infiltrate.impact.panel_checks import FEW_CLUSTERS, CheckedPanel, check_model
from infiltrate.impact.panel_estimators import Estimates, estimate_panel
from infiltrate.impact.panel_model import PanelModel
from infiltrate.impact.panel_notes import PanelNotes
from infiltrate.impact.wild_bootstrap import Inference, bootstrap_wild_clusters

_NAMES = {
    "pooled": "pooled least squares",
    "fixed effects": "fixed effects",
    "random effects": "random effects (Swamy and Arora)",
    "absorbed effects": "fixed effects, absorbed",
    "poisson": "Poisson pseudo-maximum likelihood",
}


def fit_panel(
    panel: pd.DataFrame, model: PanelModel, rng: np.random.Generator | None = None
) -> ImpactAnswer:
    """Estimate a panel regression, or say why it cannot be.

    Intervals and p values are those of t with the fewest clusters less 1 degrees of freedom, or
    without clusters the rows less the parameters; `estimate_panel` states the correction of the
    standard errors, one for all estimators. With fewer than 30 clusters, one column of them and a
    generator given, least squares take p values and intervals from the wild cluster bootstrap.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and time.
    model : PanelModel
        What is estimated.
    rng : Generator, optional
        For the bootstrap; without one, few clusters are only said.

    Returns
    -------
    ImpactAnswer
        One effect per regressor; none where a finding is a refusal.

    Raises
    ------
    ValueError
        When a column is absent or not of numbers.
    """
    checked = check_model(panel, model)
    findings = [*checked.findings, *_refuse_model(checked.rows, model)]
    if find_refusals(findings):
        return ImpactAnswer(findings=tuple(findings))
    try:
        fitted = estimate_panel(checked.rows, model)
    except ArithmeticError as error:
        return ImpactAnswer(findings=(*findings, Finding("refused", model.design, str(error))))
    findings += _judge(fitted, model)
    if find_refusals(findings):
        return ImpactAnswer(findings=tuple(findings))
    if model.estimator == "random effects":
        findings += _judge_random_effects(checked.rows, model)
    wild, said = _bootstrap(checked, model, rng)
    return ImpactAnswer(_tabulate(checked, model, fitted, wild), (*findings, *said))


def _refuse_model(rows: pd.DataFrame, model: PanelModel) -> list[Finding]:
    """Find what only some estimators cannot take."""
    if rows.empty:
        return []
    said = []
    if model.estimator == "poisson" and (rows[model.outcome] < 0).any():
        said.append(f"`{model.outcome}` is below zero in some rows; Poisson needs 0 or more.")
    parameters = len(model.regressors) + sum(rows[name].nunique() for name in model.effects)
    if len(rows) <= parameters + 1:
        said.append(
            f"{len(rows)} rows are too few for {len(model.regressors)} regressors and "
            f"{parameters - len(model.regressors)} effects."
        )
    if model.estimator == "random effects":
        units = rows[model.unit].nunique()
        if units <= len(model.regressors) + 1 or units == len(rows):
            said.append(
                f"{units} units of {len(rows)} rows are too few to tell units' effects apart."
            )
    return [Finding("refused", model.design, text) for text in said]


def _judge(fitted: Estimates, model: PanelModel) -> list[Finding]:
    findings = [
        Finding("warning", model.design, f"{_NAMES[model.estimator]}: {remark}")
        for remark in fitted.remarks
    ]
    if lost := int((~fitted.used).sum()):
        notes = PanelNotes(model.design)
        notes.leave_out(lost, "rows", f"tell nothing: `{model.outcome}` can only be 0 in them")
        findings += notes.findings
    variances = np.diag(fitted.covariance)
    for name, estimate, variance in zip(
        model.regressors, fitted.coefficients, variances, strict=True
    ):
        if not np.isfinite(estimate):
            text = f"`{name}` is told by the other columns: its coefficient is not identified."
            findings.append(Finding("refused", model.design, text))
        elif not variance > 0:
            text = f"The variance of the coefficient of `{name}` is not positive: no interval."
            findings.append(Finding("warning", model.design, text))
    return findings


def _judge_random_effects(rows: pd.DataFrame, model: PanelModel) -> list[Finding]:
    tested = compare_random_with_fixed(rows, model)
    if tested is None or not tested.p_value < 1 - model.coverage:
        return []
    return [
        Finding(
            "warning",
            model.design,
            f"Random effects are at odds with fixed effects (Mundlak's test: F = "
            f"{tested.statistic:.2f}, p = {tested.p_value:.4f}): what is not seen of a "
            f"{model.unit} goes with the regressors; read the fixed effects.",
        )
    ]


def _bootstrap(
    checked: CheckedPanel, model: PanelModel, rng: np.random.Generator | None
) -> tuple[tuple[Inference, ...], list[Finding]]:
    linear = model.estimator in ("pooled", "fixed effects", "absorbed effects")
    if len(model.cluster) != 1 or checked.clusters >= FEW_CLUSTERS or rng is None or not linear:
        return (), []
    try:
        wild = bootstrap_wild_clusters(checked.rows, model, rng)
    except ArithmeticError as error:
        text = f"There is no wild cluster bootstrap for so few clusters: {error}."
        return (), [Finding("warning", model.design, text)]
    text = (
        f"With {checked.clusters} clusters, intervals and p values are those of the wild cluster "
        "bootstrap."
    )
    return wild, [Finding("warning", model.design, text)]


def _tabulate(
    checked: CheckedPanel, model: PanelModel, fitted: Estimates, wild: tuple[Inference, ...]
) -> tuple[Effect, ...]:
    from scipy.stats import t

    variances = np.diag(fitted.covariance)
    errors = np.sqrt(np.where(variances > 0, variances, np.nan))
    reach = t.ppf((1 + model.coverage) / 2, fitted.freedom) * errors
    p_values = 2 * t.sf(np.abs(fitted.coefficients) / errors, fitted.freedom)
    limits = [
        Inference(float(p_value), float(estimate - width), float(estimate + width))
        for p_value, estimate, width in zip(p_values, fitted.coefficients, reach, strict=True)
    ]
    rows = checked.rows.loc[fitted.used]
    started = rows.loc[rows[model.treated].notna()] if model.treated else rows.iloc[:0]
    return tuple(
        Effect(
            design=model.design,
            estimator=_NAMES[model.estimator],
            outcome=model.outcome,
            term=name,
            estimate=float(estimate),
            std_error=float(error),
            low=limit.low,
            high=limit.high,
            p_value=limit.p_value,
            unit=model.measure,
            rows=len(rows),
            units=rows[model.unit].nunique(),
            treated=started[model.unit].nunique() if model.treated else None,
            clusters=checked.clusters if model.cluster else None,
            sample=model.sample,
        )
        for name, estimate, error, limit in zip(
            model.regressors, fitted.coefficients, errors, wild or limits, strict=True
        )
    )
