"""From levels of likeness to probabilities: one record is at most one company, or none of them.

For record i and company j of a register of N, Fellegi and Sunter (1969) weigh the levels g of K
comparisons by ``B_ij = prod_k m_k(g) / u_k(g)``, where a level with term frequencies (the same
name, the same area) has its own frequency for u. splink treats pairs as independent of each other;
here the record's candidates compete::

    P(i is j)    = W_ij / (W_i0 + sum_j W_ij),    W_ij = coverage / N * B_ij * L_ij
    P(i is none) = W_i0 / (W_i0 + sum_j W_ij),    W_i0 = (1 - coverage) * L_i0

``coverage`` is the share of records whose company is in the register and can be found. L is the
chance of the number that the record states: right but for a share of errors; an error hits another
company of the register at times; a company outside the register has a number outside it.

Coverage, errors and levels are learnt by expectation and maximisation from the records themselves,
held to the fixed parameters by pseudo-counts. m is the share of a level among pairs weighed by
P(i is j); u is the number of other candidate pairs of a level, of all pairs of a record and a
company: what no key brings together counts as the least alike. With too few records nothing is
learnt and the fixed parameters are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from infiltrate.linkage.evidence import COMPARISONS

FEWEST_RECORDS = 100
"""Records with candidates below which nothing is learnt."""

_COVERAGE, _NUMBER_ERRORS, _ERRORS_THAT_HIT = 0.9, 0.01, 0.2
# how many records the fixed parameters count for, once there are enough to learn from
_PSEUDO_COUNT = 20.0
_ROUNDS, _TOLERANCE = 200, 1e-7
_MOST_RECORDS = 50_000


@dataclass(frozen=True, eq=False)
class LinkParameters:
    """What levels and numbers are worth.

    Attributes
    ----------
    m, u : dict of str to numpy.ndarray
        By comparison, by level from the least alike.
    coverage : float
        Share of records whose company can be found in the register.
    number_errors : float
        Share of numbers stated that are wrong.
    errors_that_hit : float
        Share of these that are another company's.
    records : int
        Records they were learnt from; 0 where they are the fixed ones.
    reason : str
        Why nothing was learnt; empty where it was.
    """

    m: Mapping[str, np.ndarray]
    u: Mapping[str, np.ndarray]
    coverage: float = _COVERAGE
    number_errors: float = _NUMBER_ERRORS
    errors_that_hit: float = _ERRORS_THAT_HIT
    records: int = 0
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Weighed:
    """Probabilities of pairs, in the order given, and of none of the candidates, by record."""

    pair: np.ndarray
    none: np.ndarray
    parameters: LinkParameters = field(repr=False)


def fixed_parameters() -> LinkParameters:
    """Return the parameters of `infiltrate.linkage.evidence.COMPARISONS`, with nothing learnt."""
    m = {name: np.array([one.m for one in reversed(levels)]) for name, levels in _LEVELS}
    u = {name: np.array([one.u for one in reversed(levels)]) for name, levels in _LEVELS}
    return LinkParameters(m, u)


def weigh_pairs(
    compared: pd.DataFrame,
    numbers: np.ndarray,
    companies: int,
    teaching: np.ndarray,
    chance: Mapping[str, np.ndarray],
) -> Weighed:
    """Return the probability of every pair.

    Parameters
    ----------
    compared : pandas.DataFrame
        From `infiltrate.linkage.evidence.compare_pairs`, with ``is_stated`` (the record states
        this company's number) and ``by_name`` (a key of the name brought the two together).
    numbers : numpy.ndarray of str
        By record: ``none``, ``known`` (some company of the register has the number stated) or
        ``unknown``.
    companies : int
        Size of the register.
    teaching : numpy.ndarray of bool
        Records from which parameters are learnt; they do not depend on any other record.
    chance : dict of str to numpy.ndarray
        u of comparisons other than the name (`infiltrate.linkage.evidence.rates_of_chance`).
    """
    fixed = fixed_parameters()
    fixed = replace(fixed, u={**fixed.u, **chance})
    lesson = _choose_lesson(compared, teaching)
    if len(lesson.rows) < FEWEST_RECORDS:
        reason = (
            f"only {len(lesson.rows)} records with a name can be learnt from, fewer than "
            f"{FEWEST_RECORDS}"
        )
        fixed = replace(fixed_parameters(), reason=reason)
        return _weigh(compared, numbers, companies, fixed)
    return _weigh(compared, numbers, companies, _learn(compared, numbers, companies, lesson, fixed))


def apply_parameters(
    compared: pd.DataFrame, numbers: np.ndarray, companies: int, parameters: LinkParameters
) -> np.ndarray:
    """Return the probability of every pair under given parameters; see `weigh_pairs`."""
    return _weigh(compared, numbers, companies, parameters).pair


_LEVELS = tuple(COMPARISONS.items())


@dataclass(frozen=True, eq=False)
class _Lesson:
    rows: np.ndarray
    pairs: np.ndarray


def _choose_lesson(compared: pd.DataFrame, teaching: np.ndarray) -> _Lesson:
    """Take records at equal steps where there are more than needed."""
    rows = np.flatnonzero(teaching)
    rows = rows[:: max(1, -(-len(rows) // _MOST_RECORDS))]
    chosen = np.zeros(len(teaching), dtype=bool)
    chosen[rows] = True
    return _Lesson(rows, np.flatnonzero(chosen[compared["record"].to_numpy()]))


def _learn(
    compared: pd.DataFrame,
    numbers: np.ndarray,
    companies: int,
    lesson: _Lesson,
    fixed: LinkParameters,
) -> LinkParameters:
    position = np.full(len(numbers), -1)
    position[lesson.rows] = np.arange(len(lesson.rows))
    part = compared.iloc[lesson.pairs]
    part = part.assign(record=position[part["record"].to_numpy()])
    known = numbers[lesson.rows]
    parameters = fixed
    for _ in range(_ROUNDS):
        weighed = _weigh(part, known, companies, parameters)
        learnt = _maximise(part, known, companies, weighed, fixed)
        moved = _distance(parameters, learnt)
        parameters = learnt
        if moved < _TOLERANCE:
            break
    return parameters


def _maximise(
    pairs: pd.DataFrame,
    numbers: np.ndarray,
    companies: int,
    weighed: Weighed,
    fixed: LinkParameters,
) -> LinkParameters:
    records = len(numbers)
    by_name = pairs["by_name"].to_numpy()
    m, u = {}, {}
    for name, levels in _LEVELS:
        level = pairs[name].to_numpy()
        has = level >= 0
        right = np.bincount(level[has], weighed.pair[has], len(levels))
        m[name] = _mix(right, fixed.m[name])
        u[name] = fixed.u[name]
        if name == "name":
            other = has & by_name
            counts = np.bincount(level[other], 1 - weighed.pair[other], len(levels))
            u[name] = _rates_of_chance(counts, records * companies, fixed.u[name], levels)
    stated = pairs["is_stated"].to_numpy()
    found = 1 - weighed.none
    right_number = float(weighed.pair[stated].sum())
    wrong_known = float(found[numbers == "known"].sum()) - right_number
    wrong_unknown = float(found[numbers == "unknown"].sum())
    wrong = wrong_known + wrong_unknown
    return LinkParameters(
        m,
        u,
        coverage=_share(float(found.sum()), records, _COVERAGE),
        number_errors=_share(wrong, wrong + right_number, _NUMBER_ERRORS),
        errors_that_hit=_share(wrong_known, wrong, _ERRORS_THAT_HIT),
        records=records,
    )


def _mix(counts: np.ndarray, prior: np.ndarray) -> np.ndarray:
    mixed = counts + _PSEUDO_COUNT * prior
    return mixed / mixed.sum()


def _share(count: float, total: float, prior: float) -> float:
    return (count + _PSEUDO_COUNT * prior) / (total + _PSEUDO_COUNT)


def _rates_of_chance(
    counts: np.ndarray, pairs: int, prior: np.ndarray, levels: tuple[object, ...]
) -> np.ndarray:
    """Return u of each level; one with term frequencies keeps its own, which cancels."""
    rates = (counts + prior) / (pairs + 1)
    rates[-1] = prior[-1]
    rates[0] = 1 - rates[1:].sum()
    return rates


def _weigh(
    pairs: pd.DataFrame, numbers: np.ndarray, companies: int, parameters: LinkParameters
) -> Weighed:
    record = pairs["record"].to_numpy()
    weight = pairs["rarity"].to_numpy() + np.log(parameters.coverage / max(1, companies))
    for name, _ in _LEVELS:
        level = pairs[name].to_numpy()
        worth = np.append(np.log(parameters.m[name]) - np.log(parameters.u[name]), 0.0)
        weight = weight + worth[level]
    known = numbers == "known"
    errors, hit = parameters.number_errors, parameters.errors_that_hit
    chance_hit = np.log(errors * hit / max(1, companies))
    if_other = np.where(known, chance_hit, 0.0)
    if_other = np.where(numbers == "unknown", np.log(errors * (1 - hit)), if_other)
    stated = pairs["is_stated"].to_numpy()
    weight = weight + np.where(stated, np.log1p(-errors), if_other[record])
    nobody = np.log1p(-parameters.coverage) + np.where(known, chance_hit, 0.0)
    top = nobody.copy()
    np.maximum.at(top, record, weight)
    share = np.exp(weight - top[record])
    nothing = np.exp(nobody - top)
    total = nothing + np.bincount(record, share, len(numbers))
    return Weighed(share / total[record], nothing / total, parameters)


def _distance(one: LinkParameters, other: LinkParameters) -> float:
    gaps = [abs(one.coverage - other.coverage), abs(one.number_errors - other.number_errors)]
    gaps += [float(np.abs(one.m[name] - other.m[name]).max()) for name, _ in _LEVELS]
    return max(gaps)
