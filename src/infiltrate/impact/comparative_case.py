"""One treated area and those it is compared with: the case, and whether the data can carry it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding

_DESIGN = "synthetic_control"
_FEWEST_YEARS = 5
_FEWEST_DONORS = 2


@dataclass(frozen=True)
class Predictor:
    """A measure whose mean over some years before treatment must be alike.

    Attributes
    ----------
    column : str
        Column of the panel.
    first, last : int
        Years it is averaged over; years without a value are left out of the mean.
    """

    column: str
    first: int
    last: int


@dataclass(frozen=True)
class ComparativeCase:
    """What is compared with what, and when.

    Attributes
    ----------
    outcome, treated : str
        Column of the outcome, and the treated unit.
    first_treated : int
        First year of the treatment.
    predictors : tuple of Predictor
        What must be alike before; empty: the outcome in each of the fitted years.
    fitted, effect : tuple of int, optional
        First and last year in which outcomes are fitted (all before treatment otherwise), and of
        the years over which the effect is averaged (all from treatment otherwise).
    unit, time : str
        Columns of the unit and the year.
    measured_in : str
        What one unit of the outcome is.
    """

    outcome: str
    treated: str
    first_treated: int
    predictors: tuple[Predictor, ...] = ()
    fitted: tuple[int, int] | None = None
    effect: tuple[int, int] | None = None
    unit: str = "area_id"
    time: str = "year"
    measured_in: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """A case made ready: every unit has its outcome in every year and every predictor.

    Attributes
    ----------
    case : ComparativeCase
        What was asked.
    outcomes : pandas.DataFrame
        Years by units, the treated first.
    predictors : pandas.DataFrame
        Predictors by units, divided by their standard deviation over units; empty without any.
    """

    case: ComparativeCase
    outcomes: pd.DataFrame
    predictors: pd.DataFrame

    @property
    def years(self) -> np.ndarray:
        """Years of the outcomes."""
        return self.outcomes.index.to_numpy()

    @property
    def is_fitted(self) -> np.ndarray:
        """Years before treatment in which outcomes are fitted."""
        return _between(self.years, self.case.fitted) & ~self.is_treated

    @property
    def is_treated(self) -> np.ndarray:
        """Years from treatment."""
        return self.years >= self.case.first_treated

    @property
    def is_effect(self) -> np.ndarray:
        """Years over which the effect is averaged."""
        return _between(self.years, self.case.effect) & self.is_treated

    def gap(self, weights: np.ndarray) -> np.ndarray:
        """Return the treated unit's outcome less the weighted donors', by year."""
        donors = self.outcomes[self.donors].to_numpy(float)
        return self.outcomes[self.case.treated].to_numpy(float) - donors @ weights

    def select(self, units: list[str], treated: str | None = None) -> Comparison:
        """Return the case with some units alone, of which another may be the treated one."""
        case = replace(self.case, treated=treated or self.case.treated)
        return Comparison(case, self.outcomes[units], self.predictors[units])

    def report(self, estimator: str, estimate: float) -> Effect:
        """Return an average effect with the sizes of the sample."""
        return Effect(
            design=_DESIGN,
            estimator=estimator,
            outcome=self.case.outcome,
            term="average",
            estimate=estimate,
            unit=self.case.measured_in,
            rows=int(self.outcomes.size),
            units=self.outcomes.shape[1],
            treated=1,
        )

    @property
    def donors(self) -> list[str]:
        """Units that are compared with."""
        return [unit for unit in self.outcomes.columns if unit != self.case.treated]


def prepare_comparison(
    panel: pd.DataFrame, case: ComparativeCase
) -> tuple[Comparison | None, list[Finding]]:
    """Return the case made ready and what was found; nothing where the data cannot carry it.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row per unit and year: the unit, the year, the outcome and the predictors' columns.
    case : ComparativeCase
        What is compared with what.

    Raises
    ------
    ValueError
        Where the panel lacks a column.
    """
    wanted = {case.unit, case.time, case.outcome, *(part.column for part in case.predictors)}
    absent = sorted(wanted - set(panel.columns))
    if absent:
        raise ValueError(f"The panel lacks the columns {', '.join(absent)}.")
    values = sorted(wanted - {case.unit, case.time})
    known = panel[[case.unit, case.time, *values]].astype({name: float for name in values})
    known = known.replace([np.inf, -np.inf], np.nan).astype({case.unit: str, case.time: int})
    twice = int(known.duplicated([case.unit, case.time]).sum())
    if twice:
        return None, [
            _refuse(f"Rows that repeat a unit and year, so that its outcome is not one: {twice}.")
        ]
    if case.treated not in set(known[case.unit]):
        return None, [_refuse("The treated unit is not in the data.")]
    findings: list[Finding] = []
    outcomes = _complete(known, case, findings)
    predictors = _average(known, case, outcomes, findings)
    outcomes = outcomes[[unit for unit in outcomes.columns if unit in predictors.columns]]
    comparison = Comparison(case, outcomes, predictors)
    refusal = _judge(comparison)
    if refusal:
        return None, [_refuse(refusal)]
    return comparison, findings


def _between(years: np.ndarray, ends: tuple[int, int] | None) -> np.ndarray:
    if ends is None:
        return np.ones(len(years), bool)
    return (years >= ends[0]) & (years <= ends[1])


def _complete(known: pd.DataFrame, case: ComparativeCase, findings: list[Finding]) -> pd.DataFrame:
    """Return outcomes of the units that have one in every year the treated unit has one."""
    wide = known.pivot(index=case.time, columns=case.unit, values=case.outcome).sort_index()
    mine = wide[case.treated].notna()
    if (~mine).any():
        findings.append(
            _warn(f"Years left out since the treated unit has no outcome: {(~mine).sum()}.")
        )
    wide = wide[mine]
    years = wide.index.to_numpy()
    if len(years) and len(years) < years[-1] - years[0] + 1:
        findings.append(
            _warn(f"Years missing in between: {years[-1] - years[0] + 1 - len(years)}.")
        )
    whole = wide.columns[wide.notna().all()]
    if len(whole) < wide.shape[1]:
        findings.append(
            _warn(
                "Units not compared with since their outcome is missing in some year: "
                f"{wide.shape[1] - len(whole)} of {wide.shape[1] - 1}."
            )
        )
    # by value, so that the names of units and the order of rows change nothing
    order = sorted(whole, key=lambda unit: (unit != case.treated, *wide[unit].tolist()))
    return wide[order].rename_axis(columns=None)


def _average(
    known: pd.DataFrame, case: ComparativeCase, outcomes: pd.DataFrame, findings: list[Finding]
) -> pd.DataFrame:
    """Return predictors by units, standardised, of the units that have them all."""
    rows = {}
    for part in case.predictors:
        inside = known[known[case.time].between(part.first, part.last)]
        name = f"{part.column} {part.first}-{part.last}"
        rows[name] = inside.groupby(case.unit)[part.column].mean()
    if not rows:
        return pd.DataFrame(columns=outcomes.columns, dtype=float)
    table = pd.DataFrame(rows).T.reindex(columns=outcomes.columns)
    if case.treated in table and table[case.treated].isna().any():
        lost = table.index[table[case.treated].isna()].tolist()
        findings.append(_warn(f"The treated unit has no {', '.join(lost)}: not used."))
        table = table.drop(index=lost)
    whole = table.notna().all()
    if (~whole).any():
        findings.append(
            _warn(f"Units not compared with since they lack a predictor: {(~whole).sum()}.")
        )
    table = table.loc[:, whole]
    spread = table.std(axis=1)
    flat = table.index[~(spread > 0)].tolist()
    if flat:
        findings.append(_warn(f"The same for all units and not used: {', '.join(flat)}."))
    return table.drop(index=flat).div(spread.drop(index=flat), axis=0)


def _judge(comparison: Comparison) -> str:
    """Return why the case cannot be answered, or nothing."""
    if not comparison.is_treated.any():
        return "No year from the treatment on is in the data."
    if comparison.is_treated.all():
        return "No year before the treatment is in the data."
    if comparison.is_fitted.sum() < _FEWEST_YEARS:
        return (
            f"Years before treatment that can be fitted: {comparison.is_fitted.sum()}; "
            f"{_FEWEST_YEARS} are needed."
        )
    if not comparison.is_effect.any():
        return "None of the years of the effect is in the data."
    if len(comparison.donors) < _FEWEST_DONORS:
        return f"Units left to compare with: {len(comparison.donors)}; {_FEWEST_DONORS} are needed."
    return ""


def _refuse(text: str) -> Finding:
    return Finding("refused", _DESIGN, text)


def _warn(text: str) -> Finding:
    return Finding("warning", _DESIGN, text)
