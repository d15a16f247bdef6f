"""Who owns the firms of a synthetic country: persons, chains of holdings, groups and circles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.register import number_persons
from infiltrate.synth.country.tables import Draw, find_standing
from infiltrate.synth.country.textfile import join_text, number_text
from infiltrate.synth.scenario import generator_for, logistic

_SECRECY = ("QM", "QN", "QO")
_ABROAD = ("QP", "QR")
_BANDS = np.array(["25-50", "50-75", "75-100"], dtype=object)
_DEEPEST = 6
_CYCLES = 0.002
_FRONTS = 0.15
_FEWEST_FRONTS = 3
_MOST_HOLDINGS = 4
_BUSY = 3


def list_owners(draw: Draw, register: pd.DataFrame) -> pa.Table:
    """Return who owns whom, with banded shares; one row per interest.

    Most firms belong to one or two persons. Opaque ones hang on a chain of two to six holdings,
    some in secrecy jurisdictions, some trusts, whose end is at times unknown. Firms of a group
    own each other, and two in a thousand firms own themselves in a circle. The owners of a front
    that was planted are those of its chain alone; see `plant_fronts`.
    """
    rng = generator_for(draw.seed, "owners")
    firms = draw.firms
    opaque = rng.random(len(firms)) < logistic(-3.1 + 0.9 * firms["ownership_opacity"].to_numpy())
    parts = [
        _own_simply(np.flatnonzero(~opaque), firms, register, rng),
        _own_by_chain(np.flatnonzero(opaque), firms, register, rng),
        _own_in_groups(firms, rng),
        _own_in_circles(firms, rng),
    ]
    fronts = plant_fronts(draw, register)
    others = pd.concat(parts, ignore_index=True)
    at_home = (others["company_register"] == "XX-REG").to_numpy()
    others = others[~(at_home & others["company"].isin(fronts["front"]).to_numpy())]
    planted = fronts.drop(columns=["chain", "step", "front", "nominee", "listed"])
    owners = pd.concat([planted, others], ignore_index=True)
    key = ["company_register", "company", "owner_register", "owner"]
    owners = owners.drop_duplicates(key).sort_values(key, ignore_index=True)
    company = number_text(owners["company"], 8)
    return pa.table(
        {
            "company": join_text(pa.array(owners["company_register"]), ":", company),
            "owner": number_text(owners["owner"], 8),
            "register": pa.array(owners["owner_register"]),
            "owner_kind": pa.array(owners["kind"]),
            "share": pa.array(owners["share"]),
            "beneficial": pa.array(np.where(owners["kind"] == "person", "yes", "no")),
            "since": pa.array(owners["since"].to_numpy().astype("datetime64[D]")),
        }
    )


def plant_fronts(draw: Draw, register: pd.DataFrame) -> pd.DataFrame:
    """Return chains of two to four holdings from a person down to an infiltrated functional firm.

    The person directs a listed firm as well, and the firm itself has a nominee for a director where
    there are enough such firms. Nothing published says which chains were planted.

    Returns
    -------
    pandas.DataFrame
        One row per chain and step, from the person down: what `list_owners` writes of a stake, and
        ``chain``, ``step`` (both from 1), ``front`` and ``listed`` (numbers of the two firms) and
        ``nominee`` (number of the front's director).
    """
    rng = generator_for(draw.seed, "front chains")
    fronts, listed = _choose_fronts(draw, register, rng)
    number = register["number"].to_numpy()
    director = register["director"].to_numpy()
    since = draw.firms["since_on"].to_numpy()
    places = np.array([*_SECRECY, *_ABROAD, "XX"], dtype=object)
    parts = []
    for chain, (front, other) in enumerate(zip(fronts, listed, strict=True), start=1):
        levels = int(rng.integers(2, _MOST_HOLDINGS + 1))
        # the others are multiples of 7: no holding serves two chains
        holding = (np.arange(levels) * len(register) + front) * 7 % 89_999_999 + 3
        pick = rng.integers(0, len(places), levels)
        place = places[pick] + np.where(pick == len(places) - 1, "-HLD", "-REG").astype(object)
        steps = levels + 1
        part = _interests(
            np.concatenate([holding[::-1], number[[front]]]),
            np.concatenate([director[[other]], holding[::-1]]),
            np.full(steps, _BANDS[2], dtype=object),
            np.full(steps, since[front]),
            kind=np.array(["person"] + ["company"] * levels, dtype=object),
            company_register=np.concatenate([place[::-1], ["XX-REG"]]),
            owner_register=np.concatenate([["XX-REG"], place[::-1]]),
        )
        parts.append(
            part.assign(
                chain=chain,
                step=np.arange(1, steps + 1),
                front=number[front],
                listed=number[other],
                nominee=director[front],
            )
        )
    none = np.zeros(0, dtype=np.int64)
    empty = _interests(none, none, none, since[:0]).assign(
        **dict.fromkeys(("chain", "step", "front", "listed", "nominee"), none)
    )
    return pd.concat(parts, ignore_index=True) if parts else empty


def _choose_fronts(
    draw: Draw, register: pd.DataFrame, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return fronts, those with a nominee first, and for each a listed firm of another group."""
    firms = draw.firms.iloc[: draw.active]
    served = register["director"].map(register["director"].value_counts()).to_numpy()[: draw.active]
    group = firms["group"].to_numpy()
    functional = np.flatnonzero((firms["infiltrated"] & (firms["type"] == 0)).to_numpy())
    functional = functional[rng.permutation(len(functional))]
    functional = functional[np.argsort(served[functional] <= _BUSY, kind="stable")]
    wanted = min(len(functional), max(_FEWEST_FRONTS, round(_FRONTS * len(functional))))
    standing = np.unique(find_standing(draw)["firm"].to_numpy())
    known = standing[served[standing] <= _BUSY]
    fronts, listed = [], []
    for front in functional[:wanted]:
        others = known[(group[known] != group[front]) & ~np.isin(known, [*functional[:wanted]])]
        if len(others):
            fronts.append(front)
            listed.append(rng.choice(others))
    return np.array(fronts, dtype=np.int64), np.array(listed, dtype=np.int64)


def _interests(
    company: np.ndarray,
    owner: np.ndarray,
    share: np.ndarray,
    since: np.ndarray,
    *,
    kind: str | np.ndarray = "company",
    company_register: str | np.ndarray = "XX-REG",
    owner_register: str | np.ndarray = "XX-REG",
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "company": company,
            "company_register": company_register,
            "owner": owner,
            "owner_register": owner_register,
            "kind": kind,
            "share": share,
            "since": since,
        }
    )


def _own_simply(
    firm: np.ndarray, firms: pd.DataFrame, register: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    count, born = len(firms), firms["born_on"].to_numpy()
    number = register["number"].to_numpy()
    director = register["director"].to_numpy()
    two = rng.random(len(firm)) < 0.4
    stranger = number_persons(5 * count + firm)
    main = np.where(rng.random(len(firm)) < 0.6, director[firm], stranger)
    share = np.where(two, _BANDS[rng.integers(0, 2, len(firm))], "75-100")
    first = _interests(number[firm], main, share, born[firm], kind="person")
    pair = firm[two]
    second = _interests(
        number[pair],
        number_persons(6 * count + pair),
        np.where(share[two] == "25-50", "50-75", "25-50"),
        born[pair],
        kind="person",
    )
    return pd.concat([first, second], ignore_index=True)


def _own_by_chain(
    firm: np.ndarray, firms: pd.DataFrame, register: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Hang each firm on holdings: the chain grows one level a turn until its depth is reached."""
    count = len(firms)
    opacity = firms["ownership_opacity"].to_numpy()[firm]
    depth = 1 + rng.binomial(_DEEPEST - 2, 0.35, len(firm))
    secret = rng.random(len(firm)) < logistic(-0.6 + 0.8 * opacity)
    places = np.array([*_SECRECY, *_ABROAD, "XX"], dtype=object)
    company = register["number"].to_numpy()[firm]
    place = np.full(len(firm), "XX-REG", dtype=object)
    since, parts = firms["born_on"].to_numpy()[firm], []
    level = 0
    while len(firm):
        holding = (level * count + firm) * 7 % 89_999_999
        pick = np.where(secret, rng.integers(0, 3, len(firm)), rng.integers(3, 6, len(firm)))
        owner_place = places[pick] + np.where(pick == 5, "-HLD", "-REG").astype(object)
        kind = np.where(rng.random(len(firm)) < 0.15, "trust", "company")
        band = _BANDS[rng.integers(1, 3, len(firm))]
        parts.append(
            _interests(
                company, holding, band, since,
                kind=kind, company_register=place, owner_register=owner_place,
            )
        )  # fmt: skip
        level += 1
        ends = depth <= level
        told = ends & (rng.random(len(firm)) < 0.7)
        parts.append(
            _interests(
                holding[told], number_persons(7 * count + firm[told]), _BANDS[[2] * told.sum()],
                since[told], kind="person", company_register=owner_place[told],
            )
        )  # fmt: skip
        on = ~ends
        firm, depth, secret, since = firm[on], depth[on], secret[on], since[on]
        company, place = holding[on], owner_place[on]
    return pd.concat(parts, ignore_index=True) if parts else _interests(*[np.zeros(0)] * 4)


def _own_in_groups(firms: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    born = firms["born_on"].to_numpy()
    leader = firms["group"].to_numpy()
    held = np.flatnonzero((leader != np.arange(len(firms))) & (rng.random(len(firms)) < 0.2))
    number = firms["number"].to_numpy()
    share = np.full(len(held), "25-50", dtype=object)
    since = np.maximum(born[held], born[leader[held]])
    return _interests(number[held], number[leader[held]], share, since)


def _own_in_circles(firms: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    born = firms["born_on"].to_numpy()
    chosen = rng.permutation(len(firms))[: 2 * round(_CYCLES * len(firms) / 2)]
    half = len(chosen) // 2
    owned, owner = chosen, np.concatenate([chosen[half:], chosen[:half]])
    number = firms["number"].to_numpy()
    share = np.full(len(owned), "25-50", dtype=object)
    return _interests(number[owned], number[owner], share, np.maximum(born[owned], born[owner]))
