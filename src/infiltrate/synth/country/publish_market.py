"""Authorities, lots, bids and contracts as three publishers put them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.market import PROCEDURES, Market, draw_market
from infiltrate.synth.country.places import DIVISIONS, REGIONS
from infiltrate.synth.country.register import number_persons
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.country.textfile import (
    WrittenText,
    day_text,
    join_text,
    number_text,
    write_text,
)
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import DirtRates, generator_for
from infiltrate.synth.spelling import spell_money, spell_procedures

_TIERS = np.array(["State", "Province", "Municipal", "Public utility"], dtype=object)
_TITLES = np.array(["Agency", "Council", "Municipality", "Utility"], dtype=object)
_CATEGORIES = {"works": "Works", "goods": "Supplies", "services": "Services"}
_SOLE_TRADERS = 0.03
_SUBCONTRACTED = 0.3
_BID_STATES = np.array(["Admitted", "Excluded", "Withdrawn"], dtype=object)


def write_market(draw: Draw, folder: Path, rates: DirtRates) -> list[WrittenText]:
    """Write authorities, lots and bids by year, and contracts.

    Direct awards have no rows among the bids; some authorities do not publish their calls; what
    had not ended on the day of observation has no final values. Among those who lose are sole
    traders, whose numbers begin with 9.
    """
    market = draw_market(draw)
    return [
        _write_authorities(draw, market, folder, rates),
        *_write_lots(draw, market, folder, rates),
        *_write_bids(draw, market, folder, rates),
        _write_contracts(draw, market, folder, rates),
        _write_subcontracts(draw, market, folder, rates),
    ]


def _layout(path: str, table: pa.Table, **options: object) -> RawFile:
    return RawFile(path, pd.DataFrame(columns=table.column_names), **options)  # type: ignore[arg-type]


def _write_authorities(draw: Draw, market: Market, folder: Path, rates: DirtRates) -> WrittenText:
    buyers = market.buyers
    codes = np.array(REGIONS, dtype=object)[buyers["region"]]
    number = number_text(np.arange(len(buyers)) + 1, 4)
    tier = buyers["tier"].to_numpy()
    table = pa.table(
        {
            "number": number,
            "authority": pa.array(_TITLES[tier] + " " + np.array(number.to_pylist(), dtype=object)),
            "tier": pa.array(_TIERS[tier]),
            "area": pa.array(codes),
        }
    )
    file = _layout("registry/authorities.csv", table, delimiter=";", encoding="utf-8-sig")
    return write_text(file, table, folder, rates, generator_for(draw.seed, "authority file"))


def _write_lots(draw: Draw, market: Market, folder: Path, rates: DirtRates) -> list[WrittenText]:
    rng = generator_for(draw.seed, "lot files")
    lots = market.lots
    count = len(lots)
    divisions = lots["division"].to_numpy()
    products = np.array([d.products[0] for d in DIVISIONS], dtype=object)
    second = np.array([d.products[-1] for d in DIVISIONS], dtype=object)
    kinds = np.array([_CATEGORIES[d.category] for d in DIVISIONS], dtype=object)
    # small authorities publish fewer calls
    silent = (market.buyers["tier"].to_numpy()[lots["buyer"]] == 2) & (rng.random(count) < 0.12)
    awarded = (lots["firm"] >= 0).to_numpy()
    none = np.datetime64("NaT")
    estimate = spell_money(lots["estimate"].to_numpy(), ".")
    told = awarded & (rng.random(count) < 0.95)
    names = pd.Series(np.array(PROCEDURES, dtype=object)[lots["procedure"]])
    table = pa.table(
        {
            "process": _process_text(lots),
            "lot": pa.array(np.full(count, "1", dtype=object)),
            "authority": number_text(lots["buyer"] + 1, 4),
            "title": pa.array(np.array([d.name for d in DIVISIONS], dtype=object)[divisions]),
            "product": pa.array(
                np.where(rng.random(count) < 0.35, second[divisions], products[divisions])
            ),
            "kind": pa.array(kinds[divisions]),
            "procedure": pa.array(spell_procedures(names, lots["buyer"], rng)),
            "call_date": day_text(np.where(lots["called"] & ~silent, lots["started_on"], none)),
            "closing_date": day_text(np.where(lots["called"], lots["deadline_on"], none)),
            "award_date": day_text(np.where(awarded, lots["award_on"], none)),
            "estimate": pa.array(np.where(rng.random(count) < 0.03, "n/a", estimate)),
            "currency": pa.array(np.full(count, "EUR", dtype=object)),
            "criteria": pa.array(
                np.where(
                    rng.random(count) < 0.04,
                    "",
                    np.where(lots["on_price"], "lowest price", "best value"),
                )
            ),
            "urgent": pa.array(np.where(lots["urgent"], "yes", "no")),
            "state": pa.array(np.where(awarded, "awarded", "cancelled")),
            "area": pa.array(np.array(REGIONS, dtype=object)[lots["region"]]),
            "bids": number_text(np.where(told, lots["bids"], -1), 1),
        }
    )
    files = []
    for year, rows in _by_year(lots["year"].to_numpy()):
        part = table.take(rows)
        file = _layout(
            f"tenders/lots_{year}.csv",
            part,
            delimiter=";",
            dates=("award_date",),
            currencies=("currency",),
            text=("title",),
            dirt=1.0,
        )
        files.append(write_text(file, part, folder, rates, rng))
    return files


def _by_year(year: np.ndarray) -> list[tuple[int, np.ndarray]]:
    return [(int(one), np.flatnonzero(year == one)) for one in np.unique(year)]


def _process_text(lots: pd.DataFrame) -> pa.Array:
    year = pa.array(lots["year"].to_numpy().astype(np.int64)).cast(pa.string())
    return join_text("P", year, "-", number_text(np.arange(len(lots)), 7))


def _write_bids(draw: Draw, market: Market, folder: Path, rates: DirtRates) -> list[WrittenText]:
    rng = generator_for(draw.seed, "bid files")
    bids, lots = market.bids, market.lots
    lot = bids["lot"].to_numpy()
    number = draw.firms["number"].to_numpy()[bids["firm"]]
    wrong = rng.random(len(bids)) < draw.card.typed_wrong
    # a digit typed wrong is another number below 90 million
    number = np.where(wrong, (number + rng.integers(1, 9, len(bids)) * 1_000) % 90_000_000, number)
    count = len(bids)
    trades_alone, person = _let_sole_traders_bid(draw, bids)
    number = np.where(trades_alone, person, number)
    table = pa.table(
        {
            "process": _process_text(lots).take(lot),
            "lot": pa.array(np.full(count, "1", dtype=object)),
            "bidder": number_text(number, 8),
            "bidder_kind": pa.array(np.where(trades_alone, "natural person", "legal person")),
            "amount": pa.array(spell_money(bids["amount"].to_numpy(), ".")),
            "currency": pa.array(np.full(count, "EUR", dtype=object)),
            "received": day_text(bids["submitted_on"]),
            "state": pa.array(_BID_STATES[bids["state"]]),
            "won": pa.array(np.where(bids["is_winner"], "X", "-")),
        }
    )
    files = []
    for year, rows in _by_year(lots["year"].to_numpy()[lot]):
        part = table.take(rows)
        file = _layout(
            f"bids/bids_{year}.txt",
            part,
            delimiter="|",
            ids=("bidder",),
            dates=("received",),
            amounts=("amount",),
            currencies=("currency",),
            dirt=1.0,
        )
        files.append(write_text(file, part, folder, rates, rng))
    return files


def _let_sole_traders_bid(draw: Draw, bids: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which losing bids are those of sole traders, and the numbers of these persons."""
    rng = generator_for(draw.seed, "sole traders")
    count = len(bids)
    loses = ~bids["is_winner"].to_numpy() & ~bids["is_cover"].to_numpy()
    person = 8 * len(draw.firms) + rng.integers(0, max(20, draw.active // 60), count)
    return loses & (rng.random(count) < _SOLE_TRADERS), number_persons(person)


def _write_contracts(draw: Draw, market: Market, folder: Path, rates: DirtRates) -> WrittenText:
    rng = generator_for(draw.seed, "contract file")
    contracts, lots = market.contracts, market.lots
    lot = contracts["lot"].to_numpy()
    number = _number_contracts(draw, market)
    observed = pd.Timestamp(draw.card.observed_on)
    ended = ((contracts["final_end_on"] <= observed) & contracts["reported"]).to_numpy()
    none = np.datetime64("NaT")
    table = pa.table(
        {
            "contract": join_text("C", number_text(number, 7)),
            "reference": join_text(_process_text(lots).take(lot), "/1"),
            "authority": number_text(lots["buyer"].to_numpy()[lot] + 1, 4),
            "supplier": number_text(draw.firms["number"].to_numpy()[contracts["firm"]], 8),
            "signed": day_text(contracts["signed_on"], "%d.%m.%Y"),
            "value": pa.array(spell_money(contracts["value"].to_numpy(), ",")),
            "currency": pa.array(np.full(len(contracts), "EUR", dtype=object)),
            "end": day_text(contracts["end_on"], "%d.%m.%Y"),
            "final_end": day_text(np.where(ended, contracts["final_end_on"], none), "%d.%m.%Y"),
            "final_value": pa.array(
                np.where(ended, spell_money(contracts["final_value"].to_numpy(), ","), "")
            ),
            "changes": number_text(np.where(ended, contracts["amendments"], -1), 1),
        }
    ).take(np.argsort(number))
    file = _layout(
        "contracts/contracts.csv",
        table,
        delimiter=";",
        titles=("Register of public contracts",),
        date_format="%d.%m.%Y",
        ids=("supplier",),
        dates=("signed",),
        amounts=("value",),
        currencies=("currency",),
        dirt=1.0,
    )
    return write_text(file, table, folder, rates, rng)


def _number_contracts(draw: Draw, market: Market) -> np.ndarray:
    """Return the published number of each contract."""
    return generator_for(draw.seed, "contract numbers").permutation(len(market.contracts))


def _write_subcontracts(draw: Draw, market: Market, folder: Path, rates: DirtRates) -> WrittenText:
    """Write what suppliers pass on; an infiltrated one often pays those who lost to it."""
    rng = generator_for(draw.seed, "subcontract file")
    contracts, bids = market.contracts, market.bids
    count = len(contracts)
    loser = bids[~bids["is_winner"]].groupby("lot")["firm"].first().reindex(contracts["lot"])
    pays_loser = rng.random(count) < np.where(contracts["infiltrated"], 0.4, 0.08)
    pays_loser &= loser.notna().to_numpy()
    other = rng.integers(0, draw.active, count)
    partner = np.where(pays_loser, loser.fillna(0).to_numpy(), other).astype(int)
    firm = contracts["firm"].to_numpy()
    kept = np.flatnonzero((rng.random(count) < _SUBCONTRACTED) & (partner != firm))
    known = draw.firms["number"].to_numpy()
    number = _number_contracts(draw, market)
    value = contracts["value"].to_numpy() * rng.beta(2.0, 6.0, count)
    table = pa.table(
        {
            "contract": join_text("C", number_text(number, 7)),
            "lot": pa.array(np.full(count, "1", dtype=object)),
            "supplier": number_text(known[firm], 8),
            "subcontractor": number_text(known[partner], 8),
            "approved": day_text(contracts["signed_on"], "%d.%m.%Y"),
            "value": pa.array(spell_money(value, ",", ".")),
            "currency": pa.array(np.full(count, "EUR", dtype=object)),
        }
    ).take(kept[np.argsort(number[kept])])
    file = _layout(
        "subcontracts/approved.csv",
        table,
        delimiter=";",
        date_format="%d.%m.%Y",
        ids=("supplier", "subcontractor"),
        dates=("approved",),
        amounts=("value",),
        currencies=("currency",),
        dirt=1.0,
    )
    return write_text(file, table, folder, rates, rng)
