"""Effects by instruments, with what shows whether the instruments carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.impact.anderson_rubin import estimate_reduced_form, invert_anderson_rubin
from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.collinearity import take_out_effects
from infiltrate.impact.panel_checks import check_panel
from infiltrate.impact.panel_estimators import correct_errors, listening
from infiltrate.impact.panel_model import InstrumentModel

WEAK = 10


@dataclass(frozen=True)
class InstrumentAnswer:
    """Effects by instruments, and how far the instruments carry them.

    Attributes
    ----------
    answer : ImpactAnswer
        Two-stage least squares; with more instruments than endogenous regressors also limited
        information maximum likelihood and two-step GMM; with one endogenous regressor the hull of
        Anderson and Rubin's set, which has no estimate.
    first_stage : float
        F of the first stage; missing where the answer is refused.
    first_stage_name : str
        Which F: Montiel Olea and Pflueger's effective F with one endogenous regressor, else
        Kleibergen and Paap's, or Cragg and Donald's where errors are clustered two ways.
    not_rejected : tuple of (float, float)
        Intervals of Anderson and Rubin's set, with one endogenous regressor.
    overidentification : float
        p value of Hansen's J in two-step GMM; missing where instruments are as many as needed, or
        errors are clustered two ways.
    """

    answer: ImpactAnswer
    first_stage: float = float("nan")
    first_stage_name: str = ""
    not_rejected: tuple[tuple[float, float], ...] = ()
    overidentification: float = float("nan")


def fit_instruments(panel: pd.DataFrame, model: InstrumentModel) -> InstrumentAnswer:
    """Estimate effects by instruments with linearmodels, or say why they cannot be.

    Effects of groups, or the constant, are taken out of all columns first. Standard errors are
    robust to the clusters and corrected as those of `fit_panel`. A first-stage F below 10 is a
    warning; intervals that hold however weak the instruments are, are those of Anderson and Rubin
    (1949), robust to clusters (Andrews, Stock and Sun 2019, section 5).

    Parameters
    ----------
    panel : DataFrame
        One row per unit and time.
    model : InstrumentModel
        What is estimated.

    Raises
    ------
    ValueError
        When a column is absent or not of numbers.
    """
    checked = check_panel(
        panel,
        unit=model.unit,
        time=model.time,
        outcome=model.outcome,
        regressors=(*model.controls, *model.instruments, *model.endogenous),
        effects=model.effects,
        cluster=model.cluster,
        design=model.design,
    )
    if checked.is_refused:
        return InstrumentAnswer(ImpactAnswer(findings=checked.findings))
    rows = checked.rows
    within = _take_out(rows, model)
    try:
        with listening() as remarks:
            fitted, p_value, left_out = _estimate(within, rows, model)
            strength = _measure_strength(fitted, within, rows, model)
    except (ValueError, np.linalg.LinAlgError) as error:
        text = f"The instruments give no estimate: {str(error).rstrip('.')}."
        refused = Finding("refused", model.design, text)
        return InstrumentAnswer(ImpactAnswer(findings=(*checked.findings, refused)))
    effects = [
        effect
        for method, estimate in fitted.items()
        for effect in _tabulate(method, estimate, rows, model)
    ]
    if strength.hull is not None:
        effects.append(strength.hull)
    said = [*left_out, *remarks, *_judge(strength, p_value)]
    findings = [Finding("warning", model.design, text) for text in said]
    return InstrumentAnswer(
        ImpactAnswer(tuple(effects), (*checked.findings, *findings)),
        strength.first_stage,
        strength.name,
        strength.not_rejected,
        p_value,
    )


@dataclass(frozen=True)
class _Strength:
    first_stage: float
    name: str
    not_rejected: tuple[tuple[float, float], ...] = ()
    hull: Effect | None = None


def _take_out(rows: pd.DataFrame, model: InstrumentModel) -> pd.DataFrame:
    names = [model.outcome, *model.controls, *model.endogenous, *model.instruments]
    return pd.DataFrame(
        take_out_effects(rows[names].to_numpy(), rows, model.effects), columns=names
    )


def _estimate(
    within: pd.DataFrame, rows: pd.DataFrame, model: InstrumentModel
) -> tuple[dict[str, Any], float, list[str]]:
    """Return linearmodels' results by method, the p value of Hansen's J, and what is left out."""
    from linearmodels.iv import IV2SLS, IVGMM, IVLIML

    parts = (
        within[model.outcome],
        within[list(model.controls)] if model.controls else None,
        within[list(model.endogenous)],
        within[list(model.instruments)],
    )
    settings: dict[str, Any] = {"cov_type": "robust"}
    if model.cluster:
        codes = np.column_stack([pd.factorize(rows[name])[0] for name in model.cluster])
        settings = {"cov_type": "clustered", "clusters": codes.squeeze()}
    fitted: dict[str, Any] = {"two-stage least squares": IV2SLS(*parts).fit(**settings)}
    if len(model.instruments) == len(model.endogenous):
        return fitted, float("nan"), []
    fitted["limited information maximum likelihood"] = IVLIML(*parts).fit(**settings)
    if len(model.cluster) == 2:
        return fitted, float("nan"), ["GMM takes errors clustered one way: left out."]
    by = {"clusters": settings["clusters"]} if model.cluster else {}
    try:
        moments: Any = IVGMM(*parts, weight_type=settings["cov_type"], **by).fit(**settings)
    except (ValueError, np.linalg.LinAlgError) as error:
        return fitted, float("nan"), [f"GMM is left out: {error}"]
    fitted["two-step GMM"] = moments
    return fitted, float(moments.j_stat.pval), []


def _measure_strength(
    fitted: dict[str, Any], within: pd.DataFrame, rows: pd.DataFrame, model: InstrumentModel
) -> _Strength:
    if len(model.endogenous) > 1:
        stage = fitted["two-stage least squares"].first_stage
        if len(model.cluster) == 2:
            return _Strength(stage.cragg_donald_f, "Cragg and Donald's F")
        return _Strength(stage.kleibergen_paap_f, "Kleibergen and Paap's F")
    left = within.to_numpy()
    if model.controls:
        controls = within[list(model.controls)].to_numpy()
        left = left - controls @ np.linalg.lstsq(controls, left, rcond=None)[0]
    table = pd.DataFrame(left, columns=within.columns)
    form = estimate_reduced_form(
        table[[model.outcome, *model.endogenous]].to_numpy(),
        table[list(model.instruments)].to_numpy(),
        rows,
        parameters=len(model.instruments) + len(model.controls),
        effects=model.effects,
        cluster=model.cluster,
    )
    pieces = invert_anderson_rubin(form, model.coverage)
    hull = _describe(
        rows,
        model,
        estimator="Anderson and Rubin's set",
        term=model.endogenous[0],
        estimate=float("nan"),
        low=pieces[0][0] if pieces else float("nan"),
        high=pieces[-1][1] if pieces else float("nan"),
        p_value=form.p_value(0.0),
    )
    return _Strength(form.effective_f, "effective F (Montiel Olea and Pflueger)", pieces, hull)


def _judge(strength: _Strength, p_value: float) -> list[str]:
    said = []
    if not strength.first_stage >= WEAK:
        said.append(
            f"The instruments are weak: {strength.name} is {strength.first_stage:.2f}, below "
            f"{WEAK}; estimates lean to those without instruments and intervals are too short."
        )
    if strength.hull is not None:
        pieces = strength.not_rejected
        if not pieces:
            said.append("Anderson and Rubin's test rejects every effect: the model is wrong.")
        elif len(pieces) > 1:
            said.append(
                "Anderson and Rubin's set has no bounds and a hole: effects between "
                f"{pieces[0][1]:.3g} and {pieces[1][0]:.3g} are rejected, larger ones are not."
            )
        elif np.isinf(pieces[0]).any():
            said.append("Anderson and Rubin's set has no bounds: the instruments tell too little.")
    if p_value < 0.05:
        said.append(
            f"The instruments contradict each other (Hansen's J, p = {p_value:.4f}): they cannot "
            "all be right."
        )
    return said


def _tabulate(method: str, fitted: Any, rows: pd.DataFrame, model: InstrumentModel) -> list[Effect]:
    from scipy.stats import t

    regressors = len(model.endogenous) + len(model.controls)
    factor, freedom = correct_errors(rows, regressors, model.effects, model.cluster)
    reach = float(t.ppf((1 + model.coverage) / 2, freedom))
    effects = []
    for name in model.endogenous:
        estimate = float(fitted.params[name])
        error = float(np.sqrt(fitted.cov.loc[name, name] * factor))
        effects.append(
            _describe(
                rows,
                model,
                estimator=method,
                term=name,
                estimate=estimate,
                std_error=error,
                low=estimate - reach * error,
                high=estimate + reach * error,
                p_value=float(2 * t.sf(abs(estimate) / error, freedom)),
            )
        )
    return effects


def _describe(rows: pd.DataFrame, model: InstrumentModel, **numbers: Any) -> Effect:
    return Effect(
        design=model.design,
        outcome=model.outcome,
        unit=model.measure,
        rows=len(rows),
        units=rows[model.unit].nunique(),
        clusters=min((rows[name].nunique() for name in model.cluster), default=None),
        sample=model.sample,
        **numbers,
    )
