"""The cartel model on planted cartels, on labels that mean nothing, and on labelled auctions."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.indicators.cartels import (
    compare_designs,
    train_cartel_model,
    validate_cartel_model,
)
from tests.indicators.screens import tabulate_screens

DATA = Path(os.environ.get("INFILTRATE_DATA", "../shared/data")) / "collusion"


def draw_screens(seed: int, lots: int = 120) -> tuple[pd.DataFrame, pd.Series]:
    """Draw lots of five bids; in rigged ones four cover bids stand together, well above the low."""
    rng = np.random.default_rng(seed)
    rigged = rng.random(lots) < 0.4
    honest = rng.lognormal(0, 0.12, (lots, 5))
    cover = np.column_stack([np.full(lots, 0.9), 1 + rng.normal(0, 0.01, (lots, 4))])
    amounts = np.where(rigged[:, None], cover, honest)
    bids = pd.DataFrame({"lot": np.repeat(np.arange(lots), 5), "amount": amounts.ravel()})
    return tabulate_screens(bids), pd.Series(rigged, pd.Index(np.arange(lots), name="lot"))


@pytest.mark.parametrize("model", ["extra_trees", "logistic"])
def test_planted_cartels_are_told_apart(model: str) -> None:
    screens, rigged = draw_screens(1)
    groups = pd.Series(rigged.index, rigged.index)
    found = validate_cartel_model(
        screens, rigged, groups, np.random.default_rng(1), model, folds=5, repeats=1
    )
    assert found.balanced_accuracy > 0.9
    assert found.low <= found.balanced_accuracy <= found.high
    assert (found.lots, found.rigged, found.groups) == (120, rigged.sum(), 120)
    assert found.probability.between(0, 1).all()


def test_labels_that_mean_nothing_give_one_half() -> None:
    screens, rigged = draw_screens(2)
    shuffled = pd.Series(np.random.default_rng(3).permutation(rigged), rigged.index)
    groups = pd.Series(rigged.index, rigged.index)
    found = validate_cartel_model(
        screens, shuffled, groups, np.random.default_rng(1), "logistic", folds=5, repeats=2
    )
    assert found.low < 0.5 < found.high


def test_lots_of_one_group_never_teach_about_each_other() -> None:
    # labels are of groups, and each group has a screen value of its own that means nothing
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(24), 8)
    rigged = pd.Series((rng.random(24) < 0.5)[group])
    screens = pd.DataFrame({"a": rng.normal(size=24)[group], "b": rng.normal(size=24)[group]})
    alone = pd.Series(rigged.index, rigged.index)
    together = pd.Series(group, rigged.index)
    designs = [("lot", alone), ("group", together)]
    table = compare_designs(screens, rigged, designs, np.random.default_rng(1), folds=4, repeats=1)
    accuracy = table.set_index(["design", "model"])["balanced_accuracy"]
    assert accuracy["lot", "extra_trees"] > 0.9
    assert accuracy["group", "extra_trees"] < 0.75


def test_a_trained_model_knows_a_rigged_lot() -> None:
    screens, rigged = draw_screens(5)
    fitted = train_cartel_model(screens, rigged, np.random.default_rng(1))
    new, truth = draw_screens(6, lots=40)
    probability = fitted.predict_proba(new)[:, 1]
    assert ((probability > 0.5) == truth).mean() > 0.9


def test_too_few_labels_are_refused() -> None:
    screens, rigged = draw_screens(1)
    few = pd.Series(np.arange(len(rigged)) < 4, rigged.index)
    groups = pd.Series(rigged.index, rigged.index)
    with pytest.raises(NotEnoughData, match="a class has 4 groups"):
        validate_cartel_model(screens, few, groups, np.random.default_rng(1))


@pytest.mark.slow
@pytest.mark.parametrize(("country", "least"), [("italy", 0.82), ("brazil", 0.78)])
def test_cartels_of_labelled_auctions_are_told_apart(country: str, least: float) -> None:
    path = DATA / f"{country}.csv"
    if not path.exists():
        pytest.skip(f"labelled auctions are not at {DATA}; set INFILTRATE_DATA")
    columns = {"Tender": "lot", "Bid_value": "amount"}
    bids = pd.read_csv(path).rename(columns=columns)
    rigged = bids.groupby("lot")["Collusive_competitor"].mean() >= 0.5
    screens = tabulate_screens(bids).reindex(rigged.index)
    groups = pd.Series(rigged.index, rigged.index)
    found = validate_cartel_model(screens, rigged, groups, np.random.default_rng(0), repeats=1)
    assert found.balanced_accuracy >= least
    assert found.auc >= 0.85
