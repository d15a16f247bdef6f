"""Links put into the tables: entries of lists, and suppliers under the register's number."""

from __future__ import annotations

import pyarrow as pa

from infiltrate.linkage.certainty import CERTAINTY_KEY, least_probability
from infiltrate.linkage.links import LINK_KEY, Links
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import Engine, quote_name
from infiltrate.tables.store import TableStore

WRITTEN = ("company_links", "company_certainty")
"""What `publish_links` writes besides canonical tables."""

_MOVED = {
    "bids": ("company_id",),
    "contracts": ("supplier_id",),
    "subcontracts": ("supplier_id", "subcontractor_id"),
    "consortia": ("company_id",),
    "list_entries": ("company_id",),
}
_HOLDS = {
    "officers": ("company_id", "officer_id"),
    "ownership": ("company_id", "owner_id"),
    "accounts": ("company_id",),
    "company_events": ("company_id",),
    "consortia": ("consortium_id",),
}


def publish_links(engine: Engine, store: TableStore, links: Links) -> None:
    """Write links and what follows from the accepted ones; a rerun undoes all of it.

    Mentions become rows of ``list_entries``, beside those that a source feeds itself. A linked
    supplier's bids, contracts, subcontracts, memberships and entries carry the register's number
    from here on, and its own row leaves ``companies``, so that one company is counted once;
    ``company_links`` keeps the number and the name it had. Where the company has a row of the same
    key already (it bid under both numbers), the supplier's row stays as it was.

    Parameters
    ----------
    engine : Engine
        With all canonical tables registered as the sources filled them.
    store : TableStore
        Where tables are written.
    links : Links
        From `infiltrate.linkage.links.link_records`.
    """
    store.write("company_links", links.table, LINK_KEY)
    store.write("company_certainty", least_probability(links.table), CERTAINTY_KEY)
    if len(links.entries):
        _add_entries(engine, store, links)
    accepted = links.table.to_pandas()
    accepted = accepted[accepted["is_accepted"] & (accepted["record_kind"] == "company")]
    if len(accepted):
        moved = accepted[["record_id", "company_id"]].reset_index(drop=True)
        engine.register("moved_suppliers", pa.Table.from_pandas(moved, preserve_index=False))
        for table, columns in _MOVED.items():
            if store.exists(table):
                _move(engine, store, table, columns)
        _drop_moved(engine, store)


def _stored(engine: Engine, store: TableStore, table: str) -> str:
    """Return a name under which the engine has the table as it is stored at this moment."""
    name = f"stored_{table}"
    store.register(engine, table, name)
    return name


def _add_entries(engine: Engine, store: TableStore, links: Links) -> None:
    names = ", ".join(quote_name(name) for name in links.entries.columns)
    stored = _stored(engine, store, "list_entries")
    engine.register("matched_entries", pa.Table.from_pandas(links.entries, preserve_index=False))
    store.write_query(
        engine,
        "list_entries",
        f"SELECT {names} FROM {stored} UNION ALL BY NAME "
        f"SELECT {names} FROM matched_entries AS m WHERE NOT EXISTS (SELECT 1 FROM {stored} "
        "AS e WHERE e.list_id = m.list_id AND e.entry_id = m.entry_id "
        "AND e.company_id = m.company_id)",
    )


def _move(engine: Engine, store: TableStore, table: str, columns: tuple[str, ...]) -> None:
    """Write a table with the register's numbers, except where its key would repeat."""
    key = TABLES[table].key
    new = {column: f"coalesce(m_{column}.company_id, t.{column})" for column in columns}
    joins = " ".join(
        f"LEFT JOIN moved_suppliers AS m_{column} ON m_{column}.record_id = t.{column}"
        for column in columns
    )
    replaced = ", ".join(f"{new[column]} AS new_{column}" for column in columns)
    by = ", ".join(f"new_{name}" if name in columns else name for name in key)
    order = ", ".join([f"(new_{column} <> {column})" for column in columns] + list(key))
    kept = ", ".join(
        f"CASE WHEN place = 1 THEN new_{name} ELSE {name} END AS {name}"
        if name in columns
        else name
        for name in TABLES[table].column_names
    )
    store.write_query(
        engine,
        table,
        f"SELECT {kept} FROM (SELECT *, row_number() OVER (PARTITION BY {by} ORDER BY {order}) "
        f"AS place FROM (SELECT t.*, {replaced} "
        f"FROM {_stored(engine, store, table)} AS t {joins}))",
    )


def _drop_moved(engine: Engine, store: TableStore) -> None:
    """Take suppliers that nothing refers to any more out of ``companies``."""
    used = " UNION ".join(
        f"SELECT {column} AS company_id FROM {_stored(engine, store, table)}"
        for places in (_MOVED, _HOLDS)
        for table, columns in places.items()
        for column in columns
    )
    store.write_query(
        engine,
        "companies",
        f"SELECT * FROM {_stored(engine, store, 'companies')} AS c "
        "WHERE c.company_id NOT IN (SELECT record_id FROM "
        f"moved_suppliers) OR c.company_id IN (SELECT u.company_id FROM ({used}) AS u "
        "WHERE u.company_id IS NOT NULL)",
    )
