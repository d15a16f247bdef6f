"""Say in sentences what the pool of estimators means."""

from __future__ import annotations

from dataclasses import dataclass

from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS
from infiltrate.prevalence.pool import POOLED_FAMILIES, Pool
from infiltrate.prevalence.posterior import equal_tails, name_in_words


@dataclass(frozen=True)
class PoolWords:
    """What a usable pool means, for a reader.

    Attributes
    ----------
    verdict : str
        In a few words.
    headline : str
        In one sentence.
    findings : tuple of str
        What it rests on and what would change it, one point each.
    """

    verdict: str
    headline: str
    findings: tuple[str, ...]


def word_pool(pool: Pool, firms: int, lists: int, interval: float) -> PoolWords:
    """Say how many firms are infiltrated.

    Parameters
    ----------
    pool : Pool
        As `triangulate` gives it, not rejected.
    firms : int
        Firms that shares are shares of.
    lists : int
        Lists behind the estimate.
    interval : float
        Coverage of the interval that is said.
    """
    low, middle, high = (
        per_thousand(number / max(firms, 1)) for number in equal_tails(pool.draws, interval)
    )
    if any(NONE_BEYOND_ERRORS in reason for reason in pool.reasons):
        return PoolWords(
            "Answered: no infiltration beyond the errors of the lists can be shown",
            f"{NONE_BEYOND_ERRORS}; at most {high} per 1,000 firms are infiltrated (upper end of "
            f"the {interval:.0%} interval).",
            _word_cautions(pool),
        )
    used = pool.members[pool.members["weight"] > 0]
    brought = " and ".join(
        f"{name_in_words(name)} (weight {weight:.0%})"
        for name, weight in zip(used["estimator"], used["weight"], strict=True)
    )
    others = pool.members[pool.members["family"].isin(POOLED_FAMILIES)]
    rejected = [name_in_words(name) for name in others[others["weight"] == 0]["estimator"]]
    is_disputed = any(reason.startswith("The estimators disagree") for reason in pool.reasons)
    return PoolWords(
        "Answered with caution: an estimate with its interval"
        if pool.status == "caution"
        else "Answered: an estimate with its interval",
        f"Between {low} and {high} per 1,000 firms are infiltrated ({interval:.0%} interval, "
        f"{lists} lists, under the assumptions shown)"
        + ("; the estimators disagree." if is_disputed else "."),
        (
            f"The middle of the estimate is {middle} per 1,000. It brings together {brought}"
            + (f"; refused: {', '.join(rejected)}." if rejected else "."),
            "It doubles if unlisted infiltrated firms are "
            f"{pool.tipping.gamma_doubles:.1f} times as many as modelled.",
            *_word_cautions(pool),
        ),
    )


def _word_cautions(pool: Pool) -> tuple[str, ...]:
    return tuple(f"Caution: {reason}" for reason in pool.reasons)


def per_thousand(share: float) -> str:
    """Write a share as a number per 1,000."""
    rate = 1000 * share
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.2g}"
