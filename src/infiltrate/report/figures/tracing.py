"""Figures about tracing: contracts reached from listed firms, and what stands around one firm."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import igraph
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Patch
from matplotlib.ticker import MaxNLocator

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    SKY,
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_amounts,
)
from infiltrate.report.wording import amount, count, enumerate_words

_NODE_STYLES = {
    "company": Style("#ffffff"),
    "natural_person": Style("#FBE3C0"),
    "trust": Style("#E3D5E8"),
    "state": Style("#D5E8DD"),
    "unknown": Style(PALE, hatch="////"),
    "address": Style("#EDEFF1"),
    "buyer": Style(SKY),
}
_NODE_NAMES = {
    "company": "company",
    "natural_person": "person",
    "trust": "trust",
    "state": "state",
    "unknown": "not known",
    "address": "address",
    "buyer": "buyer",
}
_LINES = {"owns": "-", "serves": "--", "seat": ":", "buys": "-."}
_LINE_NAMES = {"owns": "owns", "serves": "serves", "seat": "seat", "buys": "contracts with"}
_BLANKS = {
    "closed": "closed: too few winners, or one with most of the value",
    "not_computable": "not computable: nothing on record",
}
_FRAME = "#8a949c"
_BOX = (1.06, 0.44)
_STEP = (1.24, 1.02)


@in_house_style
def layered_graph(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    title: str,
    left_out: Sequence[str] = (),
    caption: str = "",
    empty: str = "Nothing is on record around it.",
) -> Figure:
    """Draw units in layers: holders above what they hold, each tie with its label.

    Parameters
    ----------
    nodes : pandas.DataFrame
        One row per unit: ``unit_id``, ``kind``, ``layer`` (upwards), ``is_subject``,
        ``is_listed``; ``label`` if it is not the id.
    edges : pandas.DataFrame
        One row per tie: ``upper_id``, ``lower_id``, ``relation`` (owns, serves, seat, buys),
        ``label``, ``record_id``.
    title : str
        The finding.
    left_out : sequence of str
        What there is more of than drawn.
    empty : str
        What stands there when there is nothing to draw.
    """
    require_columns(nodes, ["unit_id", "kind", "layer", "is_subject", "is_listed"], "layered_graph")
    require_columns(edges, ["upper_id", "lower_id", "relation", "label"], "layered_graph")
    if len(nodes) < 2:
        return nothing_to_show(title, empty, caption)
    places = _lay_out(nodes, edges)
    across = np.ptp([x for x, _ in places.values()]) + _STEP[0]
    up = np.ptp([y for _, y in places.values()]) + _STEP[1]
    drawing, axes = new_drawing(up + 0.7, width=max(3.7, across + 0.1))
    middle = np.mean([min(x for x, _ in places.values()), max(x for x, _ in places.values())])
    half = max(3.5, across) / 2
    axes.set(
        xlim=(middle - half, middle + half),
        ylim=(
            min(y for _, y in places.values()) - _STEP[1] / 2,
            max(y for _, y in places.values()) + _STEP[1] / 2,
        ),
        aspect="equal",
    )
    axes.axis("off")
    _draw_ties(axes, edges, places)
    for row in nodes.itertuples():
        _draw_unit(axes, row, places[row.unit_id])
    kinds = [kind for kind in _NODE_STYLES if kind in set(nodes["kind"])]
    handles: list[Any] = [_legend_box(kind) for kind in kinds]
    handles += [
        axes.plot([], [], color=SOFT, linestyle=style, label=_LINE_NAMES[name])[0]
        for name, style in _LINES.items()
        if name in set(edges["relation"])
    ]
    legend_on_top(drawing, handles, columns=4 if across > 5 else 3)
    spoken = [
        f"{_label_of(nodes, row.upper_id)} {_LINE_NAMES[row.relation]} "
        f"{_label_of(nodes, row.lower_id)}" + (f" ({row.label})" if row.label else "")
        for row in edges.itertuples()
    ]
    more = f" Not drawn: {enumerate_words(list(left_out))}." if left_out else ""
    numbers = edges.assign(
        upper_id=[_label_of(nodes, unit) for unit in edges["upper_id"]],
        lower_id=[_label_of(nodes, unit) for unit in edges["lower_id"]],
    ).rename(columns={"upper_id": "upper", "lower_id": "lower", "record_id": "record"})
    return Figure(
        drawing,
        title,
        f"A graph in layers. {enumerate_words(spoken, 24)}.",
        (caption + more).strip(),
        "Holders stand above what they hold; a thick frame is the company asked about, a red one "
        "a company with a standing entry on a list.",
        numbers,
    )


@in_house_style
def value_by_stage(stages: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show what contracts are worth by how near their winners are to a listed firm.

    Parameters
    ----------
    stages : pandas.DataFrame
        One row per stage and currency, nearest stage first: ``stage``, ``currency``, ``value``
        and ``contracts`` (missing where closed) and ``state`` (shown, closed, not_computable).
    """
    require_columns(stages, ["stage", "currency", "value", "contracts", "state"], "value_by_stage")
    known = stages.dropna(subset=["value"])
    if known.empty:
        return nothing_to_show(
            title or "No contract is reached from a listed firm",
            "No stage has enough contracts with a value to be shown.",
            caption,
        )
    currencies = list(dict.fromkeys(known["currency"]))
    names = list(dict.fromkeys(stages["stage"]))
    drawing, panels = new_drawing(
        len(currencies) * rows_height(len(names), each=0.42, extra=0.8),
        nrows=len(currencies),
        squeeze=False,
    )
    for axes, currency in zip(panels[:, 0], currencies, strict=True):
        rows = stages[stages["currency"] == currency].set_index("stage").reindex(names)
        _draw_values(axes, rows, currency)
    first = known[known["currency"] == currencies[0]]
    total = amount(first["value"].sum(), currencies[0])
    least = "At least " if (stages["state"] == "closed").any() else ""
    finding = f"{least}{total} of contracts are reached from listed firms"
    return Figure(
        drawing,
        title or finding,
        "Bars. "
        + enumerate_words(
            [f"{r.stage}: {amount(r.value, r.currency)}" for r in known.itertuples()], 12
        )
        + ".",
        caption,
        "Value at signature of the contracts of each stage, not adjusted for prices; each contract "
        "counts once, at its nearest stage.",
        stages,
    )


def _draw_values(axes: Axes, rows: pd.DataFrame, currency: str) -> None:
    values = rows["value"].to_numpy(float)
    axes.barh(range(len(rows)), np.nan_to_num(values), height=0.6, color=BLUE)
    label_rows(axes, list(rows.index), width=28)
    show_amounts(axes)
    axes.set_xlabel(f"value at signature, {currency}")
    axes.set_xlim(0, np.nanmax(values) * 1.32)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    for position, (value, number) in enumerate(zip(values, rows["contracts"], strict=True)):
        is_blank = np.isnan(value)
        words = f"{amount(value)}; {count(number)} contracts"
        if is_blank:
            words = _BLANKS.get(rows["state"].iloc[position], "none")
        axes.annotate(
            words,
            (0 if is_blank else value, position),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=SOFT if is_blank else INK,
        )


def _lay_out(nodes: pd.DataFrame, edges: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return where each unit stands, in inches; igraph keeps ties from crossing."""
    units = list(nodes["unit_id"])
    place = {unit: number for number, unit in enumerate(units)}
    ends = [(place[row.upper_id], place[row.lower_id]) for row in edges.itertuples()]
    graph = igraph.Graph(n=len(units), edges=ends, directed=True)
    layers = (nodes["layer"].max() - nodes["layer"]).astype(int).tolist()
    found = graph.layout_sugiyama(layers=layers, hgap=1, vgap=1, maxiter=200)
    x = np.array([found[number][0] for number in range(len(units))], dtype=float)
    result: dict[str, tuple[float, float]] = {}
    for layer in sorted(set(layers)):
        members = [number for number in range(len(units)) if layers[number] == layer]
        members.sort(key=lambda number: (x[number], units[number]))
        spread = _spread(x[members])
        for number, position in zip(members, spread, strict=True):
            result[units[number]] = (_STEP[0] * position, -_STEP[1] * layer)
    return result


def _spread(x: np.ndarray) -> np.ndarray:
    """Move neighbours apart to at least one place each, and keep their middle."""
    spread = x.copy()
    for number in range(1, len(spread)):
        spread[number] = max(spread[number], spread[number - 1] + 1)
    return spread - (spread.mean() - x.mean())


def _draw_ties(axes: Axes, edges: pd.DataFrame, places: dict[str, tuple[float, float]]) -> None:
    pairs: dict[tuple[str, str], int] = {}
    fans_out, fans_in = edges["upper_id"].value_counts(), edges["lower_id"].value_counts()
    for row in edges.itertuples():
        nth = pairs.setdefault((row.upper_id, row.lower_id), 0)
        pairs[row.upper_id, row.lower_id] += 1
        (x0, y0), (x1, y1) = places[row.upper_id], places[row.lower_id]
        is_level = y0 == y1
        is_back = y0 < y1
        curve = 0.35 if is_level or is_back else 0.16 * nth
        side = np.sign(y1 - y0)
        start = (x0, y0) if is_level else (x0, y0 + side * _BOX[1] / 2)
        end = (x1, y1) if is_level else (x1, y1 - side * _BOX[1] / 2)
        axes.annotate(
            "",
            end,
            start,
            arrowprops={
                "arrowstyle": "-|>",
                "color": VERMILLION if is_back else SOFT,
                "linestyle": _LINES.get(row.relation, "-"),
                "linewidth": 1.1,
                "shrinkA": 0,
                "shrinkB": 0,
                "connectionstyle": f"arc3,rad={curve}",
            },
            zorder=1,
        )
        if row.label:
            # nearer to the end where the ties stand apart
            at = 0.5 + 0.13 * (fans_out[row.upper_id] > 1) - 0.13 * (fans_in[row.lower_id] > 1)
            at += 0.16 * (nth % 2)
            axes.text(
                x0 + at * (x1 - x0) + 0.5 * curve * (y1 - y0) * -1,
                start[1] + at * (end[1] - start[1]) + 0.5 * curve * (x1 - x0),
                textwrap.fill(row.label, 18),
                fontsize=7.5,
                ha="center",
                va="center",
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
                zorder=3,
            )


def _legend_box(kind: str) -> Patch:
    style = _NODE_STYLES[kind]
    return Patch(
        facecolor=style.colour, hatch=style.hatch, edgecolor=_FRAME, label=_NODE_NAMES[kind]
    )


def _draw_unit(axes: Axes, row: object, place: tuple[float, float]) -> None:
    x, y = place
    style = _NODE_STYLES.get(str(row.kind), _NODE_STYLES["unknown"])  # type: ignore[attr-defined]
    edge = VERMILLION if row.is_listed else INK if row.is_subject else _FRAME  # type: ignore[attr-defined]
    axes.add_patch(
        FancyBboxPatch(
            (x - _BOX[0] / 2, y - _BOX[1] / 2),
            *_BOX,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=style.colour,
            hatch=style.hatch,
            edgecolor=edge,
            linewidth=2.4 if row.is_subject else 1.6 if row.is_listed else 0.8,  # type: ignore[attr-defined]
            zorder=2,
        )
    )
    words = str(getattr(row, "label", None) or row.unit_id)  # type: ignore[attr-defined]
    if row.is_listed:  # type: ignore[attr-defined]
        words += " (listed)"
    axes.text(
        x,
        y,
        textwrap.fill(words, 15),
        fontsize=7.8,
        ha="center",
        va="center",
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6} if style.hatch else None,
    )


def _label_of(nodes: pd.DataFrame, unit: str) -> str:
    labels = nodes["label"] if "label" in nodes else nodes["unit_id"]
    return str(labels[nodes["unit_id"] == unit].iloc[0])
