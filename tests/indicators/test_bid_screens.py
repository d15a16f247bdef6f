"""Bid screens: closed forms, SQL against numpy, subsets, and lots that cannot be screened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from infiltrate.indicators.bid_screens import SCREENS, screen_bids, summarise_subsets
from tests.indicators.screens import tabulate_screens

CODES = dict(zip([f"T0{number}" for number in range(1, 10)], SCREENS, strict=True))


def lot(
    *amounts: float | None, name: str = "tender", currency: str = "EUR"
) -> dict[str, list[dict[str, Any]]]:
    key = {"tender_id": name, "lot_id": "1"}
    bids = [
        {
            **key,
            "company_id": f"firm{place:03}",
            "amount": None if amount is None else Decimal(str(amount)),
            "currency": currency,
            "is_winner": place == 0,
        }
        for place, amount in enumerate(amounts)
    ]
    return {"tenders": [{**key, "category": "works"}], "bids": bids}


def test_screens_of_four_bids_by_hand() -> None:
    # 100, 110, 112, 114: mean 109, squares 81 + 1 + 9 + 25 = 116, losing 110, 112, 114
    screens = screen_bids(np.array([[112.0, 100.0, 114.0, 110.0]])).iloc[0]
    sd = np.sqrt(116 / 3)
    assert screens["cv"] == pytest.approx(sd / 109)
    assert screens["spd"] == pytest.approx(0.14)
    assert screens["diffp"] == pytest.approx(0.10)
    assert screens["rd"] == pytest.approx(10 / 2)
    assert screens["rdnor"] == pytest.approx(10 / (14 / 3))
    assert screens["altrd"] == pytest.approx(10 / 2)
    assert screens["skew"] == pytest.approx(4 / 6 * (-729 + 1 + 27 + 125) / sd**3)
    assert screens["kurt"] == pytest.approx(20 / 6 * (6561 + 1 + 81 + 625) / sd**4 - 27 / 2)
    # at 110 the uniform has 10/14 of its mass, the bids 1/4
    assert screens["ks"] == pytest.approx(10 / 14 - 1 / 4)


@pytest.mark.parametrize("n", [3, 4, 7, 40])
def test_screens_agree_with_scipy(n: int) -> None:
    bids = np.random.default_rng(n).lognormal(10, 0.3, (20, n))
    screens = screen_bids(bids)
    assert screens["cv"].to_numpy() == pytest.approx(stats.variation(bids, axis=1, ddof=1))
    assert screens["skew"].to_numpy() == pytest.approx(stats.skew(bids, axis=1, bias=False))
    distance = [stats.kstest(b, "uniform", (b.min(), np.ptp(b))).statistic for b in bids]
    assert screens["ks"].to_numpy() == pytest.approx(distance)
    if n > 3:
        expected = stats.kurtosis(bids, axis=1, bias=False)
        assert screens["kurt"].to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize("code", CODES)
def test_the_sql_gives_what_numpy_gives(judge: Any, code: str) -> None:
    rng = np.random.default_rng(1)
    sizes = [3, 4, 5, 9, 60, 500]
    amounts = [np.round(rng.lognormal(11, 0.2, n), 2) for n in sizes]
    country: dict[str, list[dict[str, Any]]] = {"tenders": [], "bids": []}
    for n, row in zip(sizes, amounts, strict=True):
        for table, rows in lot(*row, name=f"of {n:03}").items():
            country[table] += rows
    results = judge(code, **country)
    bids = pd.DataFrame(
        {
            "lot": np.repeat([f"of {n:03}/1" for n in sizes], sizes),
            "amount": np.concatenate(amounts),
        }
    )
    expected = tabulate_screens(bids)[CODES[code]]
    for name, value in expected.items():
        if np.isnan(value):
            assert results[name]["state"] == "not_computable"
        else:
            assert results[name]["value"] == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_cover_bids_behind_a_low_one_are_flagged(judge: Any, code: str) -> None:
    low_then_cluster = lot(100, 105.1, 105.2, 105.3, 105.4, 105.5)
    results = judge(code, **low_then_cluster)
    assert results["tender/1"]["state"] == "flag"
    assert results["tender/1"]["evidence"] == [
        "bids:tender/1/firm000",
        "bids:tender/1/firm001",
        "tenders:tender/1",
    ]
    spread_out = lot(100, 130, 160, 190, 220, 250)
    clear = judge(code, **spread_out)["tender/1"]
    assert clear["state"] == ("flag" if code == "T03" else "clear")


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ((), "losing bids not recorded"),
        ((100, 110), "too few valid bids"),
        ((100, None, 120), "amount of a bid not recorded"),
        ((100, 0, 120), "an amount is not above zero"),
        ((100, -5, 120), "an amount is not above zero"),
    ],
)
@pytest.mark.parametrize("code", ["T01", "T05"])
def test_what_cannot_be_screened_says_why(
    judge: Any, code: str, amounts: tuple[float, ...], reason: str
) -> None:
    result = judge(code, **lot(*amounts))["tender/1"]
    assert (result["state"], result["detail"]) == ("not_computable", reason)


def test_currencies_are_never_mixed(judge: Any) -> None:
    country = lot(100, 110, 120)
    country["bids"][1]["currency"] = "USD"
    assert (
        judge("T01", **country)["tender/1"]["detail"]
        == "bids in several currencies without an exchange rate"
    )


def test_tied_bids_have_no_variation_and_no_shape(judge: Any) -> None:
    assert judge("T01", **lot(100, 100, 100))["tender/1"]["value"] == 0
    assert judge("T07", **lot(100, 100, 100))["tender/1"]["detail"] == "all bids are equal"
    tied_losers = judge("T04", **lot(100, 110, 110))["tender/1"]
    assert tied_losers["detail"] == "all bids but the lowest are equal"
    assert screen_bids(np.full((1, 3), 100.0)).iloc[0].isna().sum() == 6


def test_disqualified_bids_do_not_count(judge: Any) -> None:
    country = lot(100, 110, 120, 900)
    country["bids"][3]["status"] = "disqualified"
    assert judge("T02", **country)["tender/1"]["value"] == pytest.approx(0.2)


def test_subsets_find_a_cartel_among_honest_bids() -> None:
    honest, cover = [100.0, 131.0, 160.0, 187.0], [120.0, 120.5, 121.0]
    bids = pd.DataFrame({"lot": "a", "amount": honest + cover})
    summary = summarise_subsets(bids, np.random.default_rng(1)).loc["a"]
    alone = screen_bids(np.array([cover]))["cv"].iloc[0]
    assert summary["cv_3_min"] == pytest.approx(alone)
    assert summary["cv_3_max"] > 20 * alone
    assert screen_bids(np.array([honest + cover]))["cv"].iloc[0] > 0.15


def test_subsets_are_all_taken_up_to_a_limit_then_drawn() -> None:
    rng = np.random.default_rng(2)
    few = pd.DataFrame({"lot": "a", "amount": rng.lognormal(size=9)})
    one = summarise_subsets(few, np.random.default_rng(3))
    assert one.equals(summarise_subsets(few.sample(frac=1, random_state=1), rng))
    many = pd.DataFrame({"lot": "b", "amount": rng.lognormal(size=60)})
    both = pd.concat([few, many])
    drawn = summarise_subsets(both, np.random.default_rng(4))
    assert drawn.loc["a"].equals(one.loc["a"])
    exact = summarise_subsets(both, np.random.default_rng(5), most_subsets=40_000, sizes=(3,))
    assert drawn.loc["b", "cv_3_mean"] == pytest.approx(exact.loc["b", "cv_3_mean"], rel=0.1)


def test_no_lot_with_enough_bids_gives_no_row() -> None:
    bids = pd.DataFrame({"lot": ["a", "a"], "amount": [1.0, 2.0]})
    assert len(summarise_subsets(bids, np.random.default_rng(1))) == 0
