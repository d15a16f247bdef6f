"""Natural persons in a table: pseudonyms only, no names, no addresses."""

from __future__ import annotations

from infiltrate.tables.companies import COMPANIES
from infiltrate.tables.definition import Table

_BLANKED = ("name", "address", "address_key")


def derive_address_key(rows: str, table: Table) -> str:
    """Add the comparable form of addresses: capitals, no accents, one space for anything else."""
    if table.name != COMPANIES.name:
        return rows
    plain = r"regexp_replace(upper(strip_accents(address)), '[^\p{L}\p{N}]+', ' ', 'g')"
    return (
        f"SELECT * REPLACE (coalesce(address_key, nullif(trim({plain}), '')) AS address_key) "
        f"FROM ({rows}) AS with_address"
    )


def close_persons(rows: str, table: Table) -> str:
    """Take names and addresses of natural persons out of the companies table.

    A row whose id is a pseudonym is a person whatever its `kind` says; a row of kind
    ``natural_person`` whose id is in clear is rejected (rule ``person_in_clear``).
    """
    if table.name != COMPANIES.name:
        return rows
    is_pseudonym = "regexp_matches(company_id, '^[^:]*-P:')"
    is_person = f"(coalesce(kind = 'natural_person', false) OR {is_pseudonym})"
    in_clear = f"_outcome IS NULL AND kind = 'natural_person' AND NOT {is_pseudonym}"
    blanked = ", ".join(f"CASE WHEN {is_person} THEN NULL ELSE {n} END AS {n}" for n in _BLANKED)
    return (
        f"SELECT * REPLACE ("
        f"CASE WHEN {in_clear} THEN 'rejected' ELSE _outcome END AS _outcome, "
        f"CASE WHEN {in_clear} THEN 'person_in_clear' ELSE _rule END AS _rule, "
        f"CASE WHEN {in_clear} THEN 'company_id' ELSE _column END AS _column, "
        f"CASE WHEN {is_pseudonym} THEN 'natural_person' ELSE kind END AS kind, {blanked}) "
        f"FROM ({rows}) AS with_persons"
    )
