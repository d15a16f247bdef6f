"""What is wrong with a panel before anything is estimated: left out and counted, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding, find_refusals
from infiltrate.impact.collinearity import find_collinear
from infiltrate.impact.panel_model import PanelModel
from infiltrate.impact.panel_notes import PanelNotes

FEW_CLUSTERS = 30
FEW_TREATED = 10


@dataclass(frozen=True)
class CheckedPanel:
    """Rows that an estimate may rest on, and what was found on the way to them.

    Attributes
    ----------
    rows : DataFrame
        The rows that are left, sorted by unit and time; outcome and regressors are finite floats.
        Empty where the panel is refused.
    findings : tuple of Finding
        In the order of the checks.
    clusters : int
        Fewest clusters of any clustering; the number of rows where none is asked for.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...]
    clusters: int

    @property
    def is_refused(self) -> bool:
        """Whether no estimate may be made."""
        return bool(find_refusals(self.findings))


def check_panel(
    panel: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    regressors: Sequence[str] = (),
    effects: Sequence[str] = (),
    cluster: Sequence[str] = (),
    treated: str = "",
    fewest_treated: int = 2,
    design: str = "panel",
    smallest_shown: int = 5,
) -> CheckedPanel:
    """Leave out the rows that cannot be used, count them, and refuse what cannot be estimated.

    Refused: two rows of a unit at one time, a first time of treatment that changes within a unit,
    too few treated units, no unit to compare with, an outcome that is the same everywhere, one
    cluster, a regressor that the others or the effects tell, no rows left. Left out and counted:
    rows without a unit, time, group or cluster, missing and infinite numbers, units treated from
    their first row on, groups of one row. Said: no unit that is never treated, gaps, few clusters,
    a regressor of two values of which fewer than 10 units or clusters have one.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and time.
    unit, time, outcome : str
        Columns; times are whole numbers.
    regressors : sequence of str
        Columns of numbers.
    effects : sequence of str
        Columns of the groups whose effects are absorbed.
    cluster : sequence of str
        Columns that standard errors are clustered by, each with at least 2 and better 30 groups.
    treated : str
        Column of the first time of treatment, missing for units never treated; empty: the design
        has no treatment that starts.
    fewest_treated : int
        With fewer treated units the panel is refused.
    design : str
        As in `Finding`.
    smallest_shown : int
        Smaller numbers of units are not written out.

    Raises
    ------
    ValueError
        When a column is absent or is not of numbers, or a time is not a whole number.
    """
    groups = list(dict.fromkeys([unit, time, *effects, *cluster]))
    numbers = list(dict.fromkeys([outcome, *regressors]))
    _need_columns(panel, [*groups, *numbers, *([treated] if treated else [])])
    notes = PanelNotes(design, smallest_shown)
    rows = panel.loc[panel[groups].notna().all(axis=1)]
    notes.leave_out(len(panel) - len(rows), "rows", f"have no {' or '.join(groups)}")
    rows = rows.assign(**{name: _to_floats(rows[name]) for name in numbers})
    rows = rows.assign(**{time: _to_whole(rows[time])})
    if doubled := int(rows.duplicated([unit, time]).sum()):
        notes.refuse(
            f"The panel has {notes.say(doubled, 'rows')} for a {unit} and {time} that it already "
            "has; it must have one row for each."
        )
        return _close(rows, notes)
    rows = _keep_finite(rows.sort_values([unit, time], ignore_index=True), numbers, notes)
    if treated:
        rows = _drop_always_treated(rows, notes, unit=unit, time=time, treated=treated)
    rows = _drop_lone_rows(rows, effects, notes)
    if rows.empty:
        notes.refuse("No rows are left to estimate with.")
        return _close(rows, notes)
    if treated:
        _check_treatment(rows, notes, unit=unit, time=time, treated=treated, fewest=fewest_treated)
    _check_gaps(rows, unit, time, notes)
    _check_numbers(rows, outcome, regressors, effects, notes)
    _check_rare_values(rows, regressors, (unit, *cluster), notes)
    return _close(rows, notes, _check_clusters(rows, cluster, notes))


def check_model(panel: pd.DataFrame, model: PanelModel) -> CheckedPanel:
    """Check a panel for one regression; see `check_panel`.

    Raises
    ------
    ValueError
        As `check_panel`.
    """
    return check_panel(
        panel,
        unit=model.unit,
        time=model.time,
        outcome=model.outcome,
        regressors=model.regressors,
        effects=model.effects,
        cluster=model.cluster,
        treated=model.treated,
        design=model.design,
    )


def _close(rows: pd.DataFrame, notes: PanelNotes, clusters: int = 0) -> CheckedPanel:
    return CheckedPanel(rows.iloc[:0] if notes.is_refused else rows, notes.findings, clusters)


def _need_columns(panel: pd.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in panel.columns]
    if absent:
        raise ValueError(f"the panel has no column {', '.join(absent)}")


def _to_floats(values: pd.Series) -> np.ndarray:
    if len(values) and not pd.api.types.is_numeric_dtype(values):
        raise ValueError(f"{values.name} must be a column of numbers, not of {values.dtype}")
    return values.to_numpy(float, na_value=np.nan)


def _to_whole(values: pd.Series) -> np.ndarray:
    whole = _to_floats(values)
    if not (whole == np.floor(whole)).all():
        raise ValueError(f"{values.name} must be whole numbers")
    return whole.astype(int)


def _keep_finite(rows: pd.DataFrame, numbers: Sequence[str], notes: PanelNotes) -> pd.DataFrame:
    for name in numbers:
        value = rows[name]
        notes.leave_out(int(np.isinf(value).sum()), "rows", f"have an infinite `{name}`")
        notes.leave_out(int(value.isna().sum()), "rows", f"have no `{name}`")
    return rows.loc[np.isfinite(rows[numbers].to_numpy()).all(axis=1)].reset_index(drop=True)


def _drop_always_treated(
    rows: pd.DataFrame, notes: PanelNotes, *, unit: str, time: str, treated: str
) -> pd.DataFrame:
    starts = rows.groupby(unit, sort=False)[treated].nunique(dropna=False)
    if changing := int((starts > 1).sum()):
        notes.refuse(
            f"`{treated}` changes within {notes.say(changing, 'units')}; the first time of "
            "treatment is one for each."
        )
    first = rows.groupby(unit, sort=False)[time].transform("min")
    always = (rows[treated].astype("Float64") <= first).fillna(False).to_numpy(bool)
    count = rows.loc[always, unit].nunique()
    notes.leave_out(count, "units", "are treated from their first row on")
    return rows.loc[~always].reset_index(drop=True)


def _check_treatment(
    rows: pd.DataFrame, notes: PanelNotes, *, unit: str, time: str, treated: str, fewest: int
) -> None:
    start = rows.drop_duplicates(unit)[treated].astype("Float64")
    count = int((start <= rows[time].max()).sum())
    if count < fewest:
        notes.refuse(
            f"{notes.say(count, 'units').capitalize()} are treated within the panel and seen "
            f"before; at least {fewest} are needed. For one unit there is the synthetic control."
        )
    if start.notna().all() and count:
        if start.nunique() == 1:
            notes.refuse("All units are treated at one time: there is nothing to compare with.")
        else:
            notes.warn("No unit is never treated: those treated later are the only controls.")


def _drop_lone_rows(rows: pd.DataFrame, effects: Sequence[str], notes: PanelNotes) -> pd.DataFrame:
    if not effects or rows.empty:
        return rows
    from pyfixest.estimation import detect_singletons

    groups = np.column_stack([pd.factorize(rows[name], sort=True)[0] for name in effects])
    alone = detect_singletons(groups)
    notes.leave_out(int(alone.sum()), "rows", f"are alone in their {' or '.join(effects)}")
    return rows.loc[~alone].reset_index(drop=True)


def _check_gaps(rows: pd.DataFrame, unit: str, time: str, notes: PanelNotes) -> None:
    times = np.unique(rows[time])
    if len(times) < 2:
        return
    seen = rows.groupby(unit, sort=False)[time].agg(["min", "max", "size"])
    due = (seen["max"] - seen["min"]) // np.diff(times).min() + 1
    if gaps := int((due > seen["size"]).sum()):
        notes.warn(
            f"The panel has gaps: {notes.say(gaps, 'units')} of {len(seen):,} have no row for a "
            f"{time} between their first and last."
        )


def _check_numbers(
    rows: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    effects: Sequence[str],
    notes: PanelNotes,
) -> None:
    found = find_collinear(rows, regressors, effects, outcome)
    if found.pop(outcome, ""):
        notes.refuse(f"`{outcome}` does not vary: there is nothing to explain.")
    for name, what in found.items():
        notes.refuse(f"`{name}` {what}: its coefficient is not identified.")


def _check_rare_values(
    rows: pd.DataFrame, regressors: Sequence[str], groups: Sequence[str], notes: PanelNotes
) -> None:
    """Say where few units or clusters have a regressor's one value: one treated unit at worst.

    Clustered errors are then too small (MacKinnon and Webb 2017).
    """
    for name in regressors:
        values = rows[name].to_numpy()
        levels = values.min(), values.max()
        if not np.isin(values, levels).all():
            continue
        for group in groups:
            having = min(rows.loc[values == level, group].nunique() for level in levels)
            if having < FEW_TREATED:
                notes.warn(
                    f"`{name}` has one of its two values in fewer than {FEW_TREATED} of {group}: "
                    "clustered standard errors are too small."
                )
                break


def _check_clusters(rows: pd.DataFrame, cluster: Sequence[str], notes: PanelNotes) -> int:
    fewest = len(rows)
    for name in cluster:
        count = rows[name].nunique()
        fewest = min(fewest, count)
        if count == 1:
            notes.refuse(f"All rows are in one cluster of {name}: there is no standard error.")
        elif 1 < count < FEW_CLUSTERS:
            notes.warn(
                f"Only {count} clusters of {name}, fewer than {FEW_CLUSTERS}: clustered standard "
                "errors are too small on average."
            )
    return fewest
