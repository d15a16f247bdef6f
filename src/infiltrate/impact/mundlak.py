"""Whether random effects may be believed: Mundlak's test of what the effects go with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.impact.collinearity import find_collinear
from infiltrate.impact.panel_estimators import estimate_panel
from infiltrate.impact.panel_model import PanelModel


@dataclass(frozen=True)
class MundlakTest:
    """F test that the units' effects do not go with the means of the regressors.

    Attributes
    ----------
    statistic, p_value : float
        Of F with ``regressors`` and ``freedom`` degrees of freedom.
    regressors : int
        Means that are tested; those of regressors that never change within a unit cannot be.
    freedom : float
        As in `Estimates`.
    """

    statistic: float
    p_value: float
    regressors: int
    freedom: float


def compare_random_with_fixed(rows: pd.DataFrame, model: PanelModel) -> MundlakTest | None:
    """Test random effects against fixed effects as Hausman does, but robust to clusters.

    Means of each unit are added to the regressors (Mundlak 1978; Wooldridge 2010, section 10.7.3).
    With them the coefficients of the regressors are those of fixed effects, so that random and
    fixed effects differ where the means' coefficients do from zero.

    Parameters
    ----------
    rows : DataFrame
        As `check_panel` returns them.
    model : PanelModel
        With random effects.

    Returns
    -------
    MundlakTest or None
        None where no regressor changes both within and between units.
    """
    from scipy.stats import f

    means = {
        f"mean of {name} by {model.unit}": rows.groupby(model.unit)[name].transform("mean")
        for name in model.regressors
    }
    wide = rows.assign(**means)
    found = find_collinear(wide, [*model.regressors, *means])
    kept = tuple(name for name in means if name not in found)
    if not kept:
        return None
    fitted = estimate_panel(wide, replace(model, regressors=(*model.regressors, *kept)))
    tested = slice(len(model.regressors), None)
    gap = fitted.coefficients[tested]
    spread = fitted.covariance[tested, tested]
    statistic = float(gap @ np.linalg.pinv(spread) @ gap) / len(kept)
    return MundlakTest(
        statistic, float(f.sf(statistic, len(kept), fitted.freedom)), len(kept), fitted.freedom
    )
