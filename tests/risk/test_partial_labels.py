import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from infiltrate.risk.designs import CONNECTED, LIST_OUT
from infiltrate.risk.partial_labels import ALIKE, WHATEVER, bound_for_unlisted, bound_rankings


def bound(scores, listed, prevalence, top_shares=(0.1,)):
    bounds = bound_for_unlisted(np.asarray(scores), np.asarray(listed), prevalence, top_shares)
    return bounds.set_index(["name", "assumption"])


def truth_at_the_top(scores, infiltrated, share):
    at = round(share * len(scores))
    found = infiltrated[np.argsort(-scores)[:at]].sum()
    return {"precision": found / at, "recall": found / infiltrated.sum()}


def test_when_unlisted_ones_rank_like_listed_ones_the_truth_is_found():
    rng = np.random.default_rng(1)
    infiltrated = rng.random(40_000) < 0.05
    scores = rng.normal(size=40_000) + 1.2 * infiltrated
    listed = infiltrated & (rng.random(40_000) < 0.3)
    share = infiltrated.mean()
    found = bound(scores, listed, (share, share))
    area = found.loc["roc_auc", ALIKE]
    assert area["observed"] == pytest.approx(roc_auc_score(listed, scores))
    assert (
        area["low"] == area["high"] == pytest.approx(roc_auc_score(infiltrated, scores), abs=0.01)
    )
    assert area["observed"] < area["low"] - 0.005
    truth = truth_at_the_top(scores, infiltrated, 0.1)
    for name in ("precision", "recall"):
        row = found.loc[f"{name}_at_10pct", ALIKE]
        assert row["low"] == pytest.approx(truth[name], rel=0.06)
    assert found.loc["precision_at_10pct", ALIKE]["observed"] < 0.5 * truth["precision"]


@pytest.mark.parametrize("effect_of_unlisted", [-3.0, 0.0, 3.0])
def test_wherever_unlisted_ones_rank_the_truth_is_within_the_bounds(effect_of_unlisted):
    rng = np.random.default_rng(2)
    infiltrated = rng.random(5000) < 0.06
    listed = infiltrated & (rng.random(5000) < 0.4)
    scores = rng.normal(size=5000) + np.where(listed, 1.2, effect_of_unlisted * infiltrated)
    share = infiltrated.mean()
    found = bound(scores, listed, (0.8 * share, 1.2 * share))
    truth = truth_at_the_top(scores, infiltrated, 0.1)
    truth = {f"{name}_at_10pct": value for name, value in truth.items()}
    truth["roc_auc"] = roc_auc_score(infiltrated, scores)
    for name, value in truth.items():
        row = found.loc[name, WHATEVER]
        assert row["low"] <= value <= row["high"]
        assert row["low"] <= row["observed"] + 1e-12
    # unlike the listed, they are outside what holds for those like them
    if effect_of_unlisted < 0:
        assert truth["roc_auc"] < found.loc["roc_auc", ALIKE]["low"]


def test_bounds_by_hand():
    # from the top: listed, unlisted, listed, seven unlisted; one more is infiltrated
    scores = np.arange(10, 0, -1)
    listed = np.isin(scores, [10, 8])
    found = bound(scores, listed, (0.3, 0.3), top_shares=(0.2,))
    area = found.loc["roc_auc", WHATEVER]
    assert area["observed"] == pytest.approx(15 / 16)
    assert area["high"] == 1.0
    assert area["low"] == pytest.approx((7 + 6 + 0) / 21)
    precision = found.loc["precision_at_20pct", WHATEVER]
    assert (precision["low"], precision["high"]) == (0.5, 1.0)
    recall = found.loc["recall_at_20pct", WHATEVER]
    assert (recall["low"], recall["high"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.loc["recall_at_20pct", ALIKE]["low"] == 0.5
    assert found.loc["precision_at_20pct", ALIKE]["low"] == pytest.approx(0.75)


def test_without_anybody_beyond_the_listed_nothing_changes():
    rng = np.random.default_rng(3)
    scores, listed = rng.normal(size=200).round(1), rng.random(200) < 0.2
    found = bound(scores, listed, (0, 0.1))
    assert found["low"].to_numpy() == pytest.approx(found["observed"].to_numpy())
    assert found["high"].to_numpy() == pytest.approx(found["observed"].to_numpy())


def test_everybody_infiltrated_leaves_no_clean_firm_to_compare_with():
    found = bound(np.arange(20), np.arange(20) > 14, (0.5, 1.0))
    assert pd.isna(found.loc["roc_auc", ALIKE]["low"])
    assert found.loc["precision_at_10pct", WHATEVER]["high"] == 1.0


@pytest.mark.parametrize(
    ("listed", "prevalence"),
    [([True] * 4, (0, 1)), ([False] * 4, (0, 1)), ([True, False] * 2, (0.3, 0.2))],
)
def test_what_cannot_be_bounded_is_refused(listed, prevalence):
    with pytest.raises(ValueError, match="Bounds need listed and unlisted firms"):
        bound(np.arange(4), listed, prevalence)


def test_rankings_are_bounded_by_design_and_model():
    places = (np.arange(40) + 0.5) / 40
    parts = [
        pd.DataFrame({"design": d, "model": m, "percentile": places, "is_listed": places > 0.8})
        for d in (CONNECTED, LIST_OUT)
        for m in ("logistic", "boosting")
    ]
    rankings = pd.concat(parts)
    found = bound_rankings(rankings, (0.2, 0.3), (0.1,))
    assert set(found["design"]) == {CONNECTED}
    sizes = found.groupby(["model", "prevalence"]).size()
    assert (sizes == 6).all()
    assert len(sizes) == 4
    alone = bound_rankings(rankings, (0.3,), (0.1,))
    pd.testing.assert_frame_equal(
        found[found["prevalence"] == 0.3].reset_index(drop=True), alone, check_exact=True
    )
    assert bound_rankings(pd.concat(parts[2:]), (0.2,), (0.1,)).empty
    assert bound_rankings(rankings.iloc[:0], (0.2,), (0.1,)).empty
