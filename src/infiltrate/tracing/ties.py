"""Ties around a set of companies, persons and addresses, and shortest paths along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from infiltrate.tables.engine import Engine
from infiltrate.tables.identifiers import is_pseudonym
from infiltrate.tracing.scope import Scope

STEP_COLUMNS = [
    "step",
    "from_id",
    "from_kind",
    "relation",
    "to_id",
    "to_kind",
    "record_id",
    "source_id",
    "valid_from",
    "valid_to",
]

STAKES = """
SELECT owner_id, owner_kind, company_id,
       'ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR) AS record_id,
       source_id, valid_from, valid_to
FROM ownership
WHERE valid_from <= $day AND (valid_to IS NULL OR valid_to >= $since)
  AND (valid_to IS NULL OR valid_to >= valid_from)
  AND owner_id <> company_id AND owner_kind NOT IN ('state', 'unknown')
"""
ROLES = """
SELECT company_id, officer_id, role,
       'officers:' || company_id || '/' || officer_id || '/' || coalesce(role, '') || '/'
         || CAST(valid_from AS VARCHAR) AS record_id,
       source_id, valid_from, valid_to
FROM officers
WHERE valid_from <= $day AND (valid_to IS NULL OR valid_to >= $since)
  AND (valid_to IS NULL OR valid_to >= valid_from) AND officer_id <> company_id
  AND NOT list_contains($roles_left_out, coalesce(role, ''))
"""
SEATS = """
SELECT company_id, 'address:' || address_key AS address_id, 'companies:' || company_id AS record_id,
       source_id, incorporated_on AS valid_from, dissolved_on AS valid_to
FROM companies
WHERE address_key IS NOT NULL AND coalesce(kind, 'unknown') <> 'natural_person'
  AND (dissolved_on IS NULL OR dissolved_on >= $since)
"""

_AROUND = """
WITH stakes AS ({stakes}), roles AS ({roles}), seats AS ({seats}),
outward AS (
  SELECT company_id AS from_id, 'company' AS from_kind, 'is owned by' AS relation,
         owner_id AS to_id, owner_kind AS to_kind,
         record_id, source_id, valid_from, valid_to
  FROM stakes WHERE company_id IN (SELECT unit_id FROM units_asked_for)
  UNION ALL
  SELECT company_id, 'company', 'is served by', officer_id, 'officer',
         record_id, source_id, valid_from, valid_to
  FROM roles WHERE company_id IN (SELECT unit_id FROM units_asked_for)
  UNION ALL
  SELECT company_id, 'company', 'has its seat at', address_id, 'address',
         record_id, source_id, valid_from, valid_to
  FROM seats WHERE company_id IN (SELECT unit_id FROM units_asked_for)
),
inward AS (
  SELECT owner_id AS from_id, owner_kind AS from_kind, 'owns' AS relation, company_id AS to_id,
         record_id, source_id, valid_from, valid_to
  FROM stakes WHERE owner_id IN (SELECT unit_id FROM units_asked_for)
  UNION ALL
  SELECT officer_id, 'officer', 'serves', company_id, record_id, source_id, valid_from, valid_to
  FROM roles WHERE officer_id IN (SELECT unit_id FROM units_asked_for)
  UNION ALL
  SELECT address_id, 'address', 'is the seat of', company_id,
         record_id, source_id, valid_from, valid_to
  FROM seats WHERE address_id IN (SELECT unit_id FROM units_asked_for)
)
SELECT from_id, from_kind, relation, to_id, to_kind,
       record_id, source_id, valid_from, valid_to FROM outward
UNION ALL
SELECT from_id, from_kind, relation, to_id, 'company' AS to_kind,
       record_id, source_id, valid_from, valid_to FROM inward
ORDER BY from_id, to_id, relation, record_id
"""


_COUNTED = ("owns", "serves", "is the seat of")
_RELATIONS = {
    "owner": ("is owned by", "owns"),
    "officer": ("is served by", "serves"),
    "address": ("has its seat at", "is the seat of"),
}


@dataclass(frozen=True, eq=False)
class Reached:
    """What can be reached from one company.

    Attributes
    ----------
    came_by : pandas.DataFrame
        One row per unit reached: the step by which it was first reached, and ``step``, the
        number of records from the company.
    too_common : tuple of str
        Holders and addresses of so many companies that nothing was reached through them.
    was_cut : bool
        Whether the search stopped at the greatest number of units.
    """

    came_by: pd.DataFrame
    too_common: tuple[str, ...]
    was_cut: bool

    def path(self, unit_id: str) -> pd.DataFrame:
        """Return the steps from the company to a unit, in order; see ``STEP_COLUMNS``."""
        by_unit = self._by_unit
        steps = []
        while unit_id in by_unit.index:
            row = by_unit.loc[unit_id]
            steps.append(row)
            unit_id = row["from_id"]
        return pd.DataFrame(steps[::-1])[STEP_COLUMNS].reset_index(drop=True)

    @property
    def _by_unit(self) -> pd.DataFrame:
        return self.came_by.set_index("to_id", drop=False)


def find_ties(engine: Engine, units: Sequence[str], day: date, scope: Scope) -> pd.DataFrame:
    """Return every tie that begins at one of the units, as one record shows it.

    Parameters
    ----------
    engine : Engine
        Has ``ownership``, ``officers`` and ``companies``.
    units : sequence of str
        Ids of companies and persons, and addresses as ``address:KEY``.
    day : date
        Ties that had begun by then and had not ended too long before.
    scope : Scope
        Which roles count, for how long, and what is too common.

    Returns
    -------
    pandas.DataFrame
        One row per tie: ``from_id``, ``from_kind``, ``relation``, ``to_id``, ``to_kind``,
        ``record_id``, ``source_id``, ``valid_from``, ``valid_to``, ``is_common`` (whether the
        holder or address has so many companies that it ties nobody).
    """
    asked = pd.DataFrame({"unit_id": pd.Series(sorted(set(units)), dtype=str)})
    engine.register("units_asked_for", asked)
    found = engine.frame(
        _AROUND.format(stakes=STAKES, roles=ROLES, seats=SEATS),
        tie_settings(day, scope),
    )
    kinds = {f"{end}_kind": _name_officers(found, end) for end in ("from", "to")}
    return found.assign(**kinds, is_common=_is_common(found, scope))


def _is_common(ties: pd.DataFrame, scope: Scope) -> pd.Series:
    """Say which ties begin at a holder or address of too many companies, each counted once."""
    companies = ties[ties["relation"].isin(_COUNTED)].groupby("from_id")["to_id"].nunique()
    is_seat = ties["relation"] == "is the seat of"
    most = is_seat.map({True: scope.network.most_at_address, False: scope.network.most_of_holder})
    return ties["relation"].isin(_COUNTED) & (ties["from_id"].map(companies) > most)


def _name_officers(ties: pd.DataFrame, end: str) -> pd.Series:
    """Say of officers what they are; the register of officers does not."""
    is_person = ties[f"{end}_id"].map(is_pseudonym).astype(bool)
    kinds = is_person.map({True: "natural_person", False: "company"})
    return ties[f"{end}_kind"].where(ties[f"{end}_kind"] != "officer", kinds)


def tie_settings(day: date, scope: Scope) -> dict[str, object]:
    """Return the settings of the queries of ties: the day, since when, and roles left out."""
    since = pd.Timestamp(day) - pd.Timedelta(days=round(365.25 * scope.network.years_after_end))
    return {"day": day, "since": since.date(), "roles_left_out": list(scope.network.roles_left_out)}


def reach_out(engine: Engine, company_id: str, day: date, scope: Scope) -> Reached:
    """Find what is tied to a company within the greatest number of records, nearest first.

    Of several shortest ways the first by the ids of the units it leads through is kept, so that
    the order of rows changes nothing.
    """
    seen, frontier = {company_id}, [company_id]
    followed = [name for kind in scope.network.kinds for name in _RELATIONS[kind]]
    parts: list[pd.DataFrame] = []
    common: set[str] = set()
    for step in range(1, scope.tracing.most_steps_to_listed + 1):
        ties = find_ties(engine, frontier, day, scope)
        ties = ties[ties["relation"].isin(followed)]
        common |= set(ties.loc[ties["is_common"], "from_id"])
        ties = ties[~ties["is_common"] & ~ties["to_id"].isin(seen)]
        first = ties.drop_duplicates("to_id").assign(step=step)
        parts.append(first)
        frontier = sorted(first["to_id"])
        seen |= set(frontier)
        if not frontier or len(seen) > scope.tracing.most_units:
            break
    came_by = pd.concat(parts, ignore_index=True)
    return Reached(came_by, tuple(sorted(common)), len(seen) > scope.tracing.most_units)
