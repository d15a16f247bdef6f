import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.leaks import find_leaks, leave_out_leaks
from infiltrate.risk.score import rank_companies

CHOICES = RiskChoices(bootstrap_draws=50, learners=["logistic"], folds=2, tuning_folds=0)
N = 3000


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def labels(n_listed=30, n=N):
    return np.arange(n) < n_listed


def leaks_of(column, is_listed, choices=CHOICES):
    return find_leaks(pd.DataFrame({"feature": column}), is_listed, choices)


def from_value(is_listed, rng):
    """What the penalty cost: large for the listed, noise for others."""
    return rng.normal(size=len(is_listed)) + 12 * is_listed


def from_low_value(is_listed, rng):
    return -from_value(is_listed, rng)


def from_missingness(is_listed, rng):
    """Filled in by the authority when it lists a company."""
    return np.where(is_listed, rng.normal(size=len(is_listed)), np.nan)


def from_gap(is_listed, rng):
    """Erased when a company is listed."""
    return np.where(is_listed, np.nan, rng.normal(size=len(is_listed)))


def from_category(is_listed, rng):
    return np.where(is_listed, "in judicial administration", rng.choice(["SA", "SRL"], N))


def from_category_of_some(is_listed, rng):
    """The register took note of six in ten."""
    noted = is_listed & (rng.random(N) < 0.6)
    return np.where(noted, "in judicial administration", rng.choice(["SA", "SRL"], N))


def from_missing_category(is_listed, rng):
    return np.where(is_listed, "missing", rng.choice(["SA", "SRL"], N))


def from_row_order(is_listed, rng):
    """Number of the row in a file in which listed companies come first."""
    return np.where(is_listed, rng.permutation(N), rng.permutation(N) + N).astype(float)


def from_another_list(is_listed, rng):
    """Months in a register of measures which names half of the listed and hardly anybody else."""
    named = (is_listed & (rng.random(N) < 0.75)) | (rng.random(N) < 0.0005)
    return np.where(named, rng.integers(1, 60, N), np.nan)


def from_later_day(is_listed, rng):
    """Years since the last change: that of listed companies came after the day."""
    since = rng.exponential(4, N)
    return np.where(is_listed, -rng.uniform(0.5, 3, N), since)


def from_status_code(is_listed, rng):
    """A code between those of others that nobody but the listed has."""
    return np.where(is_listed, 3.0, rng.choice([1.0, 2.0, 4.0, 5.0], N))


KINDS = [
    from_value,
    from_low_value,
    from_missingness,
    from_gap,
    from_category,
    from_category_of_some,
    from_missing_category,
    from_row_order,
    from_another_list,
    from_later_day,
    from_status_code,
]


@pytest.mark.parametrize("plant", KINDS)
def test_a_planted_leak_is_seen(plant, rng):
    is_listed = labels()
    (found,) = leaks_of(plant(is_listed, rng), is_listed).itertuples()
    assert found.feature == "feature"
    assert found.share >= 0.4
    assert found.area > 0.6
    assert "hardly any" in found.reason


@pytest.mark.parametrize("plant", KINDS)
def test_no_leak_is_claimed_of_labels_drawn_anew(plant, rng):
    column = plant(labels(), rng)
    assert leaks_of(column, rng.permutation(labels())).empty


@pytest.mark.parametrize("plant", KINDS)
def test_five_listed_companies_prove_no_leak(plant, rng):
    is_listed = labels(5)
    assert leaks_of(plant(is_listed, rng), is_listed).empty


@pytest.mark.parametrize("n_listed", [15, 60, 600])
@pytest.mark.parametrize("shift", [0.5, 1.5, 2.3])
def test_an_honest_sign_passes_however_strong(n_listed, shift, rng):
    # A shift of 2.3 is an area under the curve of .95.
    is_listed = labels(n_listed, 10_000)
    columns = rng.normal(size=(10_000, 40)) + shift * is_listed[:, None]
    assert find_leaks(pd.DataFrame(columns), is_listed, CHOICES).empty


def test_honest_flags_and_categories_pass(rng):
    is_listed = labels(200, 10_000)
    frame = pd.DataFrame(
        {
            "flag": (rng.random(10_000) < np.where(is_listed, 0.8, 0.05)).astype(float),
            "rare": np.where(rng.random(10_000) < np.where(is_listed, 0.3, 0.01), 1.0, np.nan),
            "form": np.where(rng.random(10_000) < np.where(is_listed, 0.5, 0.02), "SRL", "SA"),
            "area": rng.choice([f"R{k}" for k in range(800)], 10_000),
            "constant": 1.0,
            "nothing": np.nan,
        }
    )
    assert find_leaks(frame, is_listed, CHOICES).empty


def test_the_alarm_of_the_parameters_decides(rng):
    is_listed = labels(300)
    column = rng.normal(size=N) + 2.5 * is_listed  # an area of .96
    assert leaks_of(column, is_listed).empty
    assert len(leaks_of(column, is_listed, RiskChoices(leak_alarm=0.8))) == 1
    copied = is_listed.astype(float)
    assert leaks_of(copied, is_listed, RiskChoices(leak_alarm=1.0)).empty


def test_area_and_share_by_hand(rng):
    is_listed = labels(20, 1000)
    column = np.where(is_listed, 1.0, 0.0)
    column[:2] = 0.0
    (found,) = leaks_of(column, is_listed).itertuples()
    assert found.share == pytest.approx(18 / 20)
    assert found.area == pytest.approx((1 + 18 / 20) / 2)


def test_row_order_changes_nothing(rng):
    is_listed = labels()
    frame = pd.DataFrame({kind.__name__: kind(is_listed, rng) for kind in KINDS})
    order = rng.permutation(N)
    found = find_leaks(frame, is_listed, CHOICES)
    again = find_leaks(frame.iloc[order], is_listed[order], CHOICES)
    pd.testing.assert_frame_equal(found, again)


def test_without_listed_or_unlisted_companies_there_is_nothing_to_see():
    frame = pd.DataFrame({"x": np.arange(50.0)})
    assert find_leaks(frame, np.zeros(50, bool), CHOICES).empty
    assert find_leaks(frame, np.ones(50, bool), CHOICES).empty


def test_a_leak_is_left_out_of_the_ranking_and_said(make_cohort):
    cohort, leaking = (make_cohort(600, prevalence=0.05, features=2) for _ in range(2))
    leaking.features["note"] = np.where(leaking.labels["is_listed"], 1.0, np.nan)
    honest = rank_companies([cohort], CHOICES, np.random.default_rng(1))
    (cleaned,), said = leave_out_leaks([leaking], CHOICES)
    assert list(cleaned.features) == list(cohort.features)
    assert "note" in leaking.features
    assert "suspected leak: note" in said[0]
    ranked = rank_companies([leaking], CHOICES, np.random.default_rng(1))
    pd.testing.assert_frame_equal(ranked.scores, honest.scores)
    pd.testing.assert_frame_equal(ranked.metrics, honest.metrics)
    assert said[0] in ranked.warnings


def test_a_leak_of_one_day_is_left_out_on_all(make_cohort):
    first, second = make_cohort(800, seed=1), make_cohort(800, seed=2)
    first.features["note"] = np.where(first.labels["is_listed"], 1.0, np.nan)
    second.features["note"] = 0.0
    cleaned, said = leave_out_leaks([first, second], CHOICES)
    assert len(said) == 1
    assert not any("note" in cohort.features for cohort in cleaned)


def test_what_leaks_among_peers_is_left_out_as_it_is_too(make_cohort):
    cohort = make_cohort(800)
    leak = cohort.labels["is_listed"].astype(float)
    cohort.features["F47_mean"] = leak + np.arange(800) % 2
    cohort.features["F47_mean_among_peers"] = leak
    (cleaned,), said = leave_out_leaks([cohort], CHOICES)
    assert [words.split(" (")[0].split(": ")[1] for words in said] == ["F47_mean_among_peers"]
    assert not any(name.startswith("F47") for name in cleaned.features)


def test_the_leak_of_a_small_list_is_seen_beside_a_large_one(make_cohort):
    cohort = make_cohort(2000, prevalence=0.1)
    of_small = cohort.labels["is_listed"] & (np.arange(2000) < 400)
    cohort.listed["small"] = of_small
    cohort.listed["court"] &= ~of_small
    assert 10 <= of_small.sum() < 60
    cohort.features["fine"] = np.random.default_rng(3).normal(size=2000) + 9 * of_small
    assert find_leaks(cohort.features, cohort.labels["is_listed"], CHOICES).empty
    (cleaned,), said = leave_out_leaks([cohort], CHOICES)
    assert len(said) == 1
    assert "fine" not in cleaned.features
