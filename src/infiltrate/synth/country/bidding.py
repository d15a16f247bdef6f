"""Who bids on public lots, at what price, and which firms take turns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.country.places import REGIONS
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.scenario import generator_for

_CARTEL_MARKETS = 0.06
_CARTEL_SIZE = 5
_DAY = np.timedelta64(1, "D")


def find_cartels(draw: Draw) -> pd.Series:
    """Return the cartel of each member: the number of its market, by position of the firm."""
    rng = generator_for(draw.seed, "cartels")
    firms = draw.firms.iloc[: draw.active]
    old = firms["born_on"].to_numpy() < np.datetime64(f"{draw.card.first_year}-01-01")
    able = np.flatnonzero(firms["sells"].to_numpy() & old)
    region = draw.places.province_region[firms["province"].to_numpy()[able]]
    market = pd.Series(firms["division"].to_numpy()[able] * len(REGIONS) + region, index=able)
    size = market.value_counts()
    open_to = np.sort(size.index[size >= 3].to_numpy())
    chosen = open_to[rng.random(len(open_to)) < _CARTEL_MARKETS]
    inside = market[market.isin(chosen)]
    return inside[inside.groupby(inside).cumcount() < _CARTEL_SIZE]


def draw_bids(lots: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """Return the winner's bid and the others of each lot with a call or an invitation."""
    rng = generator_for(draw.seed, "bids")
    recorded = ~lots["direct"].to_numpy()
    won = np.flatnonzero(recorded & (lots["firm"] >= 0).to_numpy())
    winners = pd.DataFrame(
        {"lot": won, "firm": lots["firm"].to_numpy()[won], "is_winner": True, "is_cover": False}
    )
    called = lots["called"].to_numpy()
    in_cartel = (lots["cartel"] >= 0).to_numpy()
    others = rng.negative_binomial(1.3, 0.36, len(lots)).clip(max=14)
    others = np.where(called, others, np.minimum(others, 1)) * recorded
    others = np.where(in_cartel, np.minimum(others, 1), others)
    sponsored = (lots["active"] & called).to_numpy() & (rng.random(len(lots)) < 0.4) & ~in_cartel
    covers = np.where(sponsored, rng.integers(1, 4, len(lots)), 0)
    lot = np.repeat(np.arange(len(lots)), others + covers)
    place = np.arange(len(lot)) - np.repeat(
        np.cumsum(others + covers) - (others + covers), others + covers
    )
    rivals = pd.DataFrame(
        {
            "lot": lot,
            "firm": _draw_rivals(lots.iloc[lot], draw, rng),
            "is_winner": False,
            "is_cover": place >= others[lot],
        }
    )
    parts = [winners, _cover_for_cartels(lots, recorded & called & in_cartel, draw), rivals]
    bids = pd.concat(parts, ignore_index=True)
    bids = bids[(bids["firm"] >= 0) & _lives_on(draw, bids, lots)]
    bids = bids.drop_duplicates(["lot", "firm"])
    return bids.sort_values(["lot", "firm"], ignore_index=True)


def _draw_rivals(lots: pd.DataFrame, draw: Draw, rng: np.random.Generator) -> np.ndarray:
    """Return a firm for each row: of the sector, mostly of the region; -1 where there is none."""
    firms = draw.firms
    pool = np.flatnonzero(
        firms["sells"].to_numpy() | (generator_for(draw.seed, "bidders").random(len(firms)) < 0.1)
    )
    key = firms["division"].to_numpy()[pool].astype(int) * len(REGIONS)
    key = key + draw.places.province_region[firms["province"].to_numpy()[pool]]
    order = np.argsort(key, kind="stable")
    pool, key = pool[order], key[order]
    wanted = lots["division"].to_numpy().astype(int) * len(REGIONS)
    far = rng.random(len(lots)) < 0.2
    low = np.searchsorted(key, wanted + np.where(far, 0, lots["region"]), side="left")
    high = np.searchsorted(key, wanted + np.where(far, 19, lots["region"]), side="right")
    place = low + np.floor(rng.random(len(lots)) * (high - low)).astype(int)
    return np.where(high > low, pool[np.minimum(place, len(pool) - 1)], -1)


def _cover_for_cartels(lots: pd.DataFrame, chosen: np.ndarray, draw: Draw) -> pd.DataFrame:
    """Let two or more other members bid where one of a cartel is to win."""
    rng = generator_for(draw.seed, "cover bids")
    members = find_cartels(draw)
    rows = pd.DataFrame(
        {"lot": np.flatnonzero(chosen), "cartel": lots["cartel"].to_numpy()[chosen]}
    )
    table = pd.DataFrame({"firm": members.index.to_numpy(), "cartel": members.to_numpy()})
    both = rows.merge(table, on="cartel")
    both = both[rng.random(len(both)) < 0.85]
    return both.assign(is_winner=False, is_cover=True)[["lot", "firm", "is_winner", "is_cover"]]


def _lives_on(draw: Draw, bids: pd.DataFrame, lots: pd.DataFrame) -> np.ndarray:
    firm = bids["firm"].to_numpy()
    day = lots["started_on"].to_numpy()[bids["lot"]]
    gone = draw.firms["dissolved_on"].to_numpy()[firm] < day
    return (draw.firms["born_on"].to_numpy()[firm] <= day) & ~gone


def price_bids(
    bids: pd.DataFrame, lots: pd.DataFrame, draw: Draw
) -> tuple[pd.DataFrame, np.ndarray]:
    """Price bids around the winner's; also return the winner's rebate by lot."""
    rng = generator_for(draw.seed, "prices")
    lot = bids["lot"].to_numpy()
    rebate = rng.normal(0.12, 0.05, len(lots)) + 0.035 * lots["active"]
    rebate = np.where(lots["cartel"] >= 0, 0.035 + 0.02 * rng.random(len(lots)), rebate)
    rebate = rebate.clip(0.0, 0.5)
    usual = np.abs(rng.normal(0, 0.07, len(bids))) + 0.002
    better = ~lots["on_price"].to_numpy()[lot] & (rng.random(len(bids)) < 0.25)
    behind = np.where(better, -0.5 * usual, usual)
    behind = np.where(bids["is_cover"], 0.04 + rng.normal(0, 0.006, len(bids)), behind)
    own = rebate[lot] - np.where(bids["is_winner"], 0.0, behind)
    early = np.minimum(rng.geometric(0.3, len(bids)) - 1, lots["window"].to_numpy()[lot])
    state = rng.choice(3, len(bids), p=(0.945, 0.045, 0.01))
    priced = bids.assign(
        amount=np.round(lots["estimate"].to_numpy()[lot] * (1 - own), 2),
        submitted_on=lots["deadline_on"].to_numpy()[lot] - early * _DAY,
        state=np.where(bids["is_winner"], 0, state),
    )
    return priced, rebate
