"""How strong what nobody saw would have to be to undo the effect on listed companies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer, find_refusals
from infiltrate.impact.confounding import ConfoundingAnswer, examine_confounding
from infiltrate.impact.panel_model import PanelModel
from infiltrate.params.impact_choices import ImpactChoices

_DESIGN = "event_study"
_ESTIMATOR = "least squares with effects of company and of cell by year"


def examine_unseen(
    rows: pd.DataFrame, outcomes: tuple[str, ...], choices: ImpactChoices
) -> ImpactAnswer:
    """Ask how far the effect on listed companies stands against what was not seen.

    The effect is the coefficient of being treated in least squares with effects of companies and
    of cells by year. It is no estimate to be read (see `fit_event_study`), but the one for which
    the strength of a confounder is a share of variance. The other outcomes of the year before are
    the measure of that strength: a confounder as strong as they are, and two and three times.

    Parameters
    ----------
    rows : pandas.DataFrame
        The panel of `build_firm_panel`.
    outcomes : tuple of str
        The main one first.
    choices : ImpactChoices
        ``interval`` is read.

    Returns
    -------
    ImpactAnswer
        ``robustness value``: a confounder that tells less than this share of the rest of both
        treatment and outcome cannot bring the effect to zero, and the same for its interval
        (Cinelli and Hazlett 2020); what is left of the effect for each strength; Oster's (2019)
        delta. Without a panel that can carry it, one warning.
    """
    main, others = outcomes[0], outcomes[1:]
    before = [f"{name.removeprefix('log_')} of the year before" for name in others]
    frame = _lay_out(rows, others, before)
    model = PanelModel(
        outcome=main,
        regressors=("treated", *before),
        estimator="absorbed effects",
        effects=("company_id", "cell_year"),
        cluster=("company_id",),
        measure="log points",
        design=_DESIGN,
        coverage=choices.interval,
    )
    found = examine_confounding(frame, model)
    if refused := find_refusals(found.answer.findings):
        text = f"What nobody saw is not examined: {refused[0].text}"
        return ImpactAnswer((), (Finding("warning", _DESIGN, text),))
    # what is wrong with the panel is said by the event study
    left = (replace(effect, term="effect less a confounder") for effect in found.answer.effects)
    return ImpactAnswer((*_describe(found, main, frame), *left), found.doubts)


def _lay_out(rows: pd.DataFrame, others: tuple[str, ...], before: list[str]) -> pd.DataFrame:
    """Return treated rows until a measure ends them, with other outcomes of the year before."""
    first = rows["first_treated"].astype("float64")
    kept = ~(rows["year"] > rows["treated_until"].astype("float64"))
    last_year = rows[["company_id", "year", *others]].assign(year=rows["year"] + 1)
    last_year = last_year.rename(columns=dict(zip(others, before, strict=True)))
    frame = rows.assign(treated=(rows["year"] >= first).astype(float))[kept]
    frame = frame.merge(last_year, on=["company_id", "year"], how="left")
    return frame.assign(cell_year=frame["cell"] + ", " + frame["year"].astype(str))


def _describe(found: ConfoundingAnswer, outcome: str, frame: pd.DataFrame) -> Iterator[Effect]:
    if found.robustness is None:
        return
    strength = {
        "robustness value": found.robustness.value,
        "robustness value of the interval": found.robustness.value_of_interval,
    }
    base = Effect(_DESIGN, _ESTIMATOR, outcome, "", float("nan"), unit="share")
    base = replace(base, rows=len(frame), units=int(frame["company_id"].nunique()))
    for term, value in strength.items():
        yield replace(base, term=term, estimate=value)
    if np.isfinite(found.proportional_selection):
        delta = found.proportional_selection
        yield replace(base, term="Oster's delta", estimate=delta, unit="times")
