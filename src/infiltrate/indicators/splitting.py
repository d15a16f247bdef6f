"""Purchases cut into pieces below a threshold: more of them than the buyers' calendar explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.params.bidding_choices import SplittingChoices
from infiltrate.params.facts import Threshold

_FEWEST_PIECES = 50
_COLUMNS = (
    "regime",
    "category",
    "amount",
    "currency",
    "valid_from",
    "purchases",
    "repeated",
    "observed",
    "expected",
    "expected_low",
    "expected_high",
    "p_value",
    "state",
    "detail",
)


def examine_splitting(
    contracts: pd.DataFrame,
    thresholds: Sequence[Threshold],
    rng: np.random.Generator,
    choices: SplittingChoices | None = None,
) -> pd.DataFrame:
    """Compare purchases that reach a threshold together with those of a shuffled calendar.

    Parameters
    ----------
    contracts : pandas.DataFrame
        One row per contract: ``purchase`` (contracts of one tender are one purchase),
        ``buyer_id``, ``supplier_id``, ``amount``, ``currency``, ``category``, ``product``,
        ``signed_on``.
    thresholds : sequence of Threshold
        Dated legal amounts.
    rng : numpy.random.Generator
        Draws the calendars.
    choices : SplittingChoices, optional
        Window, products and draws.

    Returns
    -------
    pandas.DataFrame
        One row per threshold, sorted: ``purchases`` below it, ``repeated`` ones (same buyer,
        supplier, kind and product), ``observed`` purchases that complete a sum of at least the
        threshold within the window, the number ``expected`` when purchases of a buyer change days,
        95 % of draws, one-sided ``p_value``; ``state`` is ``flag`` (p at most .05), ``clear`` or
        ``not_computable`` with the reason in ``detail``.

    Notes
    -----
    The null keeps what each buyer bought from whom, for how much, and on which days it signed;
    only which purchase fell on which day is drawn. Pieces of one need lie close together: that is
    what is tested. Regular needs, spread over the year, are in the expected number.
    """
    choices = choices or SplittingChoices()
    rows = [_test_threshold(contracts, threshold, rng, choices) for threshold in thresholds]
    keys = ["regime", "category", "valid_from", "amount"]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).sort_values(keys, ignore_index=True)


def _test_threshold(
    contracts: pd.DataFrame,
    threshold: Threshold,
    rng: np.random.Generator,
    choices: SplittingChoices,
) -> dict:
    fixed = {
        name: getattr(threshold, name)
        for name in ("regime", "category", "amount", "currency", "valid_from")
    }
    pieces = _list_pieces(contracts, threshold, choices.product_digits)
    repeated = pieces[pieces.groupby("series")["series"].transform("size") >= 2]
    counts = {"purchases": len(pieces), "repeated": len(repeated)}
    if len(repeated) < _FEWEST_PIECES:
        detail = f"{len(repeated)} purchases are repeated below it, {_FEWEST_PIECES} are needed"
        if choices.product_digits and not contracts["product"].notna().any():
            detail = "products are not recorded"
        return {**fixed, **counts, "state": "not_computable", "detail": detail}
    pieces = pieces.sort_values(["buyer", "series", "day", "amount"])
    buyer, series = pieces["buyer"].to_numpy(), pieces["series"].to_numpy()
    day, amount = pieces["day"].to_numpy(float), pieces["amount"].to_numpy(float)
    seen = _count_completed(series, day, amount, threshold.amount, choices.window_days)
    drawn = np.empty(choices.permutations)
    for number in range(choices.permutations):
        # rows are in order of buyers: days change places within each
        order = np.lexsort((rng.random(len(day)), buyer))
        drawn[number] = _count_completed(
            series, day[order], amount, threshold.amount, choices.window_days
        )
    p_value = (1 + (drawn >= seen).sum()) / (1 + len(drawn))
    low, high = np.quantile(drawn, [0.025, 0.975])
    flagged = p_value <= 0.05
    return {
        **fixed,
        **counts,
        "observed": float(seen),
        "expected": float(drawn.mean()),
        "expected_low": float(low),
        "expected_high": float(high),
        "p_value": float(p_value),
        "state": "flag" if flagged else "clear",
        "detail": "more than the calendar explains" if flagged else "no more than by chance",
    }


def _list_pieces(contracts: pd.DataFrame, threshold: Threshold, digits: int) -> pd.DataFrame:
    """Return purchases below a threshold while it holds, with the number of their series."""
    signed = pd.to_datetime(contracts["signed_on"])
    kept = (contracts["currency"] == threshold.currency) & (
        signed >= pd.Timestamp(threshold.valid_from)
    )
    if threshold.valid_to is not None:
        kept &= signed <= pd.Timestamp(threshold.valid_to)
    if threshold.category != "any":
        kept &= contracts["category"] == threshold.category
    product = contracts["product"].astype(object).str.slice(0, digits) if digits else "any"
    frame = contracts.assign(part=product, day=(signed - pd.Timestamp(0)).dt.days)[kept]
    frame = frame.dropna(subset=["category", "part"]) if digits else frame
    keys = ["buyer_id", "supplier_id", "category", "part"]
    whole = frame.groupby([*keys, "purchase"], dropna=False, as_index=False, sort=True).agg(
        amount=("amount", "sum"), day=("day", "min")
    )
    below = whole[whole["amount"] < threshold.amount]
    return below.assign(
        series=below.groupby(keys, dropna=False).ngroup(),
        buyer=pd.factorize(below["buyer_id"], sort=True)[0],
    )


def _count_completed(
    series: np.ndarray, day: np.ndarray, amount: np.ndarray, threshold: float, window: int
) -> int:
    """Count purchases with which the sum of the window that ends there reaches the threshold."""
    order = np.lexsort((day, series))
    # series lie further apart than any window
    place = series[order] * 1e6 + day[order]
    total = np.r_[0.0, np.cumsum(amount[order])]
    first = np.searchsorted(place, place - window - 0.5, side="right")
    last = np.searchsorted(place, place, side="right")
    return int((total[last] - total[first] >= threshold - 1e-6).sum())
