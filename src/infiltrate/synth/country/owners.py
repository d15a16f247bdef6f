"""Who owns the firms of a synthetic country: persons, chains of holdings, groups and circles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.register import number_persons
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.country.textfile import join_text, number_text
from infiltrate.synth.scenario import generator_for, logistic

_SECRECY = ("QM", "QN", "QO")
_ABROAD = ("QA", "QB")
_BANDS = np.array(["25-50", "50-75", "75-100"], dtype=object)
_DEEPEST = 6
_CYCLES = 0.002


def list_owners(draw: Draw, register: pd.DataFrame) -> pa.Table:
    """Return who owns whom, with banded shares; one row per interest.

    Most firms belong to one or two persons. Opaque ones hang on a chain of two to six holdings,
    some in secrecy jurisdictions, some trusts, whose end is at times unknown. Firms of a group
    own each other, and two in a thousand firms own themselves in a circle.
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
    owners = pd.concat(parts, ignore_index=True)
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
