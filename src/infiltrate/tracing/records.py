"""Units and ties of a study, page by page, for whoever writes them out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import pandas as pd

from infiltrate.tables.engine import Engine
from infiltrate.tracing.trace import Trace

Row = dict[str, Any]

_PAGE = 20_000

_UNITS = """
WITH named AS (
  SELECT owner_id AS unit_id, owner_kind AS kind, 2 AS rank FROM ownership
  UNION ALL SELECT company_id, 'company', 3 FROM ownership
  UNION ALL SELECT company_id, 'company', 3 FROM officers
  UNION ALL SELECT officer_id,
    CASE WHEN split_part(officer_id, ':', 1) LIKE '%-P' THEN 'natural_person' ELSE 'company' END, 3
  FROM officers
  UNION ALL SELECT company_id, 'company', 3 FROM list_entries
  UNION ALL SELECT supplier_id, 'company', 3 FROM contracts
  UNION ALL SELECT company_id, coalesce(kind, 'unknown'), 1 FROM companies
),
ranked AS (
  SELECT unit_id, kind, row_number() OVER (PARTITION BY unit_id ORDER BY rank, kind) AS place
  FROM named WHERE unit_id IS NOT NULL
)
SELECT ranked.unit_id, ranked.kind, companies.name, companies.status, companies.incorporated_on,
       companies.dissolved_on, companies.country, companies.source_id,
       ranked.kind IN ('company', 'unknown', 'trust')
         AND EXISTS (SELECT 1 FROM ownership WHERE ownership.owner_id = ranked.unit_id)
         AND NOT EXISTS (SELECT 1 FROM ownership WHERE ownership.company_id = ranked.unit_id)
         AS lacks_owners
FROM ranked LEFT JOIN companies ON companies.company_id = ranked.unit_id
WHERE ranked.place = 1 AND {unit_id}
ORDER BY ranked.unit_id
"""
_INTERESTS = """
SELECT owner_id, owner_kind, company_id, interest, share_low, share_high, is_beneficial, valid_from,
       valid_to, source_id,
       'ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR) AS record_id
FROM ownership WHERE {owner_id} AND {company_id}
ORDER BY owner_id, company_id, interest, valid_from
"""
_ROLES = """
SELECT company_id, officer_id, role, valid_from, valid_to, source_id,
       'officers:' || company_id || '/' || officer_id || '/' || coalesce(role, '') || '/'
         || CAST(valid_from AS VARCHAR) AS record_id
FROM officers WHERE {company_id} AND {officer_id}
ORDER BY company_id, officer_id, role, valid_from
"""
_ENTRIES = """
SELECT company_id, list_id, entry_id, listed_on, removed_on, outcome, reason, source_id,
       'list_entries:' || list_id || '/' || entry_id || '/' || company_id AS record_id
FROM list_entries WHERE {company_id}
ORDER BY list_id, entry_id, company_id
"""
_AWARDS = """
SELECT contract_id, lot_id, supplier_id, buyer_id, signed_on, CAST(value AS DOUBLE) AS value,
       currency, contracts.source_id, buyers.name AS buyer_name,
       'contracts:' || contract_id || '/' || lot_id || '/' || supplier_id AS record_id
FROM contracts LEFT JOIN buyers USING (buyer_id)
WHERE {supplier_id}
ORDER BY contract_id, lot_id, supplier_id
"""


class Records:
    """Rows of a study in a fixed order, one page in memory at a time.

    Parameters
    ----------
    engine : Engine
        Has the canonical tables; the pages are cut from temporary ones.
    day : date
        As of when the tables were opened.
    units : collection of str, optional
        Only these units, and what ties one of them to another; every one when left out.
    """

    def __init__(self, engine: Engine, day: date, units: Collection[str] | None = None) -> None:
        self.day = day
        self._engine = engine
        self._is_part = units is not None
        if units is not None:
            wanted = pd.DataFrame({"unit_id": pd.Series(sorted(units), dtype=str)})
            engine.register("units_to_export", wanted)

    def units(self) -> Iterator[Row]:
        """Yield companies, persons and other owners; ``lacks_owners``: none of its own is known."""
        return self._pages("units", _UNITS, {"unit_id": "ranked.unit_id"})

    def interests(self) -> Iterator[Row]:
        """Yield stakes and other interests of owners."""
        return self._pages("interests", _INTERESTS)

    def roles(self) -> Iterator[Row]:
        """Yield roles of officers."""
        return self._pages("roles", _ROLES)

    def entries(self) -> Iterator[Row]:
        """Yield entries on lists."""
        return self._pages("entries", _ENTRIES)

    def awards(self) -> Iterator[Row]:
        """Yield contracts and who won them."""
        return self._pages("awards", _AWARDS, {"supplier_id": "contracts.supplier_id"})

    def _pages(self, name: str, query: str, columns: dict[str, str] | None = None) -> Iterator[Row]:
        conditions = {
            column: self._condition((columns or {}).get(column, column))
            for column in ("unit_id", "owner_id", "company_id", "officer_id", "supplier_id")
        }
        table = f"export_{name}"
        self._engine.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS "
            f"SELECT row_number() OVER () AS export_place, rows.* "
            f"FROM ({query.format(**conditions)}) AS rows"
        )
        first = 0
        while True:
            page = self._engine.query(
                f"SELECT * EXCLUDE (export_place) FROM {table} "
                "WHERE export_place > $first AND export_place <= $last ORDER BY export_place",
                {"first": first, "last": first + _PAGE},
            )
            yield from page.to_pylist()
            first += _PAGE
            if page.num_rows < _PAGE:
                break
        self._engine.execute(f"DROP TABLE {table}")

    def _condition(self, column: str) -> str:
        if not self._is_part:
            return "TRUE"
        return f"{column} IN (SELECT unit_id FROM units_to_export)"


def units_of(trace: Trace) -> set[str]:
    """Return every company and person that a trace met."""
    met = {trace.company_id, *trace.companies["company_id"]}
    for chains in (trace.chains, trace.owned_chains):
        met |= set(chains["owner_id"]) | set(chains["company_id"])
    for steps in (trace.officers, trace.neighbours, trace.paths):
        for end in ("from", "to"):
            met |= set(steps.loc[steps[f"{end}_kind"] != "address", f"{end}_id"])
    return {str(unit) for unit in met}
