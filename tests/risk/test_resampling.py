import numpy as np
import pytest

from infiltrate.risk import resampling
from infiltrate.risk.resampling import count_by_score

SCORES = np.array([3.0, 1.0, 2.0, 2.0, 0.5, 0.1])
LISTED = np.array([False, False, True, False, False, True])
CLUSTERS = np.array(list("aabbcc"))


def rng():
    return np.random.default_rng(1)


def test_counts_by_hand_highest_score_first():
    units, listed = count_by_score(SCORES, LISTED, CLUSTERS, rng()).observed()
    assert units[:, 0].tolist() == [1, 2, 1, 1, 1]
    assert listed[:, 0].tolist() == [0, 1, 0, 0, 1]


def test_neighbouring_scores_that_no_listed_unit_has_can_be_counted_as_one():
    counts = count_by_score(SCORES, LISTED, CLUSTERS, rng(), join_unlisted=True)
    units, listed = counts.observed()
    assert counts.scores.tolist() == [3, 2, 1, 0.1]
    assert units[:, 0].tolist() == [1, 2, 2, 1]
    assert listed[:, 0].tolist() == [0, 1, 0, 1]


def test_whole_clusters_are_drawn(monkeypatch):
    monkeypatch.setattr(resampling, "_CELLS_AT_ONCE", 10)
    drawn = list(count_by_score(SCORES, LISTED, CLUSTERS, rng()).resample(7, rng()))
    assert [units.shape for units, _ in drawn] == [(5, 2)] * 3 + [(5, 1)]
    units = np.hstack([units for units, _ in drawn])
    assert (units.sum(axis=0) == 6).all()
    # 3.0 and 1.0 are of one cluster, and so are 0.5 and 0.1
    assert (units[0] == units[2]).all()
    assert (units[3] == units[4]).all()
    assert len(np.unique(units[0])) > 1


@pytest.mark.parametrize("size", [1, 3])
def test_very_many_clusters_put_together_at_random_spread_as_much(size, monkeypatch):
    generator = np.random.default_rng(2)
    n_clusters = 4000
    shared = generator.normal(size=n_clusters).repeat(size)
    listed = shared > 1.5
    clusters = np.arange(n_clusters).repeat(size)

    def spread():
        counts = count_by_score(shared.round(1), listed, clusters, rng())
        found = np.hstack([on_list for _, on_list in counts.resample(600, rng())])
        return counts.units.shape[1], found.sum(axis=0).std()

    together, few = spread()
    monkeypatch.setattr(resampling, "_MOST_CLUSTERS", n_clusters)
    apart, many = spread()
    assert (together, apart) == (2000, 4000)
    assert few == pytest.approx(many, rel=0.12)
    expected = size * np.sqrt(listed.sum() / size * (1 - listed.mean()))
    assert few == pytest.approx(expected, rel=0.12)
