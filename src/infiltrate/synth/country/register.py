"""What the register knows of firms: names, addresses, directors and auditors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.country.places import DIVISIONS
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.names import name_companies, name_streets
from infiltrate.synth.scenario import generator_for

_FIRST_PERSON = 90_000_000
_PERSONS = 10_000_000
# coprime to the number of persons: numbers in order become numbers that look drawn
_STRIDE = 6_180_339
_DAY = np.timedelta64(1, "D")
FORMS = ("Limited company", "Public limited company", "Co-operative", "Partnership")
LEAST_CAPITAL = (10, 50, 1, 0)
"""Least capital of each legal form in thousands, as the law of the country asks; 0 for none."""


def describe_register(draw: Draw) -> pd.DataFrame:
    """Return name, legal form, address and director of each firm, in the order of the draw.

    Agents keep the seats of many honest firms and of more functional ones; firms that share an
    officer share an address at times; a phoenix takes the address and the director of a firm
    that was dissolved at most two years before it was born.

    Returns
    -------
    pandas.DataFrame
        One row per firm: ``number``, ``name``, ``legal_form``, ``address``, ``capital`` (in
        thousands), ``director`` (number of a person) and ``rises_from`` (position of the firm
        before it, or -1).
    """
    rng = generator_for(draw.seed, "register")
    firms = draw.firms
    codes = np.array([division.code for division in DIVISIONS], dtype=object)
    forms = np.array(FORMS, dtype=object)
    rises_from = _find_phoenixes(draw)
    form = rng.choice(4, len(firms), p=(0.74, 0.06, 0.06, 0.14))
    capital = np.round(np.exp(rng.normal(2.6, 0.9, len(firms)) + 0.5 * firms["size"]))
    return pd.DataFrame(
        {
            "number": firms["number"],
            "name": name_companies(
                codes[firms["division"].to_numpy()], generator_for(draw.seed, "company names")
            ),
            "legal_form": forms[form],
            "address": _draw_addresses(draw, rises_from),
            "capital": _pay_in(draw, form, capital.to_numpy()),
            "director": _appoint_directors(draw, rises_from),
            "rises_from": rises_from,
        }
    )


def _pay_in(draw: Draw, form: np.ndarray, capital: np.ndarray) -> np.ndarray:
    """Raise capital to what the law asks; many shells, and some honest firms, pay in no more."""
    rng = generator_for(draw.seed, "least capital")
    least = np.array(LEAST_CAPITAL)[form]
    shell = draw.firms["type"].to_numpy() == 0
    minimal = rng.random(len(form)) < np.where(shell, 0.55, 0.25)
    return np.where(minimal & (least > 0), least, np.maximum(capital, least))


def list_changes(draw: Draw) -> pd.DataFrame:
    """Return what the register recorded of firms over the years; one row per firm, kind and day.

    Columns ``firm`` (position), ``change`` (seat, form or activity), ``happened_on``. Firms whose
    directors turn over often change the rest often too.
    """
    rng = generator_for(draw.seed, "recorded changes")
    firms = draw.firms
    end = firms["dissolved_on"].fillna(pd.Timestamp(draw.card.observed_on)).to_numpy()
    start = np.maximum(firms["born_on"].to_numpy(), end - 8 * 365 * _DAY)
    parts = []
    for change, often in (("seat", -1.3), ("form", -2.8), ("activity", -2.2)):
        changes = np.minimum(rng.poisson(np.exp(often + 0.35 * firms["director_turnover"])), 5)
        firm = np.repeat(np.arange(len(firms)), changes)
        part = np.floor(rng.random(len(firm)) * ((end - start)[firm] / _DAY)).astype(int)
        parts.append(
            pd.DataFrame({"firm": firm, "change": change, "happened_on": start[firm] + part * _DAY})
        )
    every = pd.concat(parts, ignore_index=True).drop_duplicates()
    return every.sort_values(["firm", "happened_on", "change"], ignore_index=True)


def list_persons(draw: Draw, officers: pd.DataFrame) -> pd.DataFrame:
    """Return number and year of birth of every officer; nominees are very young or old at times.

    Columns ``officer`` and ``born`` (missing for one in twenty).
    """
    rng = generator_for(draw.seed, "years of birth")
    nominated = officers.groupby("officer")["firm"].nunique()
    year = draw.card.observed_on.year
    age = np.clip(np.round(rng.normal(50, 12, len(nominated))), 18, 90)
    extreme = rng.random(len(nominated)) < np.where(nominated.to_numpy() > 2, 0.15, 0.02)
    age = np.where(extreme, np.where(rng.random(len(nominated)) < 0.5, 20, 81), age)
    born = pd.array(year - age.astype(int), dtype="Int64")
    born[rng.random(len(nominated)) < 0.05] = pd.NA
    return pd.DataFrame({"officer": nominated.index.to_numpy(), "born": born})


def _find_phoenixes(draw: Draw) -> np.ndarray:
    """Return the dissolved firm each phoenix rises from, -1 for other firms."""
    rng = generator_for(draw.seed, "phoenixes")
    firms = draw.firms
    functional = firms["type"].to_numpy() == 0
    may = rng.random(len(firms)) < np.where(functional, 0.25, 0.01)
    may &= (np.arange(len(firms)) < draw.active) & ~firms["born_on"].isna().to_numpy()
    dead = np.arange(draw.active, len(firms))
    order = dead[np.argsort(firms["dissolved_on"].to_numpy()[dead], kind="stable")]
    ended = firms["dissolved_on"].to_numpy()[order]
    born = firms["born_on"].to_numpy()
    place = np.searchsorted(ended, born) - 1
    gap = (born - ended[np.maximum(place, 0)]) / _DAY
    rises = may & (place >= 0) & (gap <= 730)
    return np.where(rises, order[np.maximum(place, 0)], -1)


def _draw_addresses(draw: Draw, rises_from: np.ndarray) -> np.ndarray:
    rng = generator_for(draw.seed, "addresses")
    firms = draw.firms
    count = len(firms)
    functional = (firms["type"] == 0).to_numpy()
    spots = max(9_000, count // 4)
    spot = rng.integers(0, spots, count)
    agents = max(2, count // 5_000)
    # few agents keep most seats
    agent = spots + np.minimum((rng.pareto(0.8, count) * agents / 8).astype(int), agents - 1)
    spot = np.where(rng.random(count) < np.where(functional, 0.18, 0.06), agent, spot)
    leader = firms["group"].to_numpy()
    together = (leader != np.arange(count)) & (rng.random(count) < np.where(functional, 0.45, 0.15))
    spot = np.where(together, spot[leader], spot)
    spot = np.where(rises_from >= 0, spot[rises_from], spot)
    province = firms["province"].to_numpy()
    place = np.where(together, province[leader], province)
    place = np.where(rises_from >= 0, province[rises_from], place)
    places = np.array(draw.places.provinces, dtype=object)
    return name_streets(spot, places[place])


def _appoint_directors(draw: Draw, rises_from: np.ndarray) -> np.ndarray:
    """Return a person for each firm: of its group, a nominee, a busy one, or nobody else's."""
    rng = generator_for(draw.seed, "directors")
    firms = draw.firms
    count = len(firms)
    functional = (firms["type"] == 0).to_numpy()
    person = np.arange(count)
    busy = np.minimum(rng.zipf(1.6, count), max(3, count // 40))
    person = np.where(rng.random(count) < 0.05, count + busy, person)
    nominees = max(3, count // 250)
    nominee = 2 * count + rng.integers(0, nominees, count)
    person = np.where(rng.random(count) < np.where(functional, 0.20, 0.04), nominee, person)
    leader = firms["group"].to_numpy()
    grouped = np.bincount(leader, minlength=count)[leader] > 1
    person = np.where(grouped & (rng.random(count) < 0.85), leader, person)
    person = np.where(rises_from >= 0, person[rises_from], person)
    return number_persons(person)


def number_persons(person: np.ndarray) -> np.ndarray:
    """Return eight-digit numbers of persons, which begin with 9."""
    return _FIRST_PERSON + (person * _STRIDE) % _PERSONS


def list_officers(draw: Draw, register: pd.DataFrame) -> pd.DataFrame:
    """Return directors past and present, and auditors of large firms; one row per appointment.

    Columns ``firm`` (position), ``officer`` (number), ``role``, ``from_on`` and ``to_on``.
    Turnover of directors follows the firm's own feature.
    """
    rng = generator_for(draw.seed, "officers")
    firms = draw.firms
    count = len(firms)
    changes = np.minimum(rng.poisson(np.exp(-0.7 + 0.55 * firms["director_turnover"])), 6)
    end = firms["dissolved_on"].fillna(pd.Timestamp(draw.card.observed_on)).to_numpy()
    start = np.maximum(firms["born_on"].to_numpy(), end - 6 * 365 * _DAY)
    firm = np.repeat(np.arange(count), changes)
    day = (
        start[firm]
        + np.floor(rng.random(len(firm)) * ((end - start)[firm] / _DAY - 30)).astype(int) * _DAY
    )
    order = np.lexsort((day, firm))
    firm, day = firm[order], day[order]
    first = np.concatenate([[True], firm[1:] != firm[:-1]]) if len(firm) else np.zeros(0, bool)
    began = np.where(first, firms["born_on"].to_numpy()[firm], np.roll(day, 1))
    past = pd.DataFrame(
        {
            "firm": firm,
            "officer": number_persons(3 * count + np.arange(len(firm))),
            "role": "director",
            "from_on": began,
            "to_on": day - _DAY,
        }
    )
    last = firms["born_on"].to_numpy().copy()
    last[firm] = day
    alone = rng.random(count) < 0.55
    now = pd.DataFrame(
        {
            "firm": np.arange(count),
            "officer": register["director"],
            "role": np.where(alone, "sole director", "director"),
            "from_on": last,
            "to_on": firms["dissolved_on"],
        }
    )
    second = np.flatnonzero(~alone & (generator_for(draw.seed, "boards").random(count) < 0.8))
    beside = pd.DataFrame(
        {
            "firm": second,
            "officer": number_persons(4 * count + second),
            "role": "director",
            "from_on": firms["born_on"].to_numpy()[second],
            "to_on": firms["dissolved_on"].to_numpy()[second],
        }
    )
    large = np.flatnonzero((firms["size"] > 1.0).to_numpy())
    auditors = pd.DataFrame(
        {
            "firm": large,
            "officer": number_persons(
                _PERSONS - 1 - rng.integers(0, max(2, count // 300), len(large))
            ),
            "role": "auditor",
            "from_on": start[large],
            "to_on": firms["dissolved_on"].to_numpy()[large],
        }
    )
    past = past[past["to_on"] >= past["from_on"]]
    every = pd.concat([past, now, beside, auditors], ignore_index=True)
    return every.sort_values(["firm", "from_on", "role", "officer"], ignore_index=True)
