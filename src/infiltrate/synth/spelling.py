"""How publishers spell amounts and the names of procedures."""

from __future__ import annotations

import numpy as np
import pandas as pd

PROCEDURE_SPELLINGS: dict[str, tuple[str, ...]] = {
    "open": ("Open procédure", "Public competition", "Open call (art. 12)"),
    "restricted": ("Restricted procédure", "Competition by invitation"),
    "negotiated_with_publication": ("Negotiation with notice", "Negotiated, published"),
    "negotiated_without_publication": ("Negotiation without notice", "Negotiated, unpublished"),
    "direct_award": ("Direct award", "Purchase under art. 7", "Direct purchase"),
    "framework_call": ("Call under framework", "Framework order"),
    "other": ("Special arrangement",),
}


def spell_money(amounts: np.ndarray, decimal: str, thousands: str = "") -> np.ndarray:
    """Return amounts with two decimals as text."""
    texts = [f"{amount:,.2f}" for amount in np.asarray(amounts, dtype=float)]
    table = str.maketrans({",": thousands, ".": decimal})
    return np.array([text.translate(table) for text in texts], dtype=object)


def spell_procedures(
    procedures: pd.Series, buyers: pd.Series, rng: np.random.Generator
) -> np.ndarray:
    """Return national names of procedures: each buyer has its own, typed with care or without."""
    names = np.array(
        [
            PROCEDURE_SPELLINGS[procedure][buyer % len(PROCEDURE_SPELLINGS[procedure])]
            for procedure, buyer in zip(procedures, buyers, strict=True)
        ],
        dtype=object,
    )
    draw = rng.random(len(names))
    return np.array(
        [_type_carelessly(name, value) for name, value in zip(names, draw, strict=True)],
        dtype=object,
    )


def _type_carelessly(name: str, draw: float) -> str:
    if draw < 0.08:
        return name.upper()
    if draw < 0.12:
        return name.replace(" ", "  ")
    if draw < 0.15:
        return f" {name} "
    return name
