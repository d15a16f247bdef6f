import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from infiltrate.risk.metrics import measure_ranking, metrics_frame

SETTINGS = {
    "design": "random by firm",
    "model": "logistic",
    "top_shares": (0.1, 0.25),
    "draws": 400,
    "few_labels": 20,
}


def measure(scores, is_listed, clusters=None, seed=1, **changes):
    clusters = np.arange(len(scores)) if clusters is None else clusters
    settings = {**SETTINGS, **changes}
    rng = np.random.default_rng(seed)
    return {
        metric.name: metric
        for metric in measure_ranking(
            np.asarray(scores), np.asarray(is_listed), clusters, rng=rng, **settings
        )
    }


def simulate(n_listed, n_unlisted, effect, rng):
    is_listed = np.r_[np.ones(n_listed, bool), np.zeros(n_unlisted, bool)]
    return rng.normal(size=len(is_listed)) + effect * is_listed, is_listed


@pytest.mark.parametrize("decimals", [8, 0])
def test_area_and_average_precision_are_those_of_sklearn_also_with_ties(decimals):
    scores, is_listed = simulate(30, 170, 1.0, np.random.default_rng(3))
    scores = scores.round(decimals)
    found = measure(scores, is_listed)
    assert found["roc_auc"].value == pytest.approx(roc_auc_score(is_listed, scores))
    assert found["average_precision"].value == pytest.approx(
        average_precision_score(is_listed, scores)
    )
    assert found["listed_share"].value == pytest.approx(0.15)


def test_values_at_the_top_by_hand():
    scores = np.arange(20, 0, -1)
    is_listed = np.isin(scores, [20, 19, 17, 10, 5])
    found = measure(scores, is_listed)
    assert found["recall_at_10pct"].value == pytest.approx(2 / 5)
    assert found["precision_at_10pct"].value == pytest.approx(2 / 2)
    assert found["lift_at_10pct"].value == pytest.approx(1 / 0.25)
    assert found["recall_at_25pct"].value == pytest.approx(3 / 5)
    assert found["precision_at_25pct"].value == pytest.approx(3 / 5)
    assert found["specificity_at_25pct"].value == pytest.approx(13 / 15)


def test_ties_at_the_cut_count_in_proportion():
    scores = np.r_[np.ones(10), np.zeros(10)]
    is_listed = np.r_[np.ones(6, bool), np.zeros(14, bool)]
    assert measure(scores, is_listed)["recall_at_25pct"].value == pytest.approx(0.5)


def test_bootstrap_equals_reweighting_the_units_one_draw_at_a_time():
    rng = np.random.default_rng(5)
    scores, is_listed = simulate(25, 75, 0.8, rng)
    scores = scores.round(1)
    clusters = rng.integers(0, 40, 100)
    found = measure(scores, is_listed, clusters, few_labels=1, draws=200)["roc_auc"]
    rng = np.random.default_rng(1)
    codes = {cluster: code for code, cluster in enumerate(dict.fromkeys(clusters))}
    counts = rng.multinomial(len(codes), np.full(len(codes), 1 / len(codes)), size=200)
    code = np.array([codes[cluster] for cluster in clusters])
    areas = [
        roc_auc_score(np.repeat(is_listed, draw[code]), np.repeat(scores, draw[code]))
        for draw in counts
    ]
    n = min(len({code[i] for i in np.flatnonzero(chosen)}) for chosen in (is_listed, ~is_listed))
    few = stats.t.isf(0.025, n - 1) / stats.norm.isf(0.025) * np.sqrt(n / (n - 1))
    expected = found.value + few * (
        np.quantile(areas, [0.025, 0.975], method="weibull") - found.value
    )
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_ignoring_that_units_come_in_clusters_makes_intervals_too_short():
    rng = np.random.default_rng(2)
    scores, is_listed = simulate(40, 160, 1.0, rng)
    copies = np.tile(scores, 5), np.tile(is_listed, 5), np.tile(np.arange(200), 5)
    clustered = measure(*copies)["roc_auc"]
    naive = measure(copies[0], copies[1])["roc_auc"]
    assert clustered.high - clustered.low > 1.8 * (naive.high - naive.low)


def test_few_labels_are_called_indicative_and_their_interval_widens():
    scores, is_listed = simulate(12, 300, 1.0, np.random.default_rng(4))
    few, plain = measure(scores, is_listed), measure(scores, is_listed, few_labels=1)
    for name, metric in few.items():
        assert "indicative only: 12 listed units" in metric.reason
        assert metric.low <= plain[name].low
        assert metric.high >= plain[name].high
    assert plain["roc_auc"].reason == ""


def test_a_perfect_ranking_does_not_get_an_interval_without_width():
    scores = np.arange(100)
    found = measure(scores, scores >= 94)
    assert found["roc_auc"].value == 1
    assert found["roc_auc"].low == pytest.approx(0.025 ** (1 / 6))
    assert found["roc_auc"].high == 1
    many = measure(scores, scores >= 60)
    assert many["roc_auc"].low < many["roc_auc"].high == 1


@pytest.mark.parametrize("n_listed", [0, 4, 30])
def test_without_enough_of_both_kinds_there_is_no_number(n_listed):
    scores = np.arange(30.0)
    found = measure(scores, scores < n_listed)
    assert {metric.value for metric in found.values()} == {None}
    assert {metric.low for metric in found.values()} == {None}
    assert all(metric.reason.startswith("refused: ") for metric in found.values())
    assert metrics_frame(tuple(found.values()))["value"].isna().all()


def test_few_clusters_are_told():
    scores, is_listed = simulate(50, 50, 1.0, np.random.default_rng(1))
    assert "rests on 4 clusters" in measure(scores, is_listed, np.arange(100) % 4)["roc_auc"].reason


def test_row_order_moves_no_value_and_the_same_seed_gives_the_same_interval():
    scores, is_listed = simulate(40, 160, 1.0, np.random.default_rng(6))
    order = np.random.default_rng(7).permutation(200)
    first, again = measure(scores, is_listed), measure(scores, is_listed)
    shuffled = measure(scores[order], is_listed[order])
    assert first == again
    for name, metric in first.items():
        assert shuffled[name].value == pytest.approx(metric.value)
