"""Invented numbers for the figures about firms, ties and tracing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from infiltrate.report import figures
from infiltrate.report.figure import Figure


def scores() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": ["Unusual cash", "Thin payroll"],
            "companies": [900, 850],
            "q05": [-1.4, -2.5],
            "q25": [-0.6, -0.7],
            "q50": [0.0, 0.0],
            "q75": [0.7, 0.6],
            "q95": [8.0, 1.4],
            "limit": 2.0,
            "flagged": [0.09, 0.04],
        }
    )


def owners() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["Construction", "Trade"],
            "certain": [60, 30],
            "possible": [10, 5],
            "declared": [5, 0],
            "state": [5, 0],
            "nobody": [10, 5],
            "no_record": [10, 60],
        }
    )


def distances() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["listed", "listed", "other", "other"],
            "distance": ["1", "2 or more", "1", "2 or more"],
            "place": [0, 1, 0, 1],
            "firms": [30, 70, 20, 980],
            "share": [0.3, 0.7, 0.02, 0.98],
            "low": [0.2, 0.6, 0.01, 0.97],
            "high": [0.4, 0.8, 0.03, 0.99],
        }
    )


def hazards(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "lists": ["lists that follow cases", "other lists"],
            "lag": ["recent", "late"],
            "hazard_ratio": [3.0, 1.2],
            "low": [1.5, 0.6],
            "high": [6.0, np.inf],
            "reason": "",
        }
    )
    return frame.assign(**changes)


def assortativity(reason: str = "") -> Figure:
    if reason:
        nothing = float("nan")
        return figures.assortativity_null(
            nothing, nothing, nothing, np.zeros(0), nothing, reason=reason
        )
    return figures.assortativity_null(0.06, 0.03, 0.1, np.linspace(0.01, 0.03, 100), 0.01)


STAGES = pd.DataFrame(
    {
        "stage": ["The listed firm itself", "Same owner", "Same officer"],
        "currency": "EUR",
        "contracts": pd.array([25, None, None], dtype="Int64"),
        "value": [2e6, None, None],
        "state": ["shown", "closed", "not_computable"],
    }
)
NODES = pd.DataFrame(
    {
        "unit_id": ["a", "b", "c"],
        "label": ["Firm A", "Person B", "owner not on record"],
        "kind": ["company", "natural_person", "unknown"],
        "layer": [0, 1, 1],
        "is_subject": [True, False, False],
        "is_listed": [True, False, False],
    }
)
EDGES = pd.DataFrame(
    {
        "upper_id": ["b", "b", "c"],
        "lower_id": ["a", "a", "a"],
        "relation": ["owns", "serves", "owns"],
        "label": ["25–50%", "director", ""],
        "record_id": ["ownership", "officers", ""],
    }
)

FIGURES: dict[str, Callable[[], Figure]] = {
    "peer_scores": lambda: figures.peer_scores(scores()),
    "known_owners": lambda: figures.known_owners(owners()),
    "listed_distances": lambda: figures.listed_distances(distances()),
    "assortativity_null": assortativity,
    "listing_hazards": lambda: figures.listing_hazards(hazards()),
    "value_by_stage": lambda: figures.value_by_stage(STAGES),
    "layered_graph": lambda: figures.layered_graph(NODES, EDGES, title="One firm"),
}

EMPTY: dict[str, Callable[[], Figure]] = {
    "peer_scores": lambda: figures.peer_scores(scores().head(0)),
    "known_owners": lambda: figures.known_owners(
        owners().assign(certain=0, possible=0, declared=0, state=0, nobody=0)
    ),
    "listed_distances": lambda: figures.listed_distances(distances().head(0)),
    "assortativity_null": lambda: assortativity("2 listed companies have ties"),
    "listing_hazards": lambda: figures.listing_hazards(
        hazards(hazard_ratio=float("nan"), reason="too few")
    ),
    "value_by_stage": lambda: figures.value_by_stage(STAGES.iloc[1:]),
    "layered_graph": lambda: figures.layered_graph(
        NODES.head(0), EDGES.head(0), title="One firm", empty="No example."
    ),
}
