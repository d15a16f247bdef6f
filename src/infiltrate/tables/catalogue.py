"""Every canonical table, by name."""

from infiltrate.tables.companies import (
    ACCOUNTS,
    COMPANIES,
    COMPANY_EVENTS,
    COMPANY_IDENTIFIERS,
    OFFICERS,
    OWNERSHIP,
    PERSONS,
)
from infiltrate.tables.definition import Table
from infiltrate.tables.lists import LIST_ENTRIES, LIST_MENTIONS
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
        COMPANY_IDENTIFIERS,
        COMPANY_EVENTS,
        BUYERS,
        TENDERS,
        BIDS,
        CONTRACTS,
        SUBCONTRACTS,
        CONSORTIA,
        LIST_ENTRIES,
        LIST_MENTIONS,
        AREAS,
        SECTORS,
        OFFICERS,
        OWNERSHIP,
        PERSONS,
        ACCOUNTS,
        AREA_YEARS,
    )
}
