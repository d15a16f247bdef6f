"""Every canonical table, by name."""

from infiltrate.tables.companies import ACCOUNTS, COMPANIES, OFFICERS, OWNERSHIP
from infiltrate.tables.definition import Table
from infiltrate.tables.lists import LIST_ENTRIES
from infiltrate.tables.places import AREA_YEARS, AREAS, SECTORS
from infiltrate.tables.procurement import (
    BIDS,
    BUYERS,
    CONSORTIA,
    CONTRACTS,
    SUBCONTRACTS,
    TENDERS,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        COMPANIES,
        BUYERS,
        TENDERS,
        BIDS,
        CONTRACTS,
        SUBCONTRACTS,
        CONSORTIA,
        LIST_ENTRIES,
        AREAS,
        SECTORS,
        OFFICERS,
        OWNERSHIP,
        ACCOUNTS,
        AREA_YEARS,
    )
}
