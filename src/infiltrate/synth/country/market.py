"""Public purchases: who sells what to whom, against which bids, and what the contract becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.synth.country.bidding import draw_bids, find_cartels, price_bids
from infiltrate.synth.country.places import DIVISIONS, REGIONS
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.scenario import generator_for, logistic

PROCEDURES = (
    "open",
    "restricted",
    "negotiated_with_publication",
    "negotiated_without_publication",
    "direct_award",
    "framework_call",
    "other",
)
_BELOW = np.cumsum((0.24, 0.02, 0.15, 0.05, 0.50, 0.03, 0.01))
_ABOVE = np.cumsum((0.68, 0.08, 0.11, 0.08, 0.00, 0.04, 0.01))
_UNCALLED = (3, 4)
_COLLUDING = 0.12
_CANCELLED = 0.03
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Market:
    """What was bought.

    Attributes
    ----------
    buyers : pandas.DataFrame
        One row per authority: ``tier``, ``region`` (position), ``weight``, ``colluding``.
    lots : pandas.DataFrame
        One row per lot, in the order of the days on which they began; ``firm`` is the position of
        the supplier, -1 where the lot was cancelled, ``cartel`` its number or -1.
    bids : pandas.DataFrame
        One row per bid that is on record, by lot and firm (positions).
    contracts : pandas.DataFrame
        One row per lot that was awarded; ``infiltrated``: the supplier was, on that day.
    """

    buyers: pd.DataFrame
    lots: pd.DataFrame
    bids: pd.DataFrame
    contracts: pd.DataFrame


def draw_market(draw: Draw) -> Market:
    """Draw contracts of every firm that sells to the public sector, then lots and bids around them.

    A firm that sells has one contract or more, any other has none: exposure in the files is that
    of the draw. Signs follow Ravenda et al. (2020): where infiltrated firms win there are more
    bids, bigger rebates, more overruns and fewer delays. Colluding buyers keep lots just below
    the threshold for direct awards. Cartels take turns, and their cover bids stand close together
    and away from the winner's.
    """
    buyers = _draw_buyers(draw)
    lots = _draw_lots(draw)
    lots = _rotate_cartels(lots, draw)
    lots = _choose_buyers(lots, buyers, draw)
    lots = _set_values(lots, buyers, draw)
    lots = _set_calendar(_cancel_some(lots, draw), draw)
    bids = draw_bids(lots, draw)
    bids, rebate = price_bids(bids, lots, draw)
    recorded = np.bincount(bids["lot"].to_numpy(), minlength=len(lots))
    lots = lots.assign(bids=np.where(lots["direct"] & (lots["firm"] >= 0), 1, recorded))
    return Market(buyers, lots, bids, _sign_contracts(lots, rebate, draw))


def _draw_buyers(draw: Draw) -> pd.DataFrame:
    rng = generator_for(draw.seed, "buyers")
    count = min(9_000, max(60, draw.active // 150))
    region = np.concatenate([np.arange(20), rng.integers(0, 20, count - 20)])
    return pd.DataFrame(
        {
            "tier": rng.choice(4, count, p=(0.07, 0.13, 0.65, 0.15)),
            "region": region,
            "weight": rng.pareto(2.5, count) + 0.4,
            "colluding": rng.permutation(count) < round(_COLLUDING * count),
        }
    )


def _draw_lots(draw: Draw) -> pd.DataFrame:
    """Return firm, market and first day of each contract to come, before there are buyers."""
    rng = generator_for(draw.seed, "sales")
    firms = draw.firms
    seller = np.flatnonzero(firms["sells"].to_numpy())
    size = firms["size"].to_numpy()[seller]
    competitive = firms["type"].to_numpy()[seller] == 1
    mean = 1.8 * np.exp(0.35 * size + 0.4 * competitive)
    firm = np.repeat(seller, 1 + rng.poisson(mean))
    first = np.maximum(
        firms["born_on"].to_numpy()[firm], np.datetime64(f"{draw.card.first_year}-01-05")
    )
    last = np.datetime64(draw.card.observed_on) - 330 * _DAY
    last = np.fmin(firms["dissolved_on"].fillna(pd.Timestamp(last)).to_numpy()[firm], last)
    span = ((last - first) / _DAY).astype(int)
    on = span > 0
    firm, first, span = firm[on], first[on], span[on]
    region = draw.places.province_region[firms["province"].to_numpy()[firm]]
    away = rng.random(len(firm)) < 0.15
    return pd.DataFrame(
        {
            "firm": firm,
            "region": np.where(away, rng.integers(0, 20, len(firm)), region),
            "division": firms["division"].to_numpy()[firm],
            "started_on": first + np.floor(rng.random(len(firm)) * span).astype(int) * _DAY,
            "cartel": -1,
        }
    )


def _rotate_cartels(lots: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """Let the members of a cartel win in turn what they win in its market."""
    members = find_cartels(draw)
    cartel = members.reindex(lots["firm"]).to_numpy()
    market = lots["division"].to_numpy() * len(REGIONS) + lots["region"].to_numpy()
    inside = np.flatnonzero(cartel == market)
    part = lots.iloc[inside]
    turn = part.groupby("firm").cumcount().to_numpy()
    by_day = np.lexsort((part["started_on"].to_numpy(), cartel[inside]))
    by_turn = np.lexsort((part["firm"].to_numpy(), turn, cartel[inside]))
    firm, number = lots["firm"].to_numpy().copy(), lots["cartel"].to_numpy().copy()
    firm[inside[by_day]] = part["firm"].to_numpy()[by_turn]
    number[inside] = cartel[inside]
    return lots.assign(firm=firm, cartel=number)


def _choose_buyers(lots: pd.DataFrame, buyers: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """Give each lot a buyer of its region; infiltrated suppliers find colluding ones more often."""
    rng = generator_for(draw.seed, "buyers of lots")
    active = is_infiltrated_on(draw, lots["firm"].to_numpy(), lots["started_on"].to_numpy())
    drawn = rng.random(len(lots))
    buyer = np.empty(len(lots), dtype=int)
    for region in range(len(REGIONS)):
        own = buyers[buyers["region"] == region]
        here = (lots["region"] == region).to_numpy()
        for colluder in (False, True):
            weight = own["weight"].to_numpy() * np.where(own["colluding"] & colluder, 5.0, 1.0)
            rows = np.flatnonzero(here & (active == colluder))
            place = np.searchsorted(np.cumsum(weight) / weight.sum(), drawn[rows])
            buyer[rows] = own.index.to_numpy()[np.minimum(place, len(own) - 1)]
    crony = rng.random(len(lots)) < 0.04
    colluding = buyers["colluding"].to_numpy()[buyer]
    return lots.assign(
        buyer=buyer,
        active=active,
        arranged=colluding & (crony | (active & (rng.random(len(lots)) < 0.6))),
    )


def is_infiltrated_on(draw: Draw, firm: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether firms are functional or competitive ones that were infiltrated by the day."""
    kind = draw.firms["type"].to_numpy()[firm]
    return ((kind == 0) | (kind == 1)) & (draw.firms["since_on"].to_numpy()[firm] <= day)


def direct_award_threshold(year: np.ndarray, works: np.ndarray) -> np.ndarray:
    """Return the amount from which a direct award is no longer allowed."""
    return np.where(works, 150_000.0, np.where(year >= 2023, 50_000.0, 40_000.0))


def _set_values(lots: pd.DataFrame, buyers: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    rng = generator_for(draw.seed, "values")
    count = len(lots)
    division = lots["division"].to_numpy()
    median = np.array([d.median_value for d in DIVISIONS])[division]
    works = np.array([d.category == "works" for d in DIVISIONS])[division]
    value = median * np.exp(rng.normal(0, 1.0, count))
    year = lots["started_on"].dt.year.to_numpy()
    threshold = direct_award_threshold(year, works)
    above = (value >= threshold) & (value < 1.5 * threshold)
    colluding = buyers["colluding"].to_numpy()[lots["buyer"]]
    # colluding buyers shave lots for cronies and for themselves, not for infiltrated firms alone
    willing = lots["arranged"].to_numpy() | (colluding & (rng.random(count) < 0.3))
    shaved = willing & above & (rng.random(count) < 0.8)
    just_below = threshold * (1 - rng.beta(1.2, 6.0, count) * 0.12) - 0.01
    value = np.round(np.where(shaved, just_below, value), 2)
    draws = rng.random(count)
    procedure = np.where(
        value < threshold, np.searchsorted(_BELOW, draws), np.searchsorted(_ABOVE, draws)
    )
    procedure = np.where(shaved, PROCEDURES.index("direct_award"), procedure.clip(max=6))
    return lots.assign(
        year=year, works=works, estimate=value, threshold=threshold, procedure=procedure
    )


def _cancel_some(lots: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """Add lots that nobody won, and put all in the order of their first days."""
    rng = generator_for(draw.seed, "cancelled lots")
    again = rng.choice(len(lots), round(_CANCELLED * len(lots)), replace=False)
    failed = lots.iloc[again].assign(firm=-1, cartel=-1, active=False, arranged=False)
    every = pd.concat([lots, failed], ignore_index=True)
    order = np.lexsort((rng.random(len(every)), every["started_on"].to_numpy()))
    return every.iloc[order].reset_index(drop=True)


def _set_calendar(lots: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    rng = generator_for(draw.seed, "calendar")
    count = len(lots)
    hurried = (lots["arranged"].to_numpy() & (rng.random(count) < 0.4)) | (rng.random(count) < 0.08)
    window = np.where(hurried, 6 + rng.gamma(2.0, 3.0, count), 12 + rng.gamma(4.0, 6.0, count))
    decision = np.exp(rng.normal(3.6, 0.55, count)) * np.where(hurried, 0.5, 1.0)
    uncalled = np.isin(lots["procedure"], _UNCALLED)
    window = np.where(uncalled, 5, np.round(window)).clip(max=90).astype(int)
    decision = np.round(decision).clip(2, 160).astype(int)
    deadline = lots["started_on"].to_numpy() + window * _DAY
    return lots.assign(
        called=~uncalled,
        direct=lots["procedure"] == PROCEDURES.index("direct_award"),
        window=window,
        deadline_on=deadline,
        award_on=deadline + decision * _DAY,
        urgent=rng.random(count) < np.where(hurried, 0.25, 0.04),
        on_price=rng.random(count) < 0.55,
    )


def _sign_contracts(lots: pd.DataFrame, rebate: np.ndarray, draw: Draw) -> pd.DataFrame:
    rng = generator_for(draw.seed, "contracts")
    lot = np.flatnonzero(lots["firm"] >= 0)
    won = lots.iloc[lot]
    count = len(won)
    active, works = won["active"].to_numpy(), won["works"].to_numpy()
    signed = won["award_on"].to_numpy() + rng.integers(5, 46, count) * _DAY
    days = np.round(90 + rng.gamma(2.0, 120, count) * np.where(works, 1.4, 1.0)).astype(int)
    changed = rng.random(count) < logistic(-1.2 + 0.9 * works + 0.7 * active)
    amendments = np.where(changed, rng.geometric(0.55, count), 0)
    extra = np.exp(rng.normal(-2.6, 0.7, count)) * np.where(active, 1.35, 1.0)
    late = rng.random(count) < logistic(-0.5 + 0.5 * works - 0.5 * active)
    delay = np.where(late, np.round(rng.gamma(1.5, 45, count)), 0).astype(int)
    value = np.round(won["estimate"].to_numpy() * (1 - rebate[lot]), 2)
    end = signed + days * _DAY
    return pd.DataFrame(
        {
            "lot": lot,
            "firm": won["firm"].to_numpy(),
            "signed_on": signed,
            "value": value,
            "end_on": end,
            "final_end_on": end + delay * _DAY,
            "final_value": np.round(
                value * (1 + np.where(changed, extra * np.sqrt(amendments), 0.0)), 2
            ),
            "amendments": amendments,
            "infiltrated": active,
            "reported": rng.random(count) > 0.06,
        }
    )
