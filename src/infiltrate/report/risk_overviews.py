"""The ranking as a reader takes it in: designs, worth of a flag, head, model card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from infiltrate.report.components import base_rate_panel
from infiltrate.report.disclosure import Tags
from infiltrate.report.labels import metric_label
from infiltrate.report.markup import Panel, element, text_element
from infiltrate.report.overviews import close_small, show_what_ifs
from infiltrate.report.tables import show_table
from infiltrate.report.wording import interval, percent

_SHOWN = ("roc_auc", "average_precision", "recall_at_5pct", "lift_at_1pct")
_BOUNDED = ("roc_auc", "precision_at_5pct", "recall_at_5pct")


def tabulate_designs(designs: pd.DataFrame, metrics: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Return one row per design: how the ranking does there, or why it was not run.

    Parameters
    ----------
    designs : pandas.DataFrame
        ``design``, ``folds``, ``n_units``, ``n_listed``, ``reason``, ``note``.
    metrics : pandas.DataFrame
        ``name``, ``design``, ``value``, ``low``, ``high`` and ``ranks``: whether a row is about the
        learner behind the ranking.
    fewest : int
        Counts of listed firms below it are closed.
    """
    if designs.empty:
        return designs
    own = metrics[metrics["ranks"].astype(bool)].set_index(["name", "design"])
    table = designs[["design", "folds", "n_units"]].assign(
        n_listed=close_small(designs["n_listed"], fewest)
    )
    for name in _SHOWN:
        cells = [_cell(own, (name, design)) for design in designs["design"]]
        if any(cells):
            table[metric_label(name)] = cells
    return table


def say_designs(designs: pd.DataFrame) -> str:
    """Return what is to be known of each design, and why some were not run, in sentences.

    Parameters
    ----------
    designs : pandas.DataFrame
        ``design``, ``reason``, ``note``.
    """
    said = []
    for row in designs.itertuples():
        words = f"{row.reason} {row.note}".strip()
        if words:
            said.append(f"{row.design[0].upper()}{row.design[1:]}: {words.rstrip('.')}.")
    return " ".join(said)


def show_worth(worth: Any, bounds: pd.DataFrame) -> list[Panel]:
    """Return the base-rate box of the head of the ranking and, after it, what-ifs.

    Parameters
    ----------
    worth : StudyBaseRates
        ``rule``, ``box``, ``why_not`` and ``table``.
    bounds : pandas.DataFrame
        Metrics of one ranking were infiltration this or that common: ``prevalence``, ``name``,
        ``assumption``, ``observed``, ``low`` and ``high``; may be empty.
    """
    panels = [base_rate_panel(worth.box, flagged=worth.rule, why_not=worth.why_not)]
    if not worth.table.empty:
        panels.append(show_what_ifs(worth.table, worth.rule))
        if not bounds.empty:
            panels.append(_show_bounds(bounds))
    return panels


def _show_bounds(bounds: pd.DataFrame) -> Panel:
    shown = bounds[bounds["name"].isin(_BOUNDED)]
    cells = [
        "cannot be said" if pd.isna(low) else f"{low:.2f}" + f" to {high:.2f}" * (high > low)
        for low, high in zip(shown["low"], shown["high"], strict=True)
    ]
    long = shown.assign(
        name=shown["name"].map(metric_label),
        observed=shown["observed"].map(lambda value: f"{value:.2f}"),
        cell=cells,
    )
    key = ["prevalence", "name", "observed"]
    wide = long.pivot(index=key, columns="assumption", values="cell").reset_index()
    return show_table(
        wide.rename_axis(columns=None).rename(
            columns={"observed": "if every unlisted one is clean"}
        ),
        caption="If infiltration were this common: the ranking, with what lists do not show",
        formats={"prevalence": "percent"},
        note="Held out with the firms they are connected to. Lists show only a part of infiltrated "
        "firms: the others rank like listed ones, or, at worst and at best, anywhere.",
    )


def tabulate_head(
    scores: pd.DataFrame, flagged: pd.DataFrame, tags: Tags, most: int
) -> pd.DataFrame:
    """Return the firms ranked highest under their tags, with how firm their places are.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``company_id``, ``rank``, ``rank_low``, ``rank_high``, ``head_share`` (of refits in which
        it is among the flagged) and ``is_unstable``; best rank first.
    flagged : pandas.DataFrame
        ``company_id`` and ``changes``: signs to be without for the flag to go.
    tags : Tags
    most : int
        Firms shown.
    """
    head = scores.head(most)
    changes = flagged.set_index("company_id")["changes"]
    return pd.DataFrame(
        {
            "firm": tags.tags("firm", head["company_id"]),
            "rank": head["rank"],
            "rank_low": head["rank_low"],
            "rank_high": head["rank_high"],
            "flagged in refits": _flagged_in_refits(head),
            "signs to be without": [_changes(changes, name) for name in head["company_id"]],
        }
    )


def show_model_card(sections: Sequence[Any]) -> Panel:
    """Return the model card of the ranking, one heading after the other.

    Parameters
    ----------
    sections : sequence of CardSection
        ``heading`` and ``points``.
    """
    parts = [text_element("h3", "Model card of this ranking")]
    for section in sections:
        points = "".join(text_element("li", point) for point in section.points)
        parts += [text_element("h4", section.heading), element("ul", points)]
    words = "\n".join(f"{s.heading}: {' '.join(s.points)}" for s in sections)
    return Panel(element("section", "".join(parts), class_="model-card"), words)


def _changes(changes: pd.Series, company: str) -> str:
    if company not in changes.index:
        return "not flagged"
    return "more" if pd.isna(changes[company]) else str(int(changes[company]))


def _flagged_in_refits(head: pd.DataFrame) -> list[str]:
    """Return the share of refits in words; nothing where there were none."""
    words = []
    for share, unstable in zip(head["head_share"], head["is_unstable"], strict=True):
        if pd.isna(share):
            words.append("")
        else:
            words.append(f"{percent(share)}, unstable" if unstable else percent(share))
    return words


def _cell(own: pd.DataFrame, key: tuple[str, str]) -> str | None:
    if key not in own.index:
        return None
    row = own.loc[[key]].iloc[0]
    if pd.isna(row["value"]):
        return None
    return interval(row["value"], row["low"], row["high"], lambda number: f"{number:.2f}")
