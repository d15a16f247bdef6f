"""The goals of matching, on a synthetic country whose truth is known.

Two questions are kept apart: every mention as it stands (most state a number), and mentions that
need a name: those that state no number, or a wrong one. To have enough of the second kind, all
mentions of a larger country are weighed once more as if none stated a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.linkage.links import Links, bin_probabilities, link_records
from infiltrate.linkage.records import Sides, read_sides
from infiltrate.params.choices import EngineChoices
from infiltrate.params.linkage_choices import LinkageChoices
from infiltrate.params.load import load_params
from infiltrate.sources.intake import read_sources
from infiltrate.synth import simulate_country
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

NEEDED = ("register", "areas", "sectors", "court", "intelligence", "interdictions", "media")
FEWEST_PAIRS = 30


@dataclass(frozen=True)
class Matched:
    links: Links
    sides: Sides
    right: pd.Series
    needs_name: frozenset[str]

    def pairs(self) -> pd.DataFrame:
        assert self.links.matches is not None
        pairs = self.links.matches.pairs
        record = self.sides.records["record_id"].to_numpy()[pairs["record"]]
        company = self.sides.companies["company_id"].to_numpy()[pairs["company"]]
        is_right = pd.Series(record).map(self.right).to_numpy() == company
        return pairs.assign(record_id=record, is_right=is_right)


def match_country(card: str, firms: int, seed: int, folder: Path) -> Matched:
    country = folder / card
    simulate_country(card, country, firms=firms, seed=seed)
    params = load_params(country / "params.yaml")
    sources = [source for source in params.sources if source.id in NEEDED]
    store = TableStore(folder / "tables")
    with DuckDBEngine() as engine:
        part = params.model_copy(update={"sources": sources})
        read_sources(part, country, store, engine, key=b"k" * 40)
        store.open(engine, TABLES)
        links = link_records(engine, LinkageChoices(), EngineChoices())
        sides = read_sides(engine)
    truth = pd.read_csv(country / "truth" / "entries.csv")
    truth.index = truth["list_id"] + "|" + truth["entry_id"] + "|1"
    known = truth.index.isin(sides.records["record_id"]) & truth["company_id"].isin(
        sides.companies["company_id"]
    )
    needs = truth.index[known & ((truth["typed_wrong"] == 1) | (truth["number_stated"] == 0))]
    return Matched(links, sides, truth.loc[known, "company_id"], frozenset(needs))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Matched:
    return match_country("base", 20_000, 1, tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Matched:
    return match_country("high", 60_000, 2, tmp_path_factory.mktemp("high"))


def precision_and_recall(matched: Matched, records: set[str]) -> tuple[float, float]:
    table = matched.links.table.to_pandas()
    found = table[table["is_accepted"] & table["record_id"].isin(records)]
    right = (found["record_id"].map(matched.right) == found["company_id"]).sum()
    return right / len(found), right / matched.right.index.isin(records).sum()


def worst_bin(probability: pd.Series, is_right: pd.Series) -> float:
    bins = bin_probabilities(probability.to_numpy(), is_right.to_numpy())
    bins = bins[bins["pairs"] >= FEWEST_PAIRS]
    assert len(bins) >= 2
    return float((bins["probability"] - bins["share"]).abs().max())


def test_goals_of_precision_and_recall_on_the_base_country(base: Matched) -> None:
    precision, recall = precision_and_recall(base, set(base.right.index))
    assert precision >= 0.98 and recall >= 0.90
    assert worst_bin(base.pairs()["probability"], base.pairs()["is_right"]) <= 0.05
    precision, recall = precision_and_recall(base, set(base.needs_name))
    assert len(base.needs_name) >= 10
    assert precision >= 0.98 and recall >= 0.85


def test_goals_where_only_a_name_can_tell(large: Matched) -> None:
    precision, recall = precision_and_recall(large, set(large.needs_name))
    assert len(large.needs_name) > 100
    assert precision >= 0.98 and recall >= 0.90


def test_probabilities_by_name_alone_are_calibrated(large: Matched) -> None:
    pairs = large.pairs()
    pairs = pairs[pairs["by_name"]]
    bins = bin_probabilities(pairs["unnumbered"].to_numpy(), pairs["is_right"].to_numpy())
    bins = bins[bins["pairs"] >= FEWEST_PAIRS]
    assert len(bins) >= 4
    gap = (bins["probability"] - bins["share"]).abs()
    noise = np.sqrt(bins["probability"] * (1 - bins["probability"]) / bins["pairs"])
    assert (gap <= 0.05 + noise).all(), bins
    sure = pairs[pairs["unnumbered"] >= 0.9]
    assert sure["is_right"].mean() >= 0.98
    assert sure["is_right"].sum() >= 0.90 * len(large.right)


def test_keys_bring_nearly_every_company_among_the_candidates(large: Matched) -> None:
    pairs = large.pairs()
    found = pairs.loc[pairs["by_name"] & pairs["is_right"], "record_id"].nunique()
    assert found >= 0.97 * len(large.right)
    assert len(pairs) < 60 * len(large.sides.records)


def test_what_the_numbers_tell_is_what_the_truth_tells(large: Matched) -> None:
    check = large.links.check
    check = check[check["pairs"] >= FEWEST_PAIRS]
    assert ((check["probability"] - check["share"]).abs() <= 0.1).all()


def test_wrong_numbers_of_other_companies_are_not_followed(large: Matched) -> None:
    table = large.links.table.to_pandas()
    assert large.links.matches is not None
    stated = large.sides.stated.set_index("record_id")["company_id"]
    wrong = {
        record
        for record in large.needs_name
        if record in stated.index and stated[record] != large.right[record]
    }
    assert len(wrong) >= 5
    followed = table[table["is_accepted"] & table["record_id"].isin(wrong)]
    assert (followed["company_id"] != followed["record_id"].map(stated)).all()
