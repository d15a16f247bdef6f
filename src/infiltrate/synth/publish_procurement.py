"""Tenders, bids and contracts as three publishers put them out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population
from infiltrate.synth.procurement import Procurement
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import Scenario
from infiltrate.synth.spelling import spell_dates, spell_money, spell_procedures

_CATEGORIES = {"works": "Works", "goods": "Supplies", "services": "Services"}
_CRITERIA = {"price": "lowest price", "quality_and_price": "best value"}
_BID_STATES = {"valid": "Admitted", "disqualified": "Excluded", "withdrawn": "Withdrawn"}


def build_procurement_files(
    population: Population, procurement: Procurement, scenario: Scenario
) -> list[RawFile]:
    """Lay out lots (one folder per authority), bids (one file per year) and contracts.

    Direct awards have no rows among the bids; contracts that had not ended on the day of
    observation have no final values.
    """
    return [
        *_build_tenders(procurement, scenario),
        *_build_bids(population, procurement, scenario),
        _build_contracts(population, procurement, scenario),
        _build_subcontracts(population, procurement, scenario),
    ]


def _build_tenders(procurement: Procurement, scenario: Scenario) -> list[RawFile]:
    rng = scenario.generator("tender files")
    lots, buyers = procurement.lots, procurement.buyers
    count = len(lots)
    awarded = np.isin(np.arange(count), procurement.contracts["lot"])
    state = np.where(
        awarded, "awarded", np.where(lots["is_cancelled"], "cancelled", "no valid bid")
    )
    silent = ~buyers["publishes_calls"].to_numpy()[lots["buyer"]] & (rng.random(count) < 0.6)
    sector_names = {s.division: s.name for s in scenario.sectors}
    direct = (lots["procedure"] == "direct_award").to_numpy()
    told = np.where(direct, rng.random(count) < 0.5, rng.random(count) < 0.97)
    rows = pd.DataFrame(
        {
            "process": _name_tenders(lots),
            "lot": lots["number"].astype(str),
            "title": lots["sector"].map(sector_names) + ", " + lots["area"],
            "product": lots["product"],
            "kind": lots["category"].map(_CATEGORIES),
            "procedure": spell_procedures(lots["procedure"], lots["buyer"], rng),
            "call_date": lots["started_on"].where(lots["has_call"] & ~silent),
            "closing_date": lots["deadline_on"].where(lots["has_call"]),
            "award_date": lots["award_on"].where(awarded),
            "estimate": _blank(spell_money(lots["estimate"].to_numpy(), "."), rng, 0.03, "n/a"),
            "currency": scenario.currency,
            "criteria": _blank(lots["criteria"].map(_CRITERIA), rng, 0.04),
            "urgent": np.where(lots["is_urgent"], "yes", "no"),
            "state": state,
            "province": lots["area"],
            "bids": lots["bids_recorded"].astype(str).where(told, ""),
        }
    )
    days = ("call_date", "closing_date", "award_date")
    files = []
    for buyer, members in rows.groupby(lots["buyer"].to_numpy(), sort=True):
        # half of the authorities write days first
        date_format = "%d/%m/%Y" if buyer % 2 else "%Y-%m-%d"
        written = members.assign(**{name: spell_dates(members[name], date_format) for name in days})
        files.append(
            RawFile(
                f"tenders/{buyers['buyer'].iloc[buyer]}/lots.csv",
                written.sort_values(["process", "lot"]),
                date_format=date_format,
                dates=("award_date",),
                amounts=("estimate",) if (written["estimate"] != "n/a").all() else (),
                currencies=("currency",),
                text=("title",),
                dirt=1.0,
            )
        )
    return files


def _build_bids(
    population: Population, procurement: Procurement, scenario: Scenario
) -> list[RawFile]:
    rng = scenario.generator("bid files")
    lots, firms = procurement.lots, population.firms
    bids = procurement.bids
    competitive = (lots["procedure"] != "direct_award").to_numpy()[bids["lot"]]
    bids = bids[competitive]
    lot, firm = bids["lot"].to_numpy(), bids["firm"].to_numpy()
    of_lot, of_firm = lots.iloc[lot].reset_index(drop=True), firms.iloc[firm].reset_index(drop=True)
    question = rng.random(len(bids)) < 0.02
    clock = rng.integers(8 * 60, 17 * 60, len(bids))
    received = pd.Series(
        bids["submitted_on"].to_numpy() + pd.to_timedelta(clock, unit="min").to_numpy()
    )
    rows = pd.DataFrame(
        {
            "record": "bid",
            "process": _name_tenders(lots).to_numpy()[lot],
            "lot": of_lot["number"].astype(str),
            "procedure": spell_procedures(of_lot["procedure"], of_lot["buyer"], rng),
            "bidder_no": of_firm["id"],
            "bidder": of_firm["name"],
            "bidder_kind": np.where(of_firm["is_person"], "natural person", "legal person"),
            "amount": spell_money(bids["amount"].to_numpy(), ".", ","),
            "currency": scenario.currency,
            "received": spell_dates(received, "%Y-%m-%d %H:%M"),
            "state": bids["status"].map(_BID_STATES).to_numpy(),
            "won": np.where(bids["is_winner"], "X", "-"),
            "year": of_lot["started_on"].dt.year,
        }
    )
    blank = dict.fromkeys(("amount", "currency", "received", "state", "won"), "")
    asked = rows[question].assign(record="question", **blank)
    rows = pd.concat([rows, asked], ignore_index=True)
    rows = rows.sort_values(["process", "lot", "record", "bidder_no"], kind="stable")
    return [
        RawFile(
            f"bids/bids_{year}.txt",
            members.drop(columns="year"),
            delimiter="|",
            date_format="%Y-%m-%d %H:%M",
            ids=("bidder_no",),
            dates=("received",),
            amounts=("amount",),
            currencies=("currency",),
            text=("bidder",),
            dirt=1.0,
        )
        for year, members in rows.groupby("year", sort=True)
    ]


def _build_contracts(
    population: Population, procurement: Procurement, scenario: Scenario
) -> RawFile:
    rng = scenario.generator("contract file")
    contracts = procurement.contracts
    lot = contracts["lot"].to_numpy()
    lots = procurement.lots
    tender = _name_tenders(lots).to_numpy()[lot]
    number = lots["number"].astype(str).to_numpy()[lot]
    firm = population.firms.iloc[contracts["firm"]].reset_index(drop=True)
    ended = (contracts["final_end_on"] <= pd.Timestamp(scenario.observed_on)) & contracts[
        "reported"
    ]
    rows = pd.DataFrame(
        {
            "contract": _number_contracts(contracts, rng),
            "reference": tender + "/" + number,
            "authority": procurement.buyers["buyer"].to_numpy()[lots["buyer"].to_numpy()[lot]],
            "supplier": firm["id"],
            "supplier_name": firm["name"],
            "supplier_kind": np.where(firm["is_person"], "natural person", "legal person"),
            "signed": spell_dates(contracts["signed_on"], "%d.%m.%Y"),
            "value": spell_money(contracts["value"].to_numpy(), ",", "."),
            "currency": scenario.currency,
            "end": spell_dates(contracts["end_on"], "%d.%m.%Y"),
            "final_end": spell_dates(contracts["final_end_on"].where(ended), "%d.%m.%Y"),
            "final_value": np.where(
                ended, spell_money(contracts["final_value"].to_numpy(), ",", "."), ""
            ),
            "changes": contracts["amendments"].astype(str).where(ended, ""),
        }
    )
    return RawFile(
        "contracts/contracts.csv",
        rows.sort_values("contract"),
        delimiter=";",
        titles=("Register of public contracts",),
        date_format="%d.%m.%Y",
        ids=("supplier",),
        dates=("signed",),
        amounts=("value",),
        currencies=("currency",),
        text=("supplier_name",),
        dirt=1.0,
    )


def _build_subcontracts(
    population: Population, procurement: Procurement, scenario: Scenario
) -> RawFile:
    """Lay out what suppliers pass on: an infiltrated one often pays those who lost to it."""
    rng = scenario.generator("subcontract file")
    contracts, lots = procurement.contracts, procurement.lots
    lot, count = contracts["lot"].to_numpy(), len(contracts)
    losers = procurement.bids[~procurement.bids["is_winner"]].groupby("lot")["firm"].first()
    loser = pd.Series(lot).map(losers)
    shared = rng.random(count) < np.where(contracts["infiltrated"], 0.4, 0.08)
    other = rng.integers(len(population.firms), size=count)
    partner = np.where(shared & loser.notna(), loser.fillna(0), other).astype(int)
    person = population.firms["is_person"].to_numpy()[partner]
    kept = (rng.random(count) < 0.3) & ~person & (partner != contracts["firm"].to_numpy())
    numbers = _number_contracts(contracts, scenario.generator("contract file"))
    number = lots["number"].astype(str).to_numpy()[lot]
    firms = population.firms["id"].to_numpy()
    rows = pd.DataFrame(
        {
            "contract": numbers,
            "lot": number,
            "supplier": firms[contracts["firm"]],
            "subcontractor": firms[partner],
            "approved": spell_dates(contracts["signed_on"], "%d.%m.%Y"),
            "value": spell_money(
                contracts["value"].to_numpy() * rng.beta(2.0, 6.0, count), ",", "."
            ),
            "currency": scenario.currency,
        }
    )
    return RawFile(
        "subcontracts/approved.csv",
        rows[kept].sort_values("contract"),
        delimiter=";",
        date_format="%d.%m.%Y",
        dates=("approved",),
        amounts=("value",),
        currencies=("currency",),
        dirt=1.0,
    )


def _number_contracts(contracts: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Return the published number of each contract, the first draw of its generator."""
    return "C" + pd.Series(rng.permutation(len(contracts))).astype(str).str.zfill(6)


def _name_tenders(lots: pd.DataFrame) -> pd.Series:
    """Return the published number of each lot's procedure."""
    year = lots["started_on"].dt.year.astype(str)
    first = year.groupby(lots["tender"]).transform("first")
    return "P" + first + "-" + lots["tender"].astype(str).str.zfill(6)


def _blank(
    values: pd.Series | np.ndarray, rng: np.random.Generator, share: float, word: str = ""
) -> pd.Series:
    series = pd.Series(np.asarray(values, dtype=object))
    return series.where(rng.random(len(series)) >= share, word)
