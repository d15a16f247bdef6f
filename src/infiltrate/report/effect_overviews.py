"""Effects as a reader takes them in: what was refused, how large, how firm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.report.wording import amount, chance, interval, percent

_DESIGNS = {
    "panel": "Panel",
    "event_study": "Listed companies",
    "spillover": "Rivals",
    "drivers": "Drivers",
    "procurement_cost": "Cost of contracts",
    "synthetic_control": "An area",
    "bunching": "Legal thresholds",
}
_ITEMS = {
    "log_revenue": "Revenue",
    "log_assets": "Assets",
    "log_employees": "Employees",
    "log_personnel": "Personnel cost",
    "log_debt": "Debt",
    "log_ebit": "Operating profit",
}
_MAIN = "main"
_AVERAGE = "average"
_OTHER_CHECKS = ("dates dealt out anew", "confounder ")


def name_outcome(outcome: str) -> str:
    """Return what an outcome is called at the beginning of a sentence."""
    plain = outcome.replace("_", " ")
    return _ITEMS.get(outcome, plain[:1].upper() + plain[1:])


def tabulate_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Return what was refused and what makes numbers doubtful, refusals first.

    Parameters
    ----------
    findings : pandas.DataFrame
        The table ``impact_findings``.
    """
    severity = {"refused": "not answered", "warning": "read with care"}
    return pd.DataFrame(
        {
            "about": [_DESIGNS.get(design, design) for design in findings["design"]],
            "state": [severity.get(one, one) for one in findings["severity"]],
            "why": findings["text"].to_numpy(object),
        }
    )


def tabulate_main_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Return one row per question that has an answer: its effect, interval and sample.

    The first estimator of each design answers; the others are on the page of effects.

    Parameters
    ----------
    effects : pandas.DataFrame
        The table ``effects``.
    """
    main = effects[(effects["sample"] == _MAIN) & effects["estimate"].notna()]
    averages = main[main["term"].eq(_AVERAGE) & ~main["design"].isin(["panel", "bunching"])]
    costs = main[main["design"].eq("procurement_cost") & main["term"].eq("total")]
    chosen = pd.concat([averages, costs]).drop_duplicates(["design", "outcome"])
    return pd.DataFrame(
        {
            "about": [_DESIGNS.get(design, design) for design in chosen["design"]],
            "of": [name_outcome(outcome) for outcome in chosen["outcome"]],
            "effect": [_write(row) for row in chosen.itertuples(index=False)],
            "estimator": chosen["estimator"].to_numpy(object),
            "treated": chosen["treated"].to_numpy(),
        }
    )


def select_curve(effects: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return averages and single years of an event study of the main sample, for its figure.

    Estimators with years before treatment get a row of nought at the year of reference.
    """
    own = effects["design"].eq("event_study") & effects["outcome"].eq(outcome)
    rows = effects[own & effects["sample"].eq(_MAIN)]
    rows = rows[rows["event_time"].notna() | rows["term"].eq(_AVERAGE)]
    of_reference = rows[rows["event_time"] < 0].drop_duplicates("estimator").copy()
    of_reference[["event_time", "estimate", "low", "high"]] = -1, 0.0, np.nan, np.nan
    known = set(rows.loc[rows["event_time"] == -1, "estimator"])
    return pd.concat([rows, of_reference[~of_reference["estimator"].isin(known)]])


def vary_averages(effects: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return average effects by what was varied and estimator, for a forest."""
    own = effects["design"].eq("event_study") & effects["outcome"].eq(outcome)
    rows = effects[own & effects["term"].eq(_AVERAGE)]
    return rows.assign(label=rows["sample"].replace(_MAIN, "as above"), variant=rows["estimator"])


def tabulate_checks(effects: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return what speaks for or against an event study: years before, honest intervals, luck.

    Parameters
    ----------
    effects : pandas.DataFrame
        The table ``effects``.
    outcome : str
        Column of the outcome.
    """
    own = effects["design"].eq("event_study") & effects["outcome"].eq(outcome)
    rows = effects[own & effects["event_time"].isna()]
    is_main = rows["sample"].eq(_MAIN)
    is_other = rows["sample"].str.startswith(_OTHER_CHECKS)
    rows = rows[(is_main & rows["term"].ne(_AVERAGE)) | is_other]
    named = rows["term"].where(rows["sample"].eq(_MAIN), rows["sample"])
    return pd.DataFrame(
        {
            "check": named.to_numpy(object),
            "estimator": rows["estimator"].to_numpy(object),
            "value": [_write(row) for row in rows.itertuples(index=False)],
            "p": ["" if np.isnan(p) else chance(p) for p in rows["p_value"].to_numpy(float)],
        }
    )


def tabulate_effects_of(effects: pd.DataFrame, *designs: str) -> pd.DataFrame:
    """Return effects of some designs in words: what about, effect, estimator, sizes.

    Of listed companies only averages of the main sample are among them. Effects without a unit
    are in log points.
    """
    rows = effects[effects["design"].isin(designs) & effects["event_time"].isna()]
    is_average = rows["term"].eq(_AVERAGE) & rows["sample"].eq(_MAIN)
    rows = rows[rows["design"].ne("event_study") | is_average]
    several = len(designs) > 1
    table = pd.DataFrame(
        {
            "about": [_name(row, several) for row in rows.itertuples(index=False)],
            "effect": [_write(row) for row in rows.itertuples(index=False)],
            "estimator": rows["estimator"].to_numpy(object),
            "units": rows["units"].to_numpy(),
            "treated": rows["treated"].to_numpy(),
        }
    )
    return table if several else table.drop(columns="treated")


def _name(row: Any, says_design: bool) -> str:
    """Return what an effect is about, in words that tell it from its neighbours."""
    parts = [_DESIGNS.get(row.design, row.design)] if says_design else []
    parts.append(name_outcome(row.outcome).lower() if says_design else name_outcome(row.outcome))
    parts += [row.term.replace("_", " ")] if row.term != _AVERAGE else []
    parts += [row.sample] if row.sample != _MAIN else []
    return ", ".join(parts)


def select_differences(effects: pd.DataFrame) -> pd.DataFrame:
    """Return by how much contracts differ, by outcome and estimator, for a forest."""
    rows = effects[effects["design"].eq("procurement_cost") & effects["term"].eq("difference")]
    labels = [name_outcome(outcome) for outcome in rows["outcome"]]
    return rows.assign(label=labels, variant=rows["estimator"])


def select_drivers(effects: pd.DataFrame, kept: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return associations by measure and variant, for a forest.

    Parameters
    ----------
    effects : pandas.DataFrame
        The table ``effects``.
    kept : mapping of (str, str) to str
        Estimator and sample of each variant, and what it is called; the first is the answer.
    """
    rows = effects[effects["design"].eq("drivers")]
    parts = [
        rows[rows["estimator"].eq(estimator) & rows["sample"].eq(sample)].assign(variant=name)
        for (estimator, sample), name in kept.items()
    ]
    both = pd.concat(parts) if parts else rows.assign(variant="")
    return both.assign(label=both["term"].str.replace("_", " "))


def draw_path(path: pd.DataFrame) -> pd.DataFrame:
    """Turn the path of a synthetic control, whose interval is of the gap, into that of its figure.

    Parameters
    ----------
    path : pandas.DataFrame
        ``year``, ``observed``, ``synthetic``, and ``low`` and ``high`` of the gap; may be empty.
    """
    columns = ["year", "observed", "synthetic", "low", "high"]
    if path.empty:
        return pd.DataFrame(columns=columns, dtype=float)
    ends = {"low": path["observed"] - path["high"], "high": path["observed"] - path["low"]}
    return path.assign(**ends)[columns]


def tabulate_planted(effects: pd.DataFrame, planted: Mapping[str, float]) -> pd.DataFrame:
    """Hold estimates against the effects that an invented country was made with.

    Parameters
    ----------
    effects : pandas.DataFrame
        The table ``effects``.
    planted : mapping of str to float
        Log points by item of the accounts, or ``rivals``.

    Returns
    -------
    pandas.DataFrame
        One row per planted effect and estimator of an average: ``effect``, ``planted``,
        ``estimated``, ``from``, ``to``, ``estimator`` and ``covered``.
    """
    main = effects[effects["sample"].eq(_MAIN) & effects["term"].eq(_AVERAGE)]
    parts = []
    for item, size in planted.items():
        of_rivals = item == "rivals"
        design = "spillover" if of_rivals else "event_study"
        rows = main[main["design"].eq(design)]
        if not of_rivals:
            rows = rows[rows["outcome"].eq(f"log_{item}")]
        words = "Revenue of rivals" if of_rivals else f"{name_outcome(f'log_{item}')}, listed"
        parts.append(rows.assign(effect=words, planted=size))
    empty = main.head(0).assign(effect="", planted=np.nan)
    rows = pd.concat(parts) if parts else empty
    inside = (rows["low"] <= rows["planted"]) & (rows["planted"] <= rows["high"])
    return pd.DataFrame(
        {
            "effect": rows["effect"].to_numpy(object),
            "planted": rows["planted"].to_numpy(float),
            "estimated": rows["estimate"].to_numpy(float),
            "from": rows["low"].to_numpy(float),
            "to": rows["high"].to_numpy(float),
            "covered": inside.to_numpy(bool),
            "estimator": rows["estimator"].to_numpy(object),
        }
    )


def _write(row: Any) -> str:
    ends = row.estimate, row.low, row.high
    if row.unit.startswith("log"):
        unit = "" if row.unit == "log points" else row.unit
        return f"{interval(*ends, '{:+.3f}'.format)} {unit}".strip()
    if row.unit == "share":
        return interval(*ends, percent)
    if row.unit.startswith("share"):
        return (
            f"{interval(*ends, '{:+.1%}'.format)} {row.unit.removeprefix('share').strip()}".strip()
        )
    return f"{interval(*ends, amount)} {row.unit}".strip()
