import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.curve import precision_by_recall


def ranked(listed, cluster=None):
    n = len(listed)
    return pd.DataFrame(
        {
            "model": "logistic",
            "percentile": (np.arange(n)[::-1] + 0.5) / n,
            "is_listed": listed,
            "cluster": np.arange(n) if cluster is None else cluster,
        }
    )


def draw(frame, draws=50):
    return precision_by_recall(frame, draws, np.random.default_rng(1)).set_index("recall")


def test_precision_is_read_where_the_recall_is_reached():
    listed = np.zeros(100, bool)
    listed[[0, 1, 2, 3, 4, 9, 19, 29, 39, 49]] = True
    curve = draw(ranked(listed))
    assert curve.index.min() == 0.5  # five of ten
    assert curve.loc[0.5, "precision"] == 1
    assert curve.loc[0.6, "precision"] == pytest.approx(6 / 10)
    assert curve.loc[1.0, "precision"] == pytest.approx(10 / 50)
    assert (curve["low"] <= curve["precision"]).all()
    assert (curve["precision"] <= curve["high"]).all()


def test_few_listed_firms_give_no_curve():
    listed = np.zeros(100, bool)
    listed[:4] = True
    assert precision_by_recall(ranked(listed), 50, np.random.default_rng(1)).empty


def test_clusters_make_the_band_wider():
    rng = np.random.default_rng(2)
    block = rng.random(200) < 0.3
    listed = np.repeat(block, 10)
    together = draw(ranked(listed, np.repeat(np.arange(200), 10)), 100)
    apart = draw(ranked(listed), 100)
    assert (together["high"] - together["low"]).mean() > 1.5 * (apart["high"] - apart["low"]).mean()
