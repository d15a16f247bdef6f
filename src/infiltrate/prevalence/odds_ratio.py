"""How much oftener than by chance two lists name the same companies, with an exact interval."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np
from scipy import optimize, special, stats

from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.rounding import round_count

_LOG_ODDS = (-60.0, 60.0)


def measure_odds_ratio(
    on_a: np.ndarray, on_b: np.ndarray, rules: DisclosureChoices, interval: float
) -> dict[str, float]:
    """Compare two lists among the companies that both could have named.

    Parameters
    ----------
    on_a, on_b : numpy.ndarray of bool, shape (n_companies,)
        Whether each company is on the list.
    rules : DisclosureChoices
        ``minimum_listed`` and ``round_to`` are read.
    interval : float
        Coverage.

    Returns
    -------
    dict of str to float
        ``odds_ratio``, ``low`` and ``high``, to two digits, the ends outwards; missing when fewer
        than ``minimum_listed`` are on both. ``low`` is 0 when it may be just as many, ``high``
        infinite when the smaller list may lie inside the other.

    Notes
    -----
    Half is added to each count for the value (Haldane 1956; Anscombe 1956). The interval is the
    exact one (Cornfield 1956) given the length of both lists, and given that enough companies are
    on both to be shown: without the latter, pairs shown by luck look more alike than they are. It
    holds those of all numbers on both that rounding leaves open, so that it does not give the
    number away.
    """
    both = int(np.count_nonzero(on_a & on_b))
    if both < rules.minimum_listed:
        return dict.fromkeys(["odds_ratio", "low", "high"], math.nan)
    sizes = len(on_a), int(np.count_nonzero(on_a)), int(np.count_nonzero(on_b))
    value = _add_half(both, sizes)
    low, high = _exact_ends(both, sizes, rules, interval)
    return {
        "odds_ratio": keep_two_digits(value),
        "low": keep_two_digits(min(low, value), ROUND_FLOOR),
        "high": keep_two_digits(max(high, value), ROUND_CEILING),
    }


def keep_two_digits(number: float, rounding: str = ROUND_HALF_EVEN) -> float:
    """Keep two digits, so that exact counts cannot be worked back from a ratio."""
    if number == 0 or not math.isfinite(number):
        return float(number)
    decimal = Decimal(float(number))
    return float(decimal.quantize(Decimal(1).scaleb(decimal.adjusted() - 1), rounding=rounding))


def _add_half(both: int, sizes: tuple[int, int, int]) -> float:
    companies, on_a, on_b = sizes
    neither = companies - on_a - on_b + both
    return (both + 0.5) * (neither + 0.5) / ((on_a - both + 0.5) * (on_b - both + 0.5))


def _exact_ends(
    both: int, sizes: tuple[int, int, int], rules: DisclosureChoices, interval: float
) -> tuple[float, float]:
    """Return the ends from Fisher's noncentral hypergeometric family, cut below the minimum."""
    companies, on_a, on_b = sizes
    fewest, most = max(rules.minimum_listed, on_a + on_b - companies), min(on_a, on_b)
    shown = round_count(both, rules.round_to)
    lowest = max(shown - rules.round_to // 2, fewest)
    highest = min(shown + (rules.round_to - 1) // 2, most)
    numbers = np.arange(fewest, most + 1)
    central = stats.hypergeom.logpmf(numbers, companies, on_a, on_b)

    def find_odds(numbers_in_tail: np.ndarray) -> float:
        def excess(log_odds: float) -> float:
            chances = special.softmax(central + log_odds * numbers)
            return float(chances[numbers_in_tail].sum()) - (1 - interval) / 2

        return math.exp(optimize.brentq(excess, *_LOG_ODDS))

    low = find_odds(numbers >= lowest) if lowest > fewest else 0.0
    high = find_odds(numbers <= highest) if highest < most else math.inf
    return low, high
