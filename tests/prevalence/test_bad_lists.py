"""Lists and evidence that allow no answer, or hardly one, through everything that estimates."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.estimators import CountryEstimate, estimate_country
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.lists import Denominator, ListsData
from infiltrate.prevalence.robustness import vary_specifications
from infiltrate.prevalence.scar import estimate_scar
from infiltrate.prevalence.scar_assumption import test_scar as test_assumption
from tests.prevalence.countries import random_country, with_places
from tests.prevalence.examples import lists_data

Country = tuple[ListsData, FirmEvidence]
CHOICES = PrevalenceChoices(draws=200)
FIRMS = 400

test_assumption.__test__ = False


def sound() -> Country:
    lists, evidence, _ = random_country(1, FIRMS)
    return lists, evidence


def with_entries(listed: np.ndarray) -> Country:
    """Put other lists over the same firms, as far as there are any."""
    listed = np.asarray(listed, dtype=bool)
    _, evidence = sound()
    rows = np.arange(len(listed)) % FIRMS
    firms = len(listed)
    lists = with_places(lists_data(listed.astype(float)), np.arange(firms) % 4, rows % 3)
    return lists, FirmEvidence(
        evidence.signs.iloc[rows].reset_index(drop=True),
        evidence.reach.iloc[rows].reset_index(drop=True),
        evidence.cluster[rows],
    )


def with_column(column: np.ndarray) -> Country:
    return with_entries(np.column_stack([sound()[0].listed, column]))


def never_overlapping() -> Country:
    apart = np.zeros((FIRMS, 4), dtype=bool)
    apart[np.arange(120), np.arange(120) % 4] = True
    return with_entries(apart)


def one_contains_another() -> Country:
    inner = sound()[0].listed[:, 0] & (np.arange(FIRMS) % 2 == 0)
    return with_column(inner)


def duplicated_entries() -> Country:
    """Every firm twice: the same company entered under two ids, in one group of officers."""
    lists, evidence = sound()
    rows = np.repeat(np.arange(FIRMS), 2)
    again = lists.keep_companies(rows, Denominator(2 * FIRMS, "firms", False))
    return again, FirmEvidence(
        evidence.signs.iloc[rows].reset_index(drop=True),
        evidence.reach.iloc[rows].reset_index(drop=True),
        evidence.cluster[rows],
    )


def region_without_firms() -> Country:
    """No firm in the second of three regions, one firm in the third."""
    lists, evidence = sound()
    area = np.where(np.arange(FIRMS) == 7, 2, 0)
    return with_places(lists, area, np.zeros(FIRMS, dtype=int)), evidence


def place_unknown() -> Country:
    lists, evidence = sound()
    companies = lists.companies.assign(area_id=None, section=None)
    return replace(lists, companies=companies), evidence


def no_column() -> Country:
    lists, evidence = sound()
    empty = pd.DataFrame(index=evidence.signs.index)
    return lists, FirmEvidence(empty, empty, evidence.cluster)


def all_missing() -> Country:
    lists, evidence = sound()
    return lists, FirmEvidence(evidence.signs * np.nan, evidence.reach * np.nan, evidence.cluster)


def constant_columns() -> Country:
    lists, evidence = sound()
    return lists, FirmEvidence(evidence.signs * 0 + 3.0, evidence.reach * 0 - 1.0, evidence.cluster)


def perfect_sign() -> Country:
    """A sign that tells listed firms from others without fail."""
    lists, evidence = sound()
    perfect = lists.listed.any(axis=1).astype(float)
    return lists, replace(evidence, signs=evidence.signs.assign(perfect=perfect))


def enormous_values() -> Country:
    lists, evidence = sound()
    return lists, replace(evidence, signs=evidence.signs * 1e12)


def never_exposed() -> Country:
    """Every entry breaks the list's own rule."""
    lists, evidence = sound()
    return replace(lists, exposed=np.zeros_like(lists.exposed)), evidence


def doubtful_matches() -> Country:
    lists, evidence = sound()
    return replace(lists, match=lists.listed * 0.01), evidence


def one_cluster() -> Country:
    lists, evidence = sound()
    return lists, replace(evidence, cluster=np.zeros(FIRMS, dtype=int))


def official_count(lists: ListsData) -> int:
    return lists.denominator.firms


REFUSED: dict[str, Callable[[], Country]] = {
    "lists that never overlap": never_overlapping,
    "one list": lambda: with_entries(sound()[0].listed[:, :1]),
    "more lists than firms": lambda: with_entries(np.eye(3, 8)),
    "twelve lists of a few firms": lambda: with_entries(np.ones((5, 12))),
    "no list at all": lambda: with_entries(np.zeros((FIRMS, 0))),
    "lists that name nobody": lambda: with_entries(np.zeros((FIRMS, 4))),
    "no firm": lambda: with_entries(np.zeros((0, 4))),
    "no firm and no list": lambda: with_entries(np.zeros((0, 0))),
    "one firm": lambda: with_entries(np.ones((1, 4))),
    "one firm, not listed": lambda: with_entries(np.zeros((1, 4))),
    "every firm on every list": lambda: with_entries(np.ones((FIRMS, 4))),
    "every firm on some list": lambda: with_entries(np.arange(FIRMS)[:, None] % 4 == range(4)),
    "the same list three times": lambda: with_entries(
        np.repeat(sound()[0].listed[:, :1], 3, axis=1)
    ),
    "one firm on all lists": lambda: with_entries(
        (np.arange(FIRMS) == 5)[:, None] & np.ones(4, bool)
    ),
}
ANSWERED: dict[str, Callable[[], Country]] = {
    "a sound country": sound,
    "two lists": lambda: with_entries(sound()[0].listed[:, :2]),
    "a list inside another": one_contains_another,
    "a list covering everyone": lambda: with_column(np.ones(FIRMS, dtype=bool)),
    "a list twice": lambda: with_column(sound()[0].listed[:, 1]),
    "a list that names nobody": lambda: with_column(np.zeros(FIRMS, dtype=bool)),
    "a list that names one firm": lambda: with_column(np.arange(FIRMS) == 3),
    "entries twice": duplicated_entries,
    "a region without firms": region_without_firms,
    "places unknown": place_unknown,
    "evidence without columns": no_column,
    "evidence all missing": all_missing,
    "evidence that never varies": constant_columns,
    "a sign that separates perfectly": perfect_sign,
    "enormous values": enormous_values,
    "entries outside every exposure rule": never_exposed,
    "matches that are hardly believed": doubtful_matches,
    "one group of all firms": one_cluster,
}


def estimate(country: Country) -> CountryEstimate:
    """Estimate with every warning an error, whichever library it comes from."""
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        return estimate_country(*country, CHOICES, np.random.default_rng(0))


def say_words(reasons: tuple[str, ...]) -> bool:
    return bool(reasons) and all(
        len(reason) > 15 and reason.endswith(".") and "nan" not in reason.lower().split()
        for reason in reasons
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused_with_a_reason(name):
    lists, evidence = REFUSED[name]()
    result = estimate((lists, evidence))
    assert result.pool.status == "reject"
    assert np.isnan(result.pool.median) and not len(result.pool.draws)
    assert say_words(result.pool.reasons)
    for posterior in result.posteriors.values():
        check_posterior(posterior, lists)
        # bounds and comparators may still say something, estimators that are pooled may not
        if posterior.family in ("joint_detection", "loglinear", "doubly_robust"):
            assert posterior.status == "reject"
    assert np.isfinite(result.floor).all()
    assert result.floor.max() <= lists.listed.any(axis=1).sum()


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_odd_has_a_status_and_stays_within_what_is_possible(name):
    lists, evidence = ANSWERED[name]()
    result = estimate((lists, evidence))
    for posterior in result.posteriors.values():
        check_posterior(posterior, lists)
    pool = result.pool
    assert pool.status in ("use", "caution", "reject")
    if pool.status != "use":
        assert say_words(pool.reasons)
    if pool.status == "reject":
        assert np.isnan(pool.median)
        return
    assert np.isfinite(pool.draws).all()
    assert pool.draws.min() >= 0
    assert pool.draws.max() <= max(official_count(lists), result.floor.max()) + 1e-9
    low, high = pool.intervals[0.95]
    assert low <= pool.median <= high
    assert high > 1.3 * low, "nothing is known to a third from lists of a few dozen firms"


def test_a_sign_taken_from_the_lists_is_found_out():
    result = estimate(perfect_sign())
    detection = result.posteriors["joint_detection"]
    assert detection.status == "reject"
    assert "comes from the lists themselves" in " ".join(detection.reasons)


def check_posterior(posterior, lists: ListsData) -> None:
    assert posterior.status in ("use", "caution", "reject"), posterior.estimator
    if posterior.status != "use":
        assert say_words(posterior.reasons), (posterior.estimator, posterior.reasons)
    if posterior.status == "reject":
        assert not len(posterior.draws), posterior.estimator
        assert np.isnan(posterior.point).all(), posterior.estimator
        return
    total = posterior.total()
    assert np.isfinite(total).all() and total.min() >= 0, posterior.estimator
    largest = max(official_count(lists), len(lists.companies))
    assert total.max() <= largest, posterior.estimator


@pytest.mark.parametrize("name", [*REFUSED, *ANSWERED])
def test_comparators_and_their_test_say_what_they_can(name):
    lists, evidence = {**REFUSED, **ANSWERED}[name]()
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        posteriors = estimate_scar(lists, evidence, np.random.default_rng(0), 5)
        test = test_assumption(lists, evidence, np.random.default_rng(0), 49)
    for posterior in posteriors:
        assert posterior.status != "use"
        check_posterior(posterior, lists)
    assert len(test.words) > 30 and "nan" not in test.words
    assert np.isnan(test.p_value) or 0 < test.p_value <= 1


@pytest.mark.parametrize("name", ["no list at all", "no firm", "one list", "never", "perfect"])
def test_specifications_of_what_cannot_be_answered_are_refused_too(name):
    country = {"never": never_overlapping, "perfect": perfect_sign, **REFUSED}[name]()
    base = estimate(country)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = vary_specifications(*country, CHOICES, np.random.default_rng(0), base)
    assert len(frame) and frame["specification"].is_unique
    if name != "perfect":
        assert (frame["status"] == "reject").all()
        assert frame["median"].isna().all()
