"""What is estimated on a panel: outcome, regressors, instruments, effects, and clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Estimator = Literal["pooled", "fixed effects", "random effects", "absorbed effects", "poisson"]


@dataclass(frozen=True)
class PanelModel:
    """One regression.

    Attributes
    ----------
    outcome : str
        Column that is explained; a count or an amount of 0 or more for ``poisson``.
    regressors : tuple of str
        Columns whose coefficients are wanted.
    estimator : str
        ``pooled``: least squares with one constant. ``fixed effects``: of unit, time or both.
        ``random effects``: of the unit, Swamy and Arora (1972). ``absorbed effects``: of any
        columns, for millions of rows. ``poisson``: Poisson pseudo-maximum likelihood with effects
        of any columns (Correia, Guimarães and Zylkin 2020).
    unit, time : str
        Columns that name a row.
    effects : tuple of str
        Columns of the groups whose effects are taken out; empty for ``pooled`` and ``random
        effects``.
    cluster : tuple of str
        None, one or two columns that errors are clustered by; none: robust to unequal variances.
    treated : str
        Column of the first time of treatment; empty: no treatment that starts.
    measure : str
        What one unit of the coefficients is, as ``unit`` of `Effect`.
    sample, design : str
        As in `Effect`.
    coverage : float
        Of the intervals.

    Raises
    ------
    ValueError
        When the effects do not go with the estimator, or errors are clustered more than two ways.
    """

    outcome: str
    regressors: tuple[str, ...]
    estimator: Estimator = "fixed effects"
    unit: str = "company_id"
    time: str = "year"
    effects: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    treated: str = ""
    measure: str = ""
    sample: str = "main"
    design: str = "panel"
    coverage: float = 0.95

    def __post_init__(self) -> None:
        if not self.regressors:
            raise ValueError("a panel model needs a regressor")
        if len(self.cluster) > 2:
            raise ValueError("errors are clustered by two columns at most")
        if self.estimator in ("pooled", "random effects") and self.effects:
            raise ValueError(f"{self.estimator} takes no effects; it was given {self.effects}")
        if self.estimator in ("fixed effects", "absorbed effects") and not self.effects:
            raise ValueError(f"{self.estimator} needs effects to take out")
        if self.estimator == "fixed effects" and not set(self.effects) <= {self.unit, self.time}:
            raise ValueError(
                "fixed effects are those of unit and time; absorbed effects may be of any column"
            )


@dataclass(frozen=True)
class InstrumentModel:
    """One regression by instruments.

    Attributes
    ----------
    outcome : str
        Column that is explained.
    endogenous : tuple of str
        Columns whose effects are wanted, and which what is not seen may go with.
    instruments : tuple of str
        Columns that move the endogenous ones and nothing else; at least as many.
    controls : tuple of str
        Further regressors.
    unit, time, effects, cluster, measure, sample, design, coverage
        As in `PanelModel`; effects may be of any columns.

    Raises
    ------
    ValueError
        With fewer instruments than endogenous regressors, or more than two clusterings.
    """

    outcome: str
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    controls: tuple[str, ...] = ()
    unit: str = "company_id"
    time: str = "year"
    effects: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    measure: str = ""
    sample: str = "main"
    design: str = "panel"
    coverage: float = 0.95

    def __post_init__(self) -> None:
        if not self.endogenous or len(self.instruments) < len(self.endogenous):
            raise ValueError(
                f"{len(self.instruments)} instruments for {len(self.endogenous)} endogenous "
                "regressors; there must be at least as many, and one"
            )
        if len(self.cluster) > 2:
            raise ValueError("errors are clustered by two columns at most")
