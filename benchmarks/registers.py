"""Invented registers as the tables that indicators of owners and of ties read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def write_stakes(companies: int, folder: Path, seed: int = 1) -> None:
    """Write 1.6 stakes a company: chains, holding companies, circles, ranges and gaps.

    Two stakes in three are persons'; the others are of companies, and one company in a thousand
    holds a tenth of these. One company in a thousand holds a part of one that owns it, and one
    circle has a thousandth of all companies, at most a thousand. One stake in twenty is a range.
    """
    draw = np.random.default_rng(seed)
    count = draw.choice([1, 2, 3], size=companies, p=[0.55, 0.3, 0.15])
    company = np.repeat(np.arange(companies), count)
    m = len(company)
    parts = draw.gamma(1.0, size=m)
    whole = (
        np.bincount(company, weights=parts)[company]
        * draw.choice([1.0, 1.0, 1.0, 1.25], size=companies)[company]
    )
    low = np.round(0.98 * parts / whole, 4)
    hubs = max(10, companies // 1000)
    is_company = (draw.random(m) < 0.35) & (company > hubs)
    older = (company * draw.random(m)).astype(np.int64)
    hub = (hubs * draw.random(m) ** 2).astype(np.int64)
    holder = np.where(draw.random(m) < 0.1, hub, older)
    person = companies + (draw.random(m) * companies * 0.9).astype(np.int64)
    owner = np.where(is_company, holder, person)
    back = np.flatnonzero(is_company)[: max(3, companies // 1000)]
    ring = draw.permutation(companies)[: max(3, min(1000, companies // 1000))]
    owner = np.concatenate([owner, company[back], ring])
    low = np.concatenate([low, np.full(len(back) + len(ring), 0.01)])
    company = np.concatenate([company, holder[back], np.roll(ring, 1)])
    kind = np.where(owner < companies, 0, np.where(owner % 500 == 0, 2, 1))
    _, first = np.unique(owner * (2 * companies) + company, return_index=True)
    first = first[owner[first] != company[first]]
    owner, company, low, kind = owner[first], company[first], low[first], kind[first]
    is_range = np.random.default_rng(seed + 1).random(len(owner)) < 0.05
    high = np.where(is_range, np.minimum(low + 0.25, 1.0), low)
    table = pa.table(
        {
            "owner_id": _name("XX-REG", owner),
            "owner_kind": pa.DictionaryArray.from_arrays(
                kind, ["company", "natural_person", "trust"]
            ).cast(pa.string()),
            "company_id": _name("XX-REG", company),
            "interest": pa.array(["shares"] * len(owner)),
            "share_low": low,
            "share_high": high,
            "valid_from": pa.array([16_000] * len(owner), pa.int32()).cast(pa.date32()),
            "valid_to": pa.nulls(len(owner), pa.date32()),
            "source_id": pa.array(["generated"] * len(owner)),
        }
    )
    pq.write_table(table, folder / "ownership.parquet")
    whole = np.bincount(company, weights=low, minlength=2 * companies)
    np.savez(
        folder / "stakes.npz",
        owner=owner,
        company=company,
        low=low / np.maximum(whole, 1)[company],
        n=2 * companies,
        is_end=np.arange(2 * companies) >= companies,
    )


def write_ties(companies: int, folder: Path, seed: int = 5) -> None:
    """Write a register: officers, owners, addresses, and one company in two hundred listed.

    Officers and owners serve few companies and some of them many; a tenth of owners are
    companies; an agent's address has a hundredth of all companies.
    """
    draw = np.random.default_rng(seed)
    everyone = np.arange(companies)
    person = _holders(companies, int(1.2 * companies), draw)
    served = draw.integers(0, companies, len(person))
    owner = _holders(companies, int(0.8 * companies), draw)
    owned = draw.integers(0, companies, len(owner))
    is_company = draw.random(len(owner)) < 0.1
    owner = np.where(is_company, draw.integers(0, companies, len(owner)), companies + owner)
    address = draw.integers(0, int(0.6 * companies), companies)
    address = np.where(draw.random(companies) < 0.01, companies, address)
    since = pa.array([16_000] * companies, pa.int32()).cast(pa.date32())
    _write(
        folder / "companies.parquet",
        company_id=_name("XX-REG", everyone),
        kind=pa.array(["company"] * companies),
        address_key=_name("STREET", address),
        incorporated_on=since,
        dissolved_on=pa.nulls(companies, pa.date32()),
        observed_on=since,
    )
    for name, held, holder, columns in (
        ("officers", served, companies + person, {"role": "director"}),
        ("ownership", owned, owner, {"interest": "shares"}),
    ):
        _, first = np.unique(held * (4 * companies) + holder, return_index=True)
        more = {key: pa.array([value] * len(first)) for key, value in columns.items()}
        if name == "ownership":
            kinds = np.where(is_company[first], "company", "natural_person")
            more["owner_kind"] = pa.array(kinds)
        _write(
            folder / f"{name}.parquet",
            company_id=_name("XX-REG", held[first]),
            **{"officer_id" if name == "officers" else "owner_id": _name("XX-REG", holder[first])},
            valid_from=pa.array([16_000] * len(first), pa.int32()).cast(pa.date32()),
            valid_to=pa.nulls(len(first), pa.date32()),
            **more,
        )
    listed = np.sort(draw.choice(companies, companies // 200, replace=False))
    np.save(folder / "listed.npy", np.array([f"XX-REG:{n}" for n in listed], dtype=object))


def _holders(companies: int, count: int, draw: np.random.Generator) -> np.ndarray:
    """Draw holders: two thirds anybody, the others of a few busy ones."""
    anybody = draw.integers(0, companies, count)
    busy = (0.05 * companies * draw.random(count) ** 2).astype(np.int64)
    return np.where(draw.random(count) < 0.67, anybody, busy)


def _name(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), ":")


def _write(path: Path, **columns: pa.Array) -> None:
    rows = len(next(iter(columns.values())))
    pq.write_table(pa.table({**columns, "source_id": pa.array(["generated"] * rows)}), path)
