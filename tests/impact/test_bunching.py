"""Bunching: planted moves come back, bins hold what they say, bad data are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from infiltrate.impact.bunching import fit_kink, fit_notch
from infiltrate.impact.bunching_answer import BunchingAnswer
from infiltrate.impact.counterfactual_counts import BunchingDesign, Counterfactual
from infiltrate.impact.threshold_bunching import measure_thresholds
from infiltrate.impact.thresholds import Thresholds, study_thresholds
from infiltrate.params.facts import Threshold
from infiltrate.params.study import StudyParams
from infiltrate.synth.country import market
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.tables import Draw, draw_country
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine

POINT = 100.0
LEGAL = BunchingDesign(
    POINT, 2.5, below=19, above=80, order=4, spread_below=4, point_lies="beyond", name="contracts"
)
KINK = BunchingDesign(POINT, 1.0, below=30, above=30, order=3)


def draw_moved(rng: np.random.Generator, share: float, count: int = 6_000) -> tuple:
    """Amounts; a share of those in the next half above the point was moved just below it."""
    amounts = 1.2 * POINT * rng.lognormal(0, 1, count)
    moved = (amounts >= POINT) & (amounts < 1.5 * POINT) & (rng.random(count) < share)
    amounts[moved] = POINT * (1 - 0.12 * rng.beta(1.2, 6, moved.sum())) - 0.01
    return amounts, int(moved.sum())


def draw_kinked(rng: np.random.Generator, gathered: int, count: int = 20_000) -> np.ndarray:
    """Values spread evenly, and some that gather at the point."""
    return np.append(rng.uniform(60, 140, count), np.full(gathered, POINT))


@pytest.mark.parametrize("share", [0.0, 0.15, 0.4])
def test_a_notch_finds_how_many_were_moved(share: float) -> None:
    covered, errors, moved = [], [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        amounts, count = draw_moved(rng, share)
        effect = fit_notch(amounts, LEGAL, rng, draws=60).answer.effects[0]
        covered.append(effect.low <= count <= effect.high)
        errors.append(effect.estimate - count)
        moved.append(count)
    assert np.mean(covered) >= 0.75  # 95 % intervals; 12 draws
    assert abs(np.mean(errors)) < 0.08 * np.mean(moved) + 12


@pytest.mark.validate
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_intervals_of_a_notch_cover_what_was_moved(share: float) -> None:
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        amounts, count = draw_moved(rng, share)
        effect = fit_notch(amounts, LEGAL, rng, draws=200).answer.effects[0]
        covered.append(effect.low <= count <= effect.high)
    assert np.mean(covered) >= 0.9


@pytest.mark.validate
@pytest.mark.parametrize("gathered", [0, 300])
def test_intervals_of_a_kink_cover_what_gathers(gathered: int) -> None:
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        found = fit_kink(draw_kinked(rng, gathered), KINK, rng, corrected=False, draws=200)
        effect = found.answer.effects[0]
        covered.append(effect.low <= gathered <= effect.high)
    assert np.mean(covered) >= 0.9


def test_what_gathers_at_a_notch_is_missing_above_it() -> None:
    rng = np.random.default_rng(1)
    amounts, count = draw_moved(rng, 0.5, 40_000)
    found = fit_notch(amounts, LEGAL, rng, draws=20)
    bins = found.bins
    above = bins["is_bunching"] & (bins["value"] > POINT)
    missing = float((bins["expected"] - bins["observed"])[above].sum())
    assert 0 <= found.excess - missing < 0.15 * found.excess
    assert found.excess == pytest.approx(count, rel=0.1)
    assert 0.4 <= found.spread_above * LEGAL.width / POINT <= 1.0


@pytest.mark.parametrize("gathered", [0, 150, 1000])
def test_a_kink_finds_how_many_gather(gathered: int) -> None:
    rng = np.random.default_rng(7)
    found = fit_kink(draw_kinked(rng, gathered), KINK, rng, corrected=False, draws=200)
    effect = found.answer.effects[0]
    assert effect.estimate == pytest.approx(gathered, abs=3 * effect.std_error + 1)
    assert found.relative == pytest.approx(gathered / 250, abs=0.25)
    assert (effect.p_value < 0.05) is (gathered > 0)


def test_the_correction_makes_the_counterfactual_hold_as_many_as_there_are() -> None:
    rng = np.random.default_rng(3)
    values = draw_kinked(rng, 1500)
    plain = fit_kink(values, KINK, rng, corrected=False, draws=10)
    held = fit_kink(values, KINK, rng, draws=10)
    assert held.relative < plain.relative
    total = held.bins[["observed", "expected"]].sum()
    assert total["expected"] == pytest.approx(total["observed"], abs=2)
    short = plain.bins[["observed", "expected"]].sum()
    assert short["observed"] - short["expected"] > 1000


def test_round_numbers_take_what_is_theirs() -> None:
    rng = np.random.default_rng(5)
    smooth = rng.uniform(60, 140, 20_000)
    # a hundred at every ten, the point among them: nothing is special about it
    values = np.append(smooth, np.repeat(np.arange(60.0, 141, 10), 100))
    naive = fit_kink(values, KINK, rng, corrected=False, draws=50)
    assert naive.excess == pytest.approx(100, abs=40)
    fair = fit_kink(values, replace(KINK, round_numbers=(10.0,)), rng, corrected=False, draws=200)
    effect = fair.answer.effects[0]
    assert effect.low <= 0 <= effect.high
    assert abs(fair.excess) < 40


def test_a_multiple_of_two_levels_counts_for_the_larger_one() -> None:
    both = Counterfactual(replace(KINK, round_numbers=(5.0, 10.0)), 0)
    rng = np.random.default_rng(5)
    smooth = rng.uniform(60, 140, 20_000)
    tens, fives = np.arange(60.0, 141, 10), np.arange(65.0, 141, 10)
    counts = both.count(np.concatenate([smooth, np.repeat(tens, 200), np.repeat(fives, 50)]))
    expected = both.fit(counts)
    at = {place + 100: value for place, value in zip(both.place, expected, strict=True)}
    assert at[110] - at[111] == pytest.approx(200, abs=25)
    assert at[115] - at[116] == pytest.approx(50, abs=25)


def test_a_level_with_too_few_multiples_is_said_not_used() -> None:
    rng = np.random.default_rng(5)
    found = fit_kink(draw_kinked(rng, 100), replace(KINK, round_numbers=(100.0,)), rng, draws=10)
    assert any("Multiples of 100" in one.text for one in found.answer.findings)


def test_another_point_that_gathers_is_left_aside() -> None:
    rng = np.random.default_rng(6)
    values = np.append(draw_kinked(rng, 300), np.full(2000, 112.0))
    naive = fit_kink(values, KINK, rng, corrected=False, draws=10)
    aware = fit_kink(values, replace(KINK, other_points=(112.0,)), rng, corrected=False, draws=10)
    assert abs(aware.excess - 300) < abs(naive.excess - 300)
    assert aware.excess == pytest.approx(300, abs=50)


@pytest.mark.parametrize(
    ("lies", "values"),
    [
        ("middle", {99.4: 9, 99.5: 10, 100.4: 10, 100.5: 11}),
        ("lowest", {99.9: 9, 100.0: 10, 100.9: 10, 101.0: 11}),
        ("highest", {99.0: 9, 99.1: 10, 100.0: 10, 100.1: 11}),
        ("beyond", {98.9: 9, 99.0: 10, 99.9: 10, 100.0: 11}),
    ],
)
def test_a_bin_holds_what_its_place_says(lies: str, values: dict[float, int]) -> None:
    model = Counterfactual(replace(KINK, below=10, above=10, point_lies=lies), 0)
    for value, place in values.items():
        assert int(np.argmax(model.count(np.array([value])))) == place


def test_edges_that_binary_fractions_miss_are_met() -> None:
    design = BunchingDesign(0.3, 0.1, below=10, above=10, order=2, point_lies="lowest")
    counts = Counterfactual(design, 0).count(np.array([0.1 + 0.2, 0.1 * 3, 0.3, 0.7 - 0.4]))
    assert counts[10] == 4


def test_the_order_of_values_changes_nothing() -> None:
    amounts, _ = draw_moved(np.random.default_rng(2), 0.3)
    first = fit_notch(amounts, LEGAL, np.random.default_rng(9), draws=20)
    second = fit_notch(amounts[::-1], LEGAL, np.random.default_rng(9), draws=20)
    assert first.answer == second.answer
    pd.testing.assert_frame_equal(first.bins, second.bins)


def refusal(answer: BunchingAnswer) -> str:
    assert answer.answer.is_refused
    assert not answer.answer.effects
    return next(one.text for one in answer.answer.findings if one.severity == "refused")


def test_few_or_hidden_values_are_refused_and_small_counts_stay_closed() -> None:
    rng = np.random.default_rng(2)
    assert "fewer than 5" in refusal(fit_kink(np.array([99.0, 100.0]), KINK, rng))
    assert "150" in refusal(fit_notch(rng.uniform(80, 120, 150), KINK, rng))
    assert "fewer than 5" in refusal(fit_kink(np.full(1000, np.nan), KINK, rng))
    narrow = replace(KINK, below=3, above=3)
    assert "polynomial" in refusal(fit_kink(draw_kinked(rng, 5), narrow, rng))


def test_missing_values_are_counted_and_nothing_at_the_point_is_said() -> None:
    rng = np.random.default_rng(2)
    smooth = rng.uniform(60, 140, 20_000)
    hole = np.append(smooth[np.abs(smooth - POINT) > 0.4], [np.nan, np.inf])
    found = fit_kink(hole, KINK, rng, draws=10)
    texts = " ".join(one.text for one in found.answer.findings)
    assert "fewer than 5 values are missing" in texts
    assert "Nothing gathers" in texts


def test_excess_that_did_not_come_from_above_is_a_doubt() -> None:
    rng = np.random.default_rng(2)
    values = np.append(rng.uniform(30, 300, 20_000), np.full(3000, 99.0))
    found = fit_notch(values, replace(LEGAL, order=2), rng, draws=10)
    assert any("not all come from there" in one.text for one in found.answer.findings)


def test_a_ratio_to_next_to_nothing_is_not_given() -> None:
    rng = np.random.default_rng(2)
    values = np.append(rng.uniform(60, 140, 300), np.full(50, POINT))
    found = fit_kink(values, KINK, rng, draws=10)
    assert [effect.term for effect in found.answer.effects] == ["excess"]
    assert any("not related" in one.text for one in found.answer.findings)


def threshold(amount: float, category: str, first: int, last: int | None = None) -> Threshold:
    return Threshold(
        regime="direct_award",
        category=category,
        amount=amount,
        currency="EUR",
        valid_from=date(first, 1, 1),
        valid_to=None if last is None else date(last, 12, 31),
        source="invented for the test",
        status="assumed",
    )


def test_each_threshold_is_measured_on_contracts_of_its_kind_and_time() -> None:
    rng = np.random.default_rng(4)
    moved, count = draw_moved(rng, 0.5, 12_000)
    smooth, _ = draw_moved(rng, 0.0, 12_000)
    contracts = pd.DataFrame(
        {
            "amount": 400 * np.concatenate([moved, smooth]),
            "currency": "EUR",
            "category": "works",
            "signed_on": pd.to_datetime(["2020-05-01"] * len(moved) + ["2024-05-01"] * len(smooth)),
        }
    )
    limits = [
        threshold(40_000, "works", 2024),
        threshold(40_000, "works", 2018, 2023),
        threshold(40_000, "goods", 2018),
    ]
    goods, early, late = measure_thresholds(contracts, limits, rng, draws=50)
    assert goods.bunching.answer.is_refused
    assert early.threshold.valid_to == date(2023, 12, 31)
    effect = early.bunching.answer.effects[0]
    assert effect.low <= count <= effect.high
    assert effect.sample == "direct_award, works, from 2018-01-01: 40,000 EUR"
    quiet = late.bunching.answer.effects[0]
    assert abs(quiet.estimate) < 0.1 * count
    assert {one.unit for one in early.bunching.answer.effects} >= {"EUR", "contracts"}


def test_round_amounts_below_a_threshold_are_not_blamed_on_it() -> None:
    rng = np.random.default_rng(8)
    amounts = 50_000 * rng.lognormal(0, 1, 20_000)
    # people like multiples of 10,000; 40,000 lies just below a threshold of 42,000
    liked = rng.random(len(amounts)) < 0.15
    amounts = np.where(liked, np.round(amounts, -4), amounts)
    contracts = pd.DataFrame(
        {
            "amount": amounts,
            "currency": "EUR",
            "category": "works",
            "signed_on": pd.Timestamp("2020-05-01"),
        }
    )
    found = measure_thresholds(contracts, [threshold(42_000, "works", 2018)], rng, draws=100)
    fair = found[0].bunching.answer.effects[0]
    design = replace(LEGAL, point=42_000.0, width=1_050.0)
    naive = fit_notch(amounts, design, rng, draws=50).answer.effects[0]
    assert naive.estimate > 100
    assert abs(fair.estimate) < 0.5 * naive.estimate
    assert fair.low <= 0 <= fair.high


def study_lots(*, estimated: bool, contracted: bool) -> Thresholds:
    """Lots shaved below a limit, whose contracts are a fifth cheaper than estimated."""
    rng = np.random.default_rng(4)
    amounts, _ = draw_moved(rng, 0.5, 3_000)
    estimates, paid = (
        [Decimal(f"{share * amount:.2f}") for amount in amounts] for share in (400, 320)
    )
    day = date(2020, 5, 1)
    tenders = [
        {"tender_id": f"t{at}", "lot_id": "1", "buyer_id": "b", "category": "works"}
        | {"award_on": day, "currency": "EUR", "estimated_value": value if estimated else None}
        for at, value in enumerate(estimates)
    ]
    contracts = [
        {"contract_id": f"c{at}", "lot_id": "1", "supplier_id": "s", "tender_id": f"t{at}"}
        | {"signed_on": day, "value": value, "currency": "EUR"}
        for at, value in enumerate(paid if contracted else [])
    ]
    params = StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "EUR",
            "facts": {"thresholds": [threshold(40_000, "works", 2018).model_dump()]},
            "choices": {"as_of": date(2024, 12, 31), "impact": {"placebo_draws": 50}},
        }
    )
    engine = DuckDBEngine(memory_gib=0.5, threads=1)
    with engine:
        for name, rows in {"tenders": tenders, "contracts": contracts}.items():
            table = TABLES[name]
            whole = [
                {
                    column: {"source_id": "invented", **row}.get(column)
                    for column in table.column_names
                }
                for row in rows
            ]
            engine.register(name, pa.Table.from_pylist(whole, schema=table.arrow_schema))
        return study_thresholds(engine, params, rng)


def test_a_threshold_is_held_against_estimates_where_there_are_any() -> None:
    both = study_lots(estimated=True, contracted=True)
    none = study_lots(estimated=True, contracted=False)
    assert both.excess == none.excess
    assert both.excess[1] > 50
    paid = study_lots(estimated=False, contracted=True)
    assert paid.excess[0] < 0.5 * both.excess[0]
    assert study_lots(estimated=False, contracted=False).answer.is_refused


@pytest.mark.validate
def test_lots_that_buyers_of_a_synthetic_country_shave_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same country without colluding buyers says how many lots were moved."""

    def draw_lots(draw: Draw) -> pd.DataFrame:
        buyers = market._draw_buyers(draw)
        lots = market._rotate_cartels(market._draw_lots(draw), draw)
        return market._set_values(market._choose_buyers(lots, buyers, draw), buyers, draw)

    limits = [
        threshold(150_000, "works", 2018),
        threshold(40_000, "services", 2018, 2022),
        threshold(50_000, "services", 2023),
    ]
    covered, errors = [], []
    for seed in range(1, 9):
        draw = draw_country(CARDS["base"], 40_000, seed)
        lots = draw_lots(draw)
        with monkeypatch.context() as honest:
            honest.setattr(market, "_COLLUDING", 0.0)
            moved = (lots["estimate"] - draw_lots(draw)["estimate"]).abs() > 0.005
        amounts = pd.DataFrame(
            {
                "amount": lots["estimate"],
                "currency": "EUR",
                "category": np.where(lots["works"], "works", "services"),
                "signed_on": lots["started_on"],
            }
        )
        for one in measure_thresholds(amounts, limits, np.random.default_rng(seed)):
            under = lots["threshold"] == one.threshold.amount
            under &= lots["works"] == (one.threshold.category == "works")
            under &= lots["started_on"] >= pd.Timestamp(one.threshold.valid_from)
            count = int((moved & under).sum())
            effect = one.bunching.answer.effects[0]
            covered.append(effect.low <= count <= effect.high)
            errors.append(effect.estimate - count)
    print(f"covered {np.mean(covered):.2f}, mean error {np.mean(errors):.1f} lots")
    assert np.mean(covered) >= 0.85
    assert abs(np.mean(errors)) < 20
