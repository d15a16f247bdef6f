"""Say in sentences what the pool of estimators means."""

from __future__ import annotations

from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS
from infiltrate.prevalence.pool import Pool


def word_pool(pool: Pool, firms: int, floor: float, lists: int) -> tuple[str, ...]:
    """Say how many firms are infiltrated, one sentence a piece.

    Parameters
    ----------
    pool : Pool
        As `triangulate` gives it.
    firms : int
        Firms of the country.
    floor : float
        Infiltrated firms on a list.
    lists : int
        Lists behind the estimate.
    """
    if pool.status == "reject":
        return pool.reasons
    none = [reason for reason in pool.reasons if NONE_BEYOND_ERRORS in reason]
    if none:
        high = pool.intervals[0.95][1]
        return (
            f"{NONE_BEYOND_ERRORS}; the upper end of the 95 % interval is "
            f"{_per_thousand(high, firms)} per 1,000 firms.",
        )
    low, high = pool.intervals[0.95]
    sentences = [
        f"Between {_per_thousand(low, firms)} and {_per_thousand(high, firms)} per 1,000 firms are "
        f"infiltrated (95 % interval, {lists} lists, under the assumptions shown).",
        f"The floor, infiltrated firms already on a list, is {_per_thousand(floor, firms)} per "
        "1,000.",
        "If a further share δ of infiltrations is of a kind no list can see, multiply by "
        "1/(1 − δ).",
        "The middle value doubles if unlisted infiltrated firms are "
        f"{pool.tipping.gamma_doubles:.1f} times as many as modelled.",
    ]
    if any(reason.startswith("The estimators disagree") for reason in pool.reasons):
        sentences.insert(1, "The estimators disagree; see each of them.")
    return tuple(sentences)


def _per_thousand(number: float, firms: int) -> str:
    rate = 1000 * number / max(firms, 1)
    return f"{rate:.0f}" if rate >= 10 or rate == 0 else f"{rate:.2g}"
