"""Co-bidding groups: planted cartels are found, markets without one stay clear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.cobidding import GroupSettings, find_cobidding_groups
from infiltrate.synth.country.bidding import find_cartels
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.market import draw_market
from infiltrate.synth.country.tables import draw_country

QUICK = GroupSettings(rewirings=60)


def draw_bids(seed: int, cartel: int = 0, market: str = "m", lots: int = 250) -> pd.DataFrame:
    """Draw bids of 50 firms of unequal activity; a cartel meets on one lot in eight, in turn."""
    rng = np.random.default_rng([11, seed])
    activity = rng.gamma(1.0, 1.0, 50) + 0.1
    rows = []
    for lot in range(lots):
        bidders = rng.choice(
            50, int(rng.integers(2, 7)), replace=False, p=activity / activity.sum()
        )
        if cartel and lot % 8 == 0:
            bidders = np.roll(np.arange(cartel), lot // 8)
        day = pd.Timestamp("2020-01-01") + pd.Timedelta(days=lot)
        rows += [
            (market, f"{market}{lot}", f"firm{firm:02}", place == 0, day)
            for place, firm in enumerate(bidders)
        ]
    return pd.DataFrame(rows, columns=["market", "lot", "company_id", "is_winner", "on_date"])


def test_a_planted_cartel_is_found_with_its_members_and_its_turns() -> None:
    for seed in range(3):
        found = find_cobidding_groups(draw_bids(seed, 5), np.random.default_rng(1), QUICK)
        best = found.groups.iloc[0]
        members = found.members[found.members["group_id"] == best["group_id"]]["company_id"]
        assert best["state"] == "flag"
        assert set(members) >= {f"firm{number:02}" for number in range(5)}
        assert best["cohesion"] > 0.3 and best["coherence"] > 0.8
        assert best["rotation_p_value"] < 0.15 and best["win_entropy"] > 0.8


def test_markets_without_a_cartel_stay_clear() -> None:
    bids = pd.concat([draw_bids(seed, market=f"m{seed}", lots=120) for seed in range(20, 32)])
    found = find_cobidding_groups(bids, np.random.default_rng(1), QUICK)
    assert len(found.groups) >= 6
    assert (found.groups["state"] == "clear").mean() >= 0.9
    best = found.groups.groupby("market")["p_value"].min()
    assert (best < 0.1).mean() <= 0.35


def test_a_group_of_three_by_hand() -> None:
    # three firms meet on five lots, each bids once more alone with a stranger
    lots = {f"joint{n}": ("a", "b", "c") for n in range(5)}
    lots |= {f"single{firm}": (firm, f"stranger{firm}") for firm in "abc"}
    lots |= {f"other{n}": ("x", f"y{n}") for n in range(4)}
    rows = [
        ("m", lot, firm, place == 0, pd.Timestamp("2020-01-01"))
        for lot, firms in lots.items()
        for place, firm in enumerate(firms)
    ]
    bids = pd.DataFrame(rows, columns=["market", "lot", "company_id", "is_winner", "on_date"])
    found = find_cobidding_groups(bids, np.random.default_rng(1), QUICK)
    group = found.groups.iloc[0]
    assert group["group_id"] == "m/001"
    # each pair shares five of the seven lots that either bid on
    assert group["cohesion"] == pytest.approx(5 / 7)
    assert group["coherence"] == pytest.approx(1) and group["exclusivity"] == pytest.approx(1)
    assert (group["members"], group["lots"], group["wins"]) == (3, 5, 5)
    assert group["win_entropy"] == 0  # firm a always won


def test_a_crowd_is_no_meeting_and_chance_is_told() -> None:
    bids = draw_bids(1, 5)
    crowd = pd.DataFrame({"company_id": [f"guest{n}" for n in range(80)], "is_winner": False})
    crowds = [crowd.assign(market="m", lot=f"crowd{n}", on_date=pd.NaT) for n in range(8)]
    with_crowds = pd.concat([bids, *crowds], ignore_index=True)
    plain = find_cobidding_groups(bids, np.random.default_rng(1), QUICK)
    other = find_cobidding_groups(with_crowds, np.random.default_rng(1), QUICK)
    pd.testing.assert_frame_equal(plain.groups, other.groups)
    assert 0 < len(plain.chance) <= QUICK.rewirings
    assert plain.chance["strength"].max() < plain.groups["strength"].max()
    loose = GroupSettings(rewirings=20, most_bidders=100, most_members=100)
    seen = find_cobidding_groups(with_crowds, np.random.default_rng(1), loose)
    assert seen.members["company_id"].str.startswith("guest").any()


def test_row_order_and_repeated_rows_change_nothing() -> None:
    bids = draw_bids(2, 5, lots=120)
    one = find_cobidding_groups(bids, np.random.default_rng(3), QUICK)
    mixed = pd.concat([bids, bids.head(5)]).sample(frac=1, random_state=1)
    other = find_cobidding_groups(mixed, np.random.default_rng(3), QUICK)
    pd.testing.assert_frame_equal(one.groups, other.groups)
    pd.testing.assert_frame_equal(one.members, other.members)


def test_no_bids_and_no_group() -> None:
    bids = draw_bids(1, lots=3)
    for part in (bids.head(0), bids):
        found = find_cobidding_groups(part, np.random.default_rng(1), QUICK)
        assert len(found.groups) == 0 and len(found.members) == 0


@pytest.mark.slow
def test_groups_flagged_in_a_synthetic_country_are_its_cartels() -> None:
    draw = draw_country(CARDS["base"], 20_000, 1)
    market, cartels = draw_market(draw), find_cartels(draw)
    lots = market.lots.iloc[market.bids["lot"]]
    bids = pd.DataFrame(
        {
            "market": lots["division"].to_numpy() * 20 + lots["region"].to_numpy(),
            "lot": market.bids["lot"].to_numpy(),
            "company_id": market.bids["firm"].to_numpy(),
            "is_winner": market.bids["is_winner"].to_numpy(),
            "on_date": lots["award_on"].to_numpy(),
        }
    )
    looked_at = {*cartels.unique()[:12], *range(0, 400, 10)}
    found = find_cobidding_groups(
        bids[bids["market"].isin(looked_at)], np.random.default_rng(1), QUICK
    )
    flagged = found.groups[found.groups["state"] == "flag"]
    members = found.members[found.members["group_id"].isin(flagged["group_id"])]["company_id"]
    assert len(flagged) >= 3
    assert members.isin(cartels.index).mean() >= 0.8
