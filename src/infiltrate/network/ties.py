"""Ties between companies as of a day, each with the records that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse
from scipy.sparse import csgraph

from infiltrate.network.neighbourhood import count_reached
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.tables.engine import Engine

SIDES = ("officer", "owner", "address", "self")
"""What a company is to a hub; ``self``: it is the hub, as a company that owns or serves others."""

_COLUMNS = ("company_id", "hub_id", "side", "detail", "source_id", "valid_from", "valid_to")
_ADDRESS = "address "

# A company counts once it is known to exist: with an address in the register of that day, or in
# the records of its officers and owners.
_COMPANIES = """
SELECT company_id AS company_id
FROM (
    SELECT company_id AS company_id FROM companies
    WHERE kind = 'company' AND (incorporated_on <= $day OR observed_on <= $day)
    UNION
    SELECT memberships.company_id AS company_id FROM memberships
) AS everyone
WHERE company_id NOT IN (SELECT company_id AS company_id FROM companies WHERE kind <> 'company')
ORDER BY company_id
"""

_HOLDERS = """
SELECT company_id AS company_id, officer_id AS hub_id, 'officer' AS side,
    coalesce(role, '') AS detail, source_id AS source_id,
    valid_from AS valid_from, valid_to AS valid_to
FROM officers
WHERE $with_officers AND officer_id <> '' AND officer_id <> company_id
    AND NOT list_contains(string_split($roles_left_out, ','), coalesce(role, ''))
    AND valid_from <= $day AND (valid_to IS NULL OR valid_to >= $oldest)
    AND (valid_to IS NULL OR valid_to >= valid_from)
UNION ALL
SELECT company_id AS company_id, owner_id AS hub_id, 'owner' AS side,
    coalesce(interest, '') AS detail, source_id AS source_id,
    valid_from AS valid_from, valid_to AS valid_to
FROM ownership
WHERE $with_owners AND owner_id <> '' AND owner_id <> company_id
    AND owner_kind NOT IN ('state', 'unknown')
    AND valid_from <= $day AND (valid_to IS NULL OR valid_to >= $oldest)
    AND (valid_to IS NULL OR valid_to >= valid_from)
"""

_COMPANY_HOLDERS = """
SELECT owner_id AS hub_id FROM ownership WHERE owner_kind = 'company'
UNION
SELECT company_id AS hub_id FROM companies WHERE kind = 'company'
UNION
SELECT company_id AS hub_id FROM ownership
"""

_MEMBERSHIPS = f"""
WITH holders AS ({_HOLDERS}),
company_holders AS ({_COMPANY_HOLDERS}),
gathered AS (
    SELECT company_id, hub_id, side, detail, source_id, valid_from, valid_to FROM holders
    UNION ALL
    SELECT hub_id AS company_id, hub_id, 'self' AS side, '' AS detail, '' AS source_id,
        CAST(NULL AS DATE) AS valid_from, CAST(NULL AS DATE) AS valid_to
    FROM (
        SELECT DISTINCT holders.hub_id AS hub_id
        FROM holders
        INNER JOIN company_holders ON company_holders.hub_id = holders.hub_id
    ) AS owning
    UNION ALL
    SELECT company_id, '{_ADDRESS}' || address_key AS hub_id, 'address' AS side, '' AS detail,
        source_id, incorporated_on AS valid_from, dissolved_on AS valid_to
    FROM companies
    WHERE $with_addresses AND kind = 'company' AND address_key <> ''
        AND (incorporated_on <= $day OR observed_on <= $day)
)
SELECT company_id AS company_id, hub_id AS hub_id, side AS side, detail AS detail,
    source_id AS source_id, valid_from AS valid_from, valid_to AS valid_to
FROM (
    SELECT gathered.*,
        row_number() OVER (
            PARTITION BY company_id, hub_id, side
            ORDER BY valid_from DESC, detail ASC, source_id ASC
        ) AS newest
    FROM gathered
) AS ranked
WHERE newest = 1
"""


@dataclass(frozen=True, eq=False)
class Ties:
    """Which companies meet where: two companies are tied when they share a hub.

    A hub is a person or company that serves or owns companies, or an address. A company that owns
    or serves others is a member of its own hub, so ownership itself is a tie. Pairs are never
    written out: an address of 40 companies is 40 memberships, not 780 ties.

    Attributes
    ----------
    companies : numpy.ndarray of str, shape (n,)
        Sorted; positions in ``company`` point here.
    hubs : numpy.ndarray of str, shape (h,)
        Id of the person, company or address (``address`` and its key).
    company, hub : numpy.ndarray of int, shape (m,)
        The two ends of each membership, sorted by hub, company and side.
    side : numpy.ndarray of int, shape (m,)
        Position in ``SIDES``.
    records : pandas.DataFrame
        What shows each membership, one row each: ``detail`` (role or interest), ``source_id``,
        ``valid_from``, ``valid_to``.
    left_out : pandas.DataFrame
        One row per kind of hub left out for having too many companies: ``kind`` (``holder`` or
        ``address``), ``most`` (the cap), ``hubs``, ``memberships``, ``largest``.
    """

    companies: np.ndarray
    hubs: np.ndarray
    company: np.ndarray
    hub: np.ndarray
    side: np.ndarray
    records: pd.DataFrame
    left_out: pd.DataFrame

    @cached_property
    def incidence(self) -> sparse.csr_array:
        """Companies by hubs, shape (n, h): 1 for a member, whatever it is to the hub."""
        shape = (len(self.companies), len(self.hubs))
        ones = np.ones(len(self.company), dtype=np.float32)
        matrix = sparse.csr_array((ones, (self.company, self.hub)), shape=shape)
        matrix.sum_duplicates()
        matrix.data[:] = 1
        return matrix

    @cached_property
    def members(self) -> sparse.csr_array:
        """Hubs by companies, shape (h, n): the other way round."""
        return self.incidence.T.tocsr()

    @cached_property
    def hub_sizes(self) -> np.ndarray:
        """Companies of each hub, shape (h,)."""
        return np.diff(self.members.indptr)

    @cached_property
    def degrees(self) -> np.ndarray:
        """Ties of each company, shape (n,): one for each hub and other member of it."""
        return (self.incidence @ (self.hub_sizes - 1).astype(float)).astype(np.int64)

    @cached_property
    def within_two(self) -> np.ndarray:
        """Companies within two steps of each company, itself left out, shape (n,)."""
        return count_reached(self.incidence, self.members)

    @cached_property
    def components(self) -> np.ndarray:
        """Number of the group of connected companies of each company, shape (n,)."""
        n, h = len(self.companies), len(self.hubs)
        ones = np.ones(len(self.company), dtype=np.int8)
        graph = sparse.coo_array((ones, (self.company, n + self.hub)), shape=(n + h, n + h))
        return csgraph.connected_components(graph, directed=False)[1][:n]

    @property
    def is_empty(self) -> bool:
        """Whether no two companies are tied."""
        return not len(self.hubs)

    def positions(self, ids: Sequence[str] | np.ndarray | pd.Series) -> np.ndarray:
        """Return where companies stand; those that are not there are left out."""
        place = pd.Index(self.companies).get_indexer(pd.Index(ids, dtype=object))
        return np.unique(place[place >= 0])

    def record_ids(self, rows: np.ndarray) -> list[str | None]:
        """Return the records of memberships as evidence names them; none for a hub itself."""
        detail, since = self.records["detail"], self.records["valid_from"]
        return [
            _record_id(
                SIDES[self.side[row]],
                str(self.companies[self.company[row]]),
                str(self.hubs[self.hub[row]]),
                str(detail.iat[row]),
                since.iat[row],
            )
            for row in rows
        ]


def read_ties(engine: Engine, day: date, choices: NetworkChoices | None = None) -> Ties:
    """Read the ties that were there on a day.

    Parameters
    ----------
    engine : Engine
        Has ``companies``, ``officers`` and ``ownership``; as of the same day when nothing later
        may be known.
    day : date
        Both ends of a period count as inside; a period with its dates reversed does not count.
    choices : NetworkChoices, optional
        Which ties count, for how long after their end, and up to how many companies a hub may
        have; the defaults when left out.
    """
    choices = choices or NetworkChoices()
    oldest = pd.Timestamp(day) - pd.Timedelta(days=round(365.25 * choices.years_after_end))
    values = {
        "day": f"DATE '{day.isoformat()}'",
        "oldest": f"DATE '{oldest.date().isoformat()}'",
        "roles_left_out": "'" + ",".join(choices.roles_left_out) + "'",
        "with_officers": str("officer" in choices.kinds).upper(),
        "with_owners": str("owner" in choices.kinds).upper(),
        "with_addresses": str("address" in choices.kinds).upper(),
    }
    memberships = engine.query(_fill_in(_MEMBERSHIPS, values))
    engine.register("memberships", memberships)
    companies = engine.query(_fill_in(_COMPANIES, values))["company_id"]
    return build_ties(memberships, companies.to_numpy(zero_copy_only=False), choices)


def build_ties(
    memberships: pa.Table | pd.DataFrame,
    companies: Sequence[str] | np.ndarray,
    choices: NetworkChoices | None = None,
) -> Ties:
    """Lay out memberships given as a table.

    Parameters
    ----------
    memberships : pyarrow.Table or pandas.DataFrame
        One row per company, hub and side: ``company_id``, ``hub_id``, ``side`` (one of
        ``SIDES``), and where known ``detail``, ``source_id``, ``valid_from``, ``valid_to``.
    companies : sequence of str
        Every company that may be tied or not; a membership of any other is left out.
    choices : NetworkChoices, optional
        The caps; the defaults when left out.
    """
    choices = choices or NetworkChoices()
    table = memberships if isinstance(memberships, pa.Table) else _to_table(memberships)
    every = np.array(sorted(set(companies)), dtype=object)
    company = _encode(table["company_id"], every)
    side = _encode(table["side"], np.array(SIDES, dtype=object))
    known = np.flatnonzero((company >= 0) & (side >= 0))
    hubs, hub = _number_hubs(table["hub_id"])
    company, hub, side = company[known], hub[known], side[known]
    pairs = np.unique(hub * max(len(every), 1) + company)
    sizes = np.bincount(pairs // max(len(every), 1), minlength=len(hubs))
    is_address = np.array([hub_id.startswith(_ADDRESS) for hub_id in hubs], dtype=bool)
    most = np.where(is_address, choices.most_at_address, choices.most_of_holder)
    kept = (sizes > 1) & (sizes <= most)
    rows = np.flatnonzero(kept[hub])
    rows = rows[np.lexsort((side[rows], company[rows], hub[rows]))]
    renumbered = np.cumsum(kept) - 1
    shown = table.select(_COLUMNS[3:]).take(pa.array(known[rows]))
    records = shown.to_pandas(strings_to_categorical=True, date_as_object=False)
    return Ties(
        companies=every,
        hubs=hubs[kept],
        company=company[rows].astype(np.int32),
        hub=renumbered[hub[rows]].astype(np.int32),
        side=side[rows].astype(np.int8),
        records=records,
        left_out=_count_left_out(sizes, is_address, choices),
    )


def _fill_in(sql: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        sql = sql.replace(f"${name}", value)
    return sql


def _to_table(memberships: pd.DataFrame) -> pa.Table:
    frame = memberships.reindex(columns=list(_COLUMNS))
    dates = {name: pd.to_datetime(frame[name]).dt.date for name in ("valid_from", "valid_to")}
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), "")
        for name in ("detail", "source_id")
    }
    types = [pa.date32() if name in dates else pa.string() for name in _COLUMNS]
    schema = pa.schema(list(zip(_COLUMNS, types, strict=True)))
    return pa.Table.from_pandas(frame.assign(**dates, **texts), schema, preserve_index=False)


def _number_hubs(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the hubs in order and where each value stands among them."""
    found = column.dictionary_encode().combine_chunks()
    values = found.dictionary.to_numpy(zero_copy_only=False).astype(object)
    order = np.argsort(values, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return values[order], place[found.indices.to_numpy(zero_copy_only=False)]


def _encode(column: pa.ChunkedArray, known: np.ndarray) -> np.ndarray:
    """Return where values stand among the known ones, -1 for others."""
    found = column.dictionary_encode().combine_chunks()
    values = found.dictionary.to_numpy(zero_copy_only=False).astype(object)
    place = pd.Index(known).get_indexer(pd.Index(values, dtype=object))
    return place[found.indices.to_numpy(zero_copy_only=False)].astype(np.int64)


def _record_id(side: str, company: str, hub: str, detail: str, since: pd.Timestamp) -> str | None:
    if side == "self":
        return None
    if side == "address":
        return f"companies:{company}"
    ends = f"{company}/{hub}" if side == "officer" else f"{hub}/{company}"
    return f"{'officers' if side == 'officer' else 'ownership'}:{ends}/{detail}/{since.date()}"


def _count_left_out(
    sizes: np.ndarray, is_address: np.ndarray, choices: NetworkChoices
) -> pd.DataFrame:
    rows = []
    for kind, own, most in (
        ("address", is_address, choices.most_at_address),
        ("holder", ~is_address, choices.most_of_holder),
    ):
        over = sizes[own & (sizes > most)]
        rows.append(
            {
                "kind": kind,
                "most": most,
                "hubs": len(over),
                "memberships": int(over.sum()),
                "largest": int(over.max(initial=0)),
            }
        )
    return pd.DataFrame(rows)
